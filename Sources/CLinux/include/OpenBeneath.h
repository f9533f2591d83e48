// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_OPEN_BENEATH_H
#define BUCKLER_OPEN_BENEATH_H

#include <stdint.h>

// Our own constants: the headers that older distributions ship know neither the call nor its flags.
static const uint64_t buckler_resolve_no_magic_links = 0x02;
static const uint64_t buckler_resolve_no_symlinks = 0x04;
static const uint64_t buckler_resolve_beneath = 0x08;

// O_PATH hides behind _GNU_SOURCE, which Swift's importer does not define.
extern const int32_t buckler_open_path_flag;

/// openat2(2), repeated while a signal interrupts it or the kernel asks for another try.
/// Returns the descriptor, or the negated errno; -ENOSYS if the kernel has no such call.
int32_t buckler_openat2(int32_t directory, const char *_Nonnull path, uint64_t flags, uint64_t mode, uint64_t resolve);

/// What fstat(2) says of a descriptor, as far as a reader of model files asks.
struct buckler_file_status {
    int64_t size;
    int64_t modified_seconds;
    int64_t modified_nanoseconds;
    int64_t changed_seconds;
    int64_t changed_nanoseconds;
    uint64_t device;
    uint64_t inode;
    uint64_t links;
    uint32_t mode;
    uint8_t is_regular;
    uint8_t is_directory;
};

/// Fills `status`. Returns 0 or the negated errno.
int32_t buckler_file_status(int32_t descriptor, struct buckler_file_status *_Nonnull status);

#endif
