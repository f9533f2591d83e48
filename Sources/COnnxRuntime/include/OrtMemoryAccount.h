// SPDX-License-Identifier: Apache-2.0
// An allocator for the engine that knows for which model it allocates, and stops at that model's limit.
#pragma once

#include "OrtApi.h"
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The bytes that one model holds. Lives until its owner has released it and the last block charged to it is freed.
typedef struct OrtMemoryAccount OrtMemoryAccount;

/// - Parameter limit: bytes that may be held at once.
/// - Parameter keepsBlocks: whether freed blocks are kept for the next run, as an arena does.
OrtMemoryAccount *_Nonnull OrtMemoryAccountCreate(size_t limit, bool keepsBlocks);

void OrtMemoryAccountRelease(OrtMemoryAccount *_Nonnull account);

/// Bytes held by the engine or by answers on their way out; blocks kept for reuse are not counted.
size_t OrtMemoryAccountBytesInUse(OrtMemoryAccount *_Nonnull account);

/// Gives blocks kept for reuse back to the system.
void OrtMemoryAccountTrim(OrtMemoryAccount *_Nonnull account);

/// What the calling thread allocates from now on is charged to `account`; null: to nobody, without a limit.
/// - Returns: the account that was charged so far.
OrtMemoryAccount *_Nullable OrtMemoryAccountEnter(OrtMemoryAccount *_Nullable account);

/// The one allocator of the process, to be registered with the engine's environment.
/// - Parameter info: what describes the memory to the engine; must outlive the process.
OrtAllocator *_Nonnull OrtAccountingAllocator(const OrtMemoryInfo *_Nonnull info);

/// For `SessionOptionsSetCustomCreateThreadFn`: threads of a session's pools, charged to the account in `options`.
OrtThreadHandle *_Nullable OrtAccountedThreadCreate(
    void *_Nullable options, OrtThreadWorker _Nonnull worker, void *_Nullable parameter
);

void OrtAccountedThreadJoin(OrtThreadHandle *_Nullable handle);

#ifdef __cplusplus
}
#endif
