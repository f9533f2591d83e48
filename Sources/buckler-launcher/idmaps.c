// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "idmaps.h"

#include "failure.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const steps[] = {
    "fork", "unshare user", "setgroups", "uid_map", "gid_map", "unshare uts within it", "waitpid",
};
enum { STEP_FORK, STEP_UNSHARE, STEP_SETGROUPS, STEP_UID_MAP, STEP_GID_MAP, STEP_CAPABILITY, STEP_WAIT };

struct outcome {
    int step;
    int error;
};

static int write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) {
        return errno;
    }
    ssize_t length = (ssize_t)strlen(text);
    int error = write(file, text, (size_t)length) == length ? 0 : errno == 0 ? EIO : errno;
    return close(file) == 0 || error != 0 ? error : errno;
}

// Both ids of a map to themselves: the one that the process has and, if another is wanted, that one too.
static int write_map(pid_t process, const char *file, unsigned own, unsigned wanted) {
    char path[64], text[64];
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)process, file);
    if (own == wanted) {
        (void)snprintf(text, sizeof text, "%u %u 1\n", own, own);
    } else {
        (void)snprintf(text, sizeof text, "%u %u 1\n%u %u 1\n", own, own, wanted, wanted);
    }
    return write_file(path, text);
}

static struct outcome write_maps(pid_t process, const struct options *options, uid_t uid, gid_t gid) {
    int error = write_map(process, "uid_map", uid, options->switches_user ? options->uid : uid);
    if (error != 0) {
        return (struct outcome){STEP_UID_MAP, error};
    }
    error = write_map(process, "gid_map", gid, options->switches_user ? options->gid : gid);
    return (struct outcome){STEP_GID_MAP, error};
}

// Two ids can only be mapped by a process that stayed outside, with CAP_SETUID there.
static struct outcome unshare_mapped_from_outside(const struct options *options, uid_t uid, gid_t gid) {
    int ready[2], done[2];
    pid_t self = getpid();
    if (pipe2(ready, O_CLOEXEC) != 0 || pipe2(done, O_CLOEXEC) != 0) {
        return (struct outcome){STEP_FORK, errno};
    }
    pid_t writer = fork();
    if (writer < 0) {
        return (struct outcome){STEP_FORK, errno};
    }
    if (writer == 0) {
        char go;
        struct outcome outcome = {STEP_UNSHARE, 0};
        (void)close(ready[1]);
        if (read(ready[0], &go, 1) == 1) {
            outcome = write_maps(self, options, uid, gid);
        }
        _exit(write(done[1], &outcome, sizeof outcome) == (ssize_t)sizeof outcome ? 0 : 1);
    }
    struct outcome outcome = {STEP_UNSHARE, unshare(CLONE_NEWUSER) == 0 ? 0 : errno};
    bool is_told = outcome.error == 0 && write(ready[1], "", 1) == 1;
    // Without a byte the writer sees the end of the pipe and leaves.
    (void)close(ready[0]);
    (void)close(ready[1]);
    (void)close(done[1]);
    if (outcome.error == 0 && !is_told) {
        outcome = (struct outcome){STEP_UID_MAP, EPIPE};
    } else if (is_told && read(done[0], &outcome, sizeof outcome) != (ssize_t)sizeof outcome) {
        outcome = (struct outcome){STEP_UID_MAP, EPIPE};
    }
    (void)close(done[0]);
    int status;
    while (waitpid(writer, &status, 0) < 0) {
        if (errno != EINTR) {
            return (struct outcome){STEP_WAIT, errno};
        }
    }
    return outcome;
}

static struct outcome unshare_mapped_from_inside(const struct options *options, uid_t uid, gid_t gid) {
    if (unshare(CLONE_NEWUSER) != 0) {
        return (struct outcome){STEP_UNSHARE, errno};
    }
    // The kernel's condition for a group map without privileges.
    int error = write_file("/proc/self/setgroups", "deny");
    return error == 0 ? write_maps(getpid(), options, uid, gid) : (struct outcome){STEP_SETGROUPS, error};
}

static struct outcome unshare_user(const struct options *options) {
    uid_t uid = geteuid();
    gid_t gid = getegid();
    return options->switches_user ? unshare_mapped_from_outside(options, uid, gid)
                                  : unshare_mapped_from_inside(options, uid, gid);
}

int idmaps_unshare(const struct options *options, const char **step) {
    struct outcome outcome = unshare_user(options);
    *step = steps[outcome.step];
    return outcome.error;
}

int idmaps_try(const struct options *options, const char **step) {
    int result[2];
    *step = steps[STEP_FORK];
    if (pipe2(result, O_CLOEXEC) != 0) {
        return errno;
    }
    pid_t child = fork();
    if (child < 0) {
        int error = errno;
        (void)close(result[0]);
        (void)close(result[1]);
        return error;
    }
    if (child == 0) {
        struct outcome outcome = unshare_user(options);
        // Some systems give out user namespaces whose capabilities are worth nothing.
        if (outcome.error == 0 && unshare(CLONE_NEWUTS) != 0) {
            outcome = (struct outcome){STEP_CAPABILITY, errno};
        }
        _exit(write(result[1], &outcome, sizeof outcome) == (ssize_t)sizeof outcome ? 0 : 1);
    }
    struct outcome outcome = {STEP_WAIT, EPIPE};
    (void)close(result[1]);
    if (read(result[0], &outcome, sizeof outcome) != (ssize_t)sizeof outcome || outcome.step < 0 ||
        outcome.step > STEP_WAIT) {
        outcome = (struct outcome){STEP_WAIT, EPIPE};
    }
    (void)close(result[0]);
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            fail(EXIT_SYSTEM, "waitpid: %s", strerror(errno));
        }
    }
    *step = steps[outcome.step];
    return outcome.error;
}
