// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "OpenBeneath.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_openat2
// The same number on every architecture that Linux has added calls to since 5.1.
#define SYS_openat2 437
#endif

// Enough for a rename storm elsewhere in the tree to end; a bound, so that a hostile one cannot hold us for ever.
enum { attempts = 128 };

struct open_how_v0 {
    uint64_t flags;
    uint64_t mode;
    uint64_t resolve;
};

const int32_t buckler_open_path_flag = O_PATH;

int32_t buckler_openat2(int32_t directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how_v0 how = {.flags = flags, .mode = mode, .resolve = resolve};
    for (int attempt = 0; attempt < attempts; attempt++) {
        long result = syscall(SYS_openat2, directory, path, &how, sizeof how);
        if (result >= 0) {
            return (int32_t)result;
        }
        if (errno != EINTR && errno != EAGAIN) {
            return -errno;
        }
    }
    return -EAGAIN;
}

int32_t buckler_file_status(int32_t descriptor, struct buckler_file_status *status) {
    struct stat found;
    if (fstat(descriptor, &found) != 0) {
        return -errno;
    }
    *status = (struct buckler_file_status){
        .size = found.st_size,
        .modified_seconds = found.st_mtim.tv_sec,
        .modified_nanoseconds = found.st_mtim.tv_nsec,
        .changed_seconds = found.st_ctim.tv_sec,
        .changed_nanoseconds = found.st_ctim.tv_nsec,
        .device = found.st_dev,
        .inode = found.st_ino,
        .links = found.st_nlink,
        .mode = found.st_mode,
        .is_regular = S_ISREG(found.st_mode),
        .is_directory = S_ISDIR(found.st_mode),
    };
    return 0;
}
