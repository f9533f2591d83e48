// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "SharedObject.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

// Our own constant, as <linux/magic.h> has it: what statfs(2) says of the file system that shm_open(3) uses.
enum { tmpfs_magic = 0x01021994 };

int32_t buckler_shared_object_open(const char *directory, const char *name) {
    int parent = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0) {
        return -errno;
    }
    int descriptor = openat(parent, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int error = errno;
    close(parent);
    return descriptor >= 0 ? descriptor : -error;
}

int32_t buckler_shared_object_status(int32_t descriptor, struct buckler_shared_object *object) {
    struct stat found;
    struct statfs system;
    if (fstat(descriptor, &found) != 0 || fstatfs(descriptor, &system) != 0) {
        return -errno;
    }
    *object = (struct buckler_shared_object){
        .size = found.st_size,
        .device = found.st_dev,
        .inode = found.st_ino,
        .owner = found.st_uid,
        .is_regular = S_ISREG(found.st_mode),
        .is_tmpfs = system.f_type == tmpfs_magic,
    };
    return 0;
}
