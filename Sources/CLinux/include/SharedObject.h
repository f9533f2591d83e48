// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_SHARED_OBJECT_H
#define BUCKLER_SHARED_OBJECT_H

#include <stdint.h>

/// What a server asks about an object of shared memory before it trusts it.
struct buckler_shared_object {
    int64_t size;
    uint64_t device;
    uint64_t inode;
    uint32_t owner;
    uint8_t is_regular;
    uint8_t is_tmpfs;
};

/// Opens `name`, one component without slashes, in `directory` for reading and writing. Never follows a link, never
/// waits for a partner at a FIFO. Returns the descriptor, or the negated errno.
int32_t buckler_shared_object_open(const char *_Nonnull directory, const char *_Nonnull name);

/// Fills `object`. Returns 0 or the negated errno.
int32_t buckler_shared_object_status(int32_t descriptor, struct buckler_shared_object *_Nonnull object);

#endif
