// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "check.h"

#include "cgroups.h"
#include "failure.h"
#include "landlock.h"
#include "limits.h"
#include "mounts.h"
#include "namespaces.h"
#include "privileges.h"
#include "seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

// Nobody: any user that is not root serves to see whether the switch works.
enum { UNPRIVILEGED = 65534 };

int check_exec_probe(void) {
    char *const arguments[] = {"/proc/self/exe", "--exec-probe", NULL};
    char *const none[] = {NULL};
    (void)execve(arguments[0], arguments, none);
    return 0;
}

static void try_mounts(const struct options *options) {
    namespaces_enter(options);
    if (!layer_is_held(LAYER_MOUNT_NAMESPACE)) {
        mounts_stay();
        return;
    }
    mounts_enter_root(options);
    if (!layer_is_held(LAYER_READ_ONLY_BINDS)) {
        return;
    }
    struct statvfs tmp;
    if (open("/usr/.buckler", O_CREAT | O_WRONLY | O_CLOEXEC, 0600) >= 0 || errno != EROFS) {
        layer_missing(LAYER_READ_ONLY_BINDS, "a bound path could be written to");
    }
    if (statvfs("/tmp", &tmp) != 0 || (tmp.f_flag & ST_NOEXEC) == 0 ||
        (uint64_t)tmp.f_blocks * tmp.f_frsize > options->limits.tmp_size) {
        layer_missing(LAYER_PRIVATE_TMP, "it is larger than asked for, or executable");
    }
}

// The filter takes effect, and it is there after exec: the program that is executed tries to execute another.
static void try_seccomp(enum layer layer) {
    privileges_refuse_new();
    if (layer == LAYER_SECCOMP) {
        seccomp_apply(PROFILE_ONNX);
        if (layer_is_held(LAYER_SECCOMP) && (mkdir("/", 0700) == 0 || errno != EPERM)) {
            layer_missing(LAYER_SECCOMP, "a call that the filter denies was made");
        }
        return;
    }
    pid_t program = fork();
    if (program == 0) {
        char *const arguments[] = {"/proc/self/exe", "--exec-probe", NULL};
        char *const none[] = {NULL};
        seccomp_apply(PROFILE_PYTHON);
        if (layer_is_held(LAYER_ONE_SHOT_EXEC)) {
            (void)execve(arguments[0], arguments, none);
        }
        _exit(layer_is_held(LAYER_SECCOMP) ? 2 : 3);
    }
    int status;
    if (program < 0 || waitpid(program, &status, 0) != program) {
        layer_missing(layer, "fork: %s", strerror(errno));
    } else if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        layer_holds(layer, "the first execve works, a second fails");
    } else {
        layer_missing(layer, WIFEXITED(status) && WEXITSTATUS(status) == 2
                                 ? "an outer filter has the listener: the worker runtime forbids execve itself"
                                 : "the first execve does not work");
    }
}

static void try_layer(enum layer layer, struct options *options) {
    switch (layer) {
    case LAYER_CGROUP:
        cgroups_examine();
        break;
    case LAYER_USER_NAMESPACE:
    case LAYER_MOUNT_NAMESPACE:
    case LAYER_PID_NAMESPACE:
    case LAYER_IPC_NAMESPACE:
    case LAYER_UTS_NAMESPACE:
    case LAYER_NETWORK_NAMESPACE:
        namespaces_enter(options);
        break;
    case LAYER_READ_ONLY_BINDS:
    case LAYER_PRIVATE_TMP:
        try_mounts(options);
        break;
    case LAYER_UID:
        if (options->switches_user) {
            privileges_switch_user(options->uid, options->gid);
        } else {
            layer_missing(layer, "only root can give each worker a user of its own");
        }
        break;
    case LAYER_RLIMITS:
        limits_apply(&options->limits);
        break;
    case LAYER_CAPABILITIES:
        privileges_forgo();
        privileges_drop_capabilities();
        break;
    case LAYER_NO_NEW_PRIVILEGES:
        privileges_refuse_new();
        break;
    case LAYER_LANDLOCK:
        privileges_refuse_new();
        landlock_apply(options, options->tmp, false);
        if (layer_is_held(layer) && open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0) {
            layer_missing(layer, "a directory that no rule allows could be opened");
        }
        break;
    case LAYER_SECCOMP:
    case LAYER_ONE_SHOT_EXEC:
        try_seccomp(layer);
        break;
    case LAYER_COUNT:
        break;
    }
}

// Runs `try_layer` in a child and takes over what it found.
static void try_apart(enum layer layer, struct options *options) {
    int result[2];
    if (pipe2(result, O_CLOEXEC) != 0) {
        fail(EXIT_SYSTEM, "pipe2: %s", strerror(errno));
    }
    pid_t child = fork();
    if (child < 0) {
        fail(EXIT_SYSTEM, "fork: %s", strerror(errno));
    }
    if (child == 0) {
        try_layer(layer, options);
        const struct layer_record *found = layer_found(layer);
        _exit(write(result[1], found, sizeof *found) == (ssize_t)sizeof *found ? 0 : 1);
    }
    struct layer_record record;
    (void)close(result[1]);
    if (read(result[0], &record, sizeof record) == (ssize_t)sizeof record) {
        layer_adopt(layer, &record);
    } else {
        layer_missing(layer, "the attempt ended without an answer");
    }
    (void)close(result[0]);
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            fail(EXIT_SYSTEM, "waitpid: %s", strerror(errno));
        }
    }
}

int check_run(struct options *options) {
    char tmp[] = "/tmp/buckler-check-XXXXXX";
    if (options->tmp == NULL) {
        options->tmp = mkdtemp(tmp);
    }
    if (options->tmp == NULL) {
        fail(EXIT_SYSTEM, "/tmp: %s", strerror(errno));
    }
    if (geteuid() == 0 && !options->switches_user) {
        options->switches_user = true;
        options->uid = options->gid = UNPRIVILEGED;
    }
    if (options->read_count == 0) {
        options->read[options->read_count++] = (struct read_path){"/usr", "/usr"};
    }
    (void)umask(022);
    bool is_printed = true;
    for (int layer = 0; layer < LAYER_COUNT; layer++) {
        try_apart((enum layer)layer, options);
        is_printed = layer_print(STDOUT_FILENO, (enum layer)layer, options->required) && is_printed;
    }
    if (options->tmp == tmp && rmdir(tmp) != 0) {
        fail(EXIT_SYSTEM, "%s: %s", tmp, strerror(errno));
    }
    if (!is_printed) {
        fail(EXIT_SYSTEM, "standard output: %s", strerror(errno));
    }
    return layers_first_missing(options->required) == LAYER_COUNT ? 0 : EXIT_LAYER_MISSING;
}
