// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "mounts.h"

#include "failure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    CALL_MOUNT_SETATTR = 442,
    ATTRIBUTE_READ_ONLY = 1,
    ATTRIBUTE_NO_SET_UID = 2,
    ATTRIBUTE_NO_DEVICES = 4,
    APPLY_RECURSIVELY = 0x8000,
};

struct attributes {
    uint64_t set;
    uint64_t clear;
    uint64_t propagation;
    uint64_t user_namespace;
};

static bool set_attributes(const char *path, uint64_t set, unsigned flags) {
    struct attributes attributes = {.set = set};
    return syscall(CALL_MOUNT_SETATTR, AT_FDCWD, path, flags, &attributes, sizeof attributes) == 0;
}

// Where `path` of the new root lies while it is being built.
static bool inside(const char *root, const char *path, char *place, size_t size) {
    int length = snprintf(place, size, "%s%s", root, path);
    if (length < 0 || (size_t)length >= size) {
        errno = ENAMETOOLONG;
        return false;
    }
    return true;
}

static bool make_directories_above(char *place, size_t root_length) {
    for (char *slash = strchr(place + root_length + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        bool is_there = mkdir(place, 0755) == 0 || errno == EEXIST;
        *slash = '/';
        if (!is_there) {
            return false;
        }
    }
    return true;
}

static bool make_mount_point(const char *place, bool is_directory) {
    if (is_directory) {
        return mkdir(place, 0755) == 0 || errno == EEXIST;
    }
    int file = open(place, O_CREAT | O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0644);
    return file >= 0 && close(file) == 0;
}

// Makes `source` appear at `target`, with all that is mounted beneath it: a bind that leaves those out would show what
// they hide, and the kernel refuses it in a user namespace.
static bool bind(const char *root, const char *source, const char *target, uint64_t attributes) {
    char place[2 * MAXIMUM_PATH];
    struct stat status;
    return inside(root, target, place, sizeof place) && stat(source, &status) == 0 &&
           make_directories_above(place, strlen(root)) && make_mount_point(place, S_ISDIR(status.st_mode)) &&
           mount(source, place, NULL, MS_BIND | MS_REC, NULL) == 0 &&
           set_attributes(place, attributes, APPLY_RECURSIVELY);
}

// A link such as /lib is made anew; what it leads to has to be given as a path of its own.
static bool copy_link(const char *root, const char *source, const char *target) {
    char place[2 * MAXIMUM_PATH], text[MAXIMUM_PATH];
    ssize_t length = readlink(source, text, sizeof text - 1);
    if (length < 0 || !inside(root, target, place, sizeof place) ||
        !make_directories_above(place, strlen(root))) {
        return false;
    }
    text[length] = 0;
    return symlink(text, place) == 0 || errno == EEXIST;
}

static bool bind_read_path(const char *root, const struct read_path *read) {
    struct stat status;
    if (lstat(read->source, &status) != 0) {
        return false;
    }
    return S_ISLNK(status.st_mode)
               ? copy_link(root, read->source, read->target)
               : bind(root, read->source, read->target,
                      ATTRIBUTE_READ_ONLY | ATTRIBUTE_NO_SET_UID | ATTRIBUTE_NO_DEVICES);
}

static bool mount_tmp(const char *root, const struct options *options) {
    char place[2 * MAXIMUM_PATH], data[128];
    uid_t uid = options->switches_user ? options->uid : geteuid();
    gid_t gid = options->switches_user ? options->gid : getegid();
    // 16 KiB of file for each inode, so that empty files cannot eat the kernel's memory either.
    uint64_t inodes = options->limits.tmp_size / 16384 + 64;
    (void)snprintf(data, sizeof data, "mode=0700,uid=%u,gid=%u,size=%llu,nr_inodes=%llu", uid, gid,
                   (unsigned long long)options->limits.tmp_size, (unsigned long long)inodes);
    return inside(root, "/tmp", place, sizeof place) && mkdir(place, 0755) == 0 &&
           mount("tmp", place, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, data) == 0;
}

static bool bind_common(const char *root) {
    char self[16], maps[32], link[2 * MAXIMUM_PATH];
    (void)snprintf(self, sizeof self, "%d", (int)getpid());
    (void)snprintf(maps, sizeof maps, "/proc/%s/maps", self);
    const struct {
        const char *source;
        const char *target;
        uint64_t attributes;
    } common[] = {
        {"/dev/null", "/dev/null", ATTRIBUTE_NO_SET_UID},
        {"/dev/urandom", "/dev/urandom", ATTRIBUTE_READ_ONLY | ATTRIBUTE_NO_SET_UID},
        {"/sys/devices/system/cpu", "/sys/devices/system/cpu", ATTRIBUTE_READ_ONLY | ATTRIBUTE_NO_SET_UID},
        {"/proc/cpuinfo", "/proc/cpuinfo", ATTRIBUTE_READ_ONLY | ATTRIBUTE_NO_SET_UID},
        // Of this process, which becomes the program: libffi looks for the trampolines of ctypes callbacks there.
        {"/proc/self/maps", maps, ATTRIBUTE_READ_ONLY | ATTRIBUTE_NO_SET_UID},
    };
    for (size_t index = 0; index < sizeof common / sizeof *common; index++) {
        if (access(common[index].source, F_OK) == 0 &&
            !bind(root, common[index].source, common[index].target, common[index].attributes)) {
            return false;
        }
    }
    return inside(root, "/proc/self", link, sizeof link) && (symlink(self, link) == 0 || errno == ENOENT);
}

static void missing(const char *step) {
    int error = errno;
    layer_missing(LAYER_READ_ONLY_BINDS, "%.90s: %s", step, strerror(error));
    layer_missing(LAYER_PRIVATE_TMP, "%.90s: %s", step, strerror(error));
}

static bool build(const struct options *options, const char *root) {
    if (!mount_tmp(root, options)) {
        missing("/tmp");
        return false;
    }
    if (!bind_common(root)) {
        missing("/dev, /proc and /sys");
        return false;
    }
    for (size_t index = 0; index < options->read_count; index++) {
        if (!bind_read_path(root, &options->read[index])) {
            missing(options->read[index].source);
            return false;
        }
    }
    if (!set_attributes(root, ATTRIBUTE_READ_ONLY | ATTRIBUTE_NO_SET_UID | ATTRIBUTE_NO_DEVICES, 0)) {
        missing("mount_setattr");
        return false;
    }
    return true;
}

// pivot_root onto itself: the old root lies over the new one for a moment and is then taken off.
static void enter(const char *root) {
    if (chdir(root) != 0 || syscall(SYS_pivot_root, ".", ".") != 0) {
        missing("pivot_root");
        if (umount2(root, MNT_DETACH) != 0) {
            fail(EXIT_SYSTEM, "umount %s: %s", root, strerror(errno));
        }
        return;
    }
    if (umount2(".", MNT_DETACH) != 0 || chdir("/") != 0) {
        fail(EXIT_SYSTEM, "the old root cannot be left: %s", strerror(errno));
    }
    layer_holds(LAYER_READ_ONLY_BINDS, "sees the paths it was given, read-only, and no others");
}

void mounts_enter_root(const struct options *options) {
    const char *root = options->tmp;
    // Nothing that is mounted here may show up outside.
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        missing("private mounts");
        return;
    }
    if (mount("root", root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m,nr_inodes=4k") != 0) {
        missing(root);
        return;
    }
    if (!build(options, root)) {
        if (umount2(root, MNT_DETACH) != 0) {
            fail(EXIT_SYSTEM, "umount %s: %s", root, strerror(errno));
        }
        return;
    }
    enter(root);
    if (layer_is_held(LAYER_READ_ONLY_BINDS)) {
        layer_holds(LAYER_PRIVATE_TMP, "%llu bytes at most, gives nothing to execute",
                    (unsigned long long)options->limits.tmp_size);
    }
}

void mounts_stay(void) {
    layer_missing(LAYER_READ_ONLY_BINDS, "no mount namespace: paths are guarded by Landlock alone");
    layer_missing(LAYER_PRIVATE_TMP, "no mount namespace: its directory is neither bounded nor without execution");
}
