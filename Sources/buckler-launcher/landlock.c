// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "landlock.h"

#include "failure.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Our own constants: headers of the distributions we build on end before the later ones.
enum {
    CALL_CREATE_RULESET = 444,
    CALL_ADD_RULE = 445,
    CALL_RESTRICT_SELF = 446,
    CREATE_RULESET_VERSION = 1,
    RULE_PATH_BENEATH = 1,
};

#define FS_EXECUTE (UINT64_C(1) << 0)
#define FS_WRITE_FILE (UINT64_C(1) << 1)
#define FS_READ_FILE (UINT64_C(1) << 2)
#define FS_READ_DIR (UINT64_C(1) << 3)
#define FS_REMOVE_DIR (UINT64_C(1) << 4)
#define FS_REMOVE_FILE (UINT64_C(1) << 5)
#define FS_MAKE_DIR (UINT64_C(1) << 7)
#define FS_MAKE_REG (UINT64_C(1) << 8)
#define FS_MAKE_SYM (UINT64_C(1) << 12)
#define FS_REFER (UINT64_C(1) << 13)
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_FIRST_ABI ((UINT64_C(1) << 13) - 1)
#define FS_IOCTL_DEV (UINT64_C(1) << 15)

#define NET_ALL UINT64_C(3)     // bind and connect of TCP
#define SCOPE_ALL UINT64_C(3)   // abstract UNIX sockets and signals

#define READ (FS_EXECUTE | FS_READ_FILE | FS_READ_DIR)
#define WRITE                                                                                                         \
    (FS_WRITE_FILE | FS_READ_FILE | FS_READ_DIR | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG |         \
     FS_MAKE_SYM | FS_REFER | FS_TRUNCATE)
// What can be asked about a path that is not a directory.
#define OF_FILES (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

struct ruleset {
    uint64_t fs;
    uint64_t net;
    uint64_t scoped;
};

// The kernel's layout has no padding after the descriptor.
struct path_beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

int landlock_abi(void) {
    long abi = syscall(CALL_CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
    return abi < 0 ? 0 : (int)abi;
}

// True too if there is no such file: what is not there needs no permission.
static bool allow(int ruleset, uint64_t handled, const char *path, uint64_t rights) {
    int file = open(path, O_PATH | O_CLOEXEC);
    if (file < 0) {
        int error = errno;
        layer_missing(LAYER_LANDLOCK, "%.100s: %s", path, strerror(error));
        return error == ENOENT;
    }
    struct stat status;
    bool is_allowed = fstat(file, &status) == 0;
    if (is_allowed) {
        uint64_t possible = S_ISDIR(status.st_mode) ? handled : handled & OF_FILES;
        struct path_beneath rule = {.allowed = rights & possible, .parent = file};
        is_allowed = syscall(CALL_ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0) == 0;
    }
    if (!is_allowed) {
        layer_missing(LAYER_LANDLOCK, "a rule for %.100s: %s", path, strerror(errno));
    }
    return close(file) == 0 && is_allowed;
}

static bool allow_all(int ruleset, uint64_t handled, const struct options *options, const char *tmp,
                      bool has_own_root) {
    bool is_done = allow(ruleset, handled, "/dev/null", FS_READ_FILE | FS_WRITE_FILE) &&
                   allow(ruleset, handled, "/dev/urandom", FS_READ_FILE) &&
                   // libffi finds the trampolines of ctypes callbacks here.
                   allow(ruleset, handled, "/proc/self/maps", FS_READ_FILE) &&
                   // How many cores there are, and what they can do: engines choose their kernels by it.
                   allow(ruleset, handled, "/proc/cpuinfo", FS_READ_FILE) &&
                   allow(ruleset, handled, "/sys/devices/system/cpu", FS_READ_FILE | FS_READ_DIR) &&
                   // An engine writes nothing, and so has nowhere to put code that it could map.
                   (options->profile == PROFILE_ONNX || allow(ruleset, handled, tmp, WRITE));
    for (size_t index = 0; is_done && index < options->read_count; index++) {
        const struct read_path *read = &options->read[index];
        is_done = allow(ruleset, handled, has_own_root ? read->target : read->source, READ);
    }
    return is_done;
}

void landlock_apply(const struct options *options, const char *tmp, bool has_own_root) {
    int abi = landlock_abi();
    if (abi == 0) {
        layer_missing(LAYER_LANDLOCK, "the kernel has no Landlock, or it is not among its security modules");
        return;
    }
    struct ruleset wanted = {.fs = FS_FIRST_ABI};
    wanted.fs |= abi >= 2 ? FS_REFER : 0;
    wanted.fs |= abi >= 3 ? FS_TRUNCATE : 0;
    wanted.fs |= abi >= 5 ? FS_IOCTL_DEV : 0;
    wanted.net = abi >= 4 ? NET_ALL : 0;
    wanted.scoped = abi >= 6 ? SCOPE_ALL : 0;
    // An older kernel takes a longer structure as long as what it does not know is zero.
    int ruleset = (int)syscall(CALL_CREATE_RULESET, &wanted, sizeof wanted, 0);
    if (ruleset < 0) {
        layer_missing(LAYER_LANDLOCK, "landlock_create_ruleset: %s", strerror(errno));
        return;
    }
    if (allow_all(ruleset, wanted.fs, options, tmp, has_own_root)) {
        if (syscall(CALL_RESTRICT_SELF, ruleset, 0) != 0) {
            layer_missing(LAYER_LANDLOCK, "landlock_restrict_self: %s", strerror(errno));
        } else {
            layer_holds(LAYER_LANDLOCK, "ABI %d: files%s%s", abi, abi >= 4 ? ", TCP" : "",
                        abi >= 6 ? ", signals and abstract sockets" : "");
        }
    }
    if (close(ruleset) != 0) {
        fail(EXIT_SYSTEM, "close: %s", strerror(errno));
    }
}
