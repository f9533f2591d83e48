// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_WORKER_END_H
#define BUCKLER_WORKER_END_H

#include <stddef.h>
#include <stdint.h>

// What a worker does at its own end of the channel. All return a negated errno where they fail.

/// Takes one message and waits for it. `*passed` becomes the descriptor that came with it, or -1. Returns its length, and
/// 0 at the end.
int64_t buckler_channel_wait(int32_t channel, void *_Nonnull bytes, size_t capacity, int32_t *_Nonnull passed);

/// Sends one message, waiting for room; never raises SIGPIPE. Returns 0.
int32_t buckler_channel_put(int32_t channel, const void *_Nonnull bytes, size_t count);

/// From now on no thread of this process can become another program. For where the launcher's filter could not see to
/// it (Docs/Sandbox.md). Returns 0 once that holds.
int32_t buckler_forbid_exec(void);

/// The same, and from now on nothing can be mapped as code either, no file and no memory. For a worker that has loaded
/// all the code that it needs. Returns 0 once that holds.
int32_t buckler_forbid_code(void);

#endif
