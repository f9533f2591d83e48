// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "namespaces.h"

#include "descriptors.h"
#include "failure.h"
#include "idmaps.h"
#include "privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    enum layer layer;
    int flag;
    const char *detail;
} others[] = {
    {LAYER_MOUNT_NAMESPACE, CLONE_NEWNS, "own mounts"},
    {LAYER_PID_NAMESPACE, CLONE_NEWPID, "sees no other process"},
    {LAYER_IPC_NAMESPACE, CLONE_NEWIPC, "own System V objects and message queues"},
    {LAYER_UTS_NAMESPACE, CLONE_NEWUTS, "own host name"},
    {LAYER_NETWORK_NAMESPACE, CLONE_NEWNET, "no interface but a loopback that is down"},
};

void namespaces_enter(const struct options *options) {
    const char *step;
    int error = idmaps_try(options, &step);
    if (error == 0) {
        error = idmaps_unshare(options, &step);
        if (error != 0) {
            fail(EXIT_SYSTEM, "%s: %s, though it worked a moment ago", step, strerror(error));
        }
        layer_holds(LAYER_USER_NAMESPACE, "its users mean nothing outside");
    } else {
        layer_missing(LAYER_USER_NAMESPACE, "%s: %s", step, strerror(error));
    }
    // One by one: a kernel without one of them still has the others.
    for (size_t index = 0; index < sizeof others / sizeof *others; index++) {
        if (unshare(others[index].flag) == 0) {
            layer_holds(others[index].layer, "%s", others[index].detail);
        } else {
            layer_missing(others[index].layer, "unshare: %s", strerror(errno));
        }
    }
}

// The end that the process outside holds for as long as it lives; -1 without a PID namespace.
static int life = -1;
static pid_t parent_at_start;

// Ends as `status` says that the program did, so that whoever waits for us learns it.
static _Noreturn void end_as(int status) {
    if (WIFSIGNALED(status)) {
        struct rlimit none = {0, 0};
        sigset_t all;
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)signal(WTERMSIG(status), SIG_DFL);
        (void)sigfillset(&all);
        (void)sigprocmask(SIG_UNBLOCK, &all, NULL);
        (void)raise(WTERMSIG(status));
        _exit(128 + WTERMSIG(status));
    }
    _exit(WEXITSTATUS(status));
}

static _Noreturn void wait_outside(const struct options *options, pid_t inside, int held) {
    // The channel must end when the worker does, so no copy of it stays here; neither does any privilege.
    if (dup2(held, STDERR_FILENO + 1) < 0) {
        fail(EXIT_SYSTEM, "dup2: %s", strerror(errno));
    }
    descriptors_close_from(STDERR_FILENO + 2);
    (void)close(STDOUT_FILENO);
    (void)close(STDERR_FILENO);
    privileges_refuse_new();
    privileges_forgo();
    if (options->switches_user) {
        privileges_switch_user(options->uid, options->gid);
    }
    privileges_drop_capabilities();
    namespaces_tie_to_parent(options);
    int status;
    while (waitpid(inside, &status, 0) < 0) {
        if (errno != EINTR) {
            _exit(EXIT_SYSTEM);
        }
    }
    end_as(status);
}

void namespaces_fork_into(const struct options *options) {
    parent_at_start = getppid();
    if (!layer_is_held(LAYER_PID_NAMESPACE)) {
        return;
    }
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        fail(EXIT_SYSTEM, "pipe2: %s", strerror(errno));
    }
    pid_t inside = fork();
    if (inside < 0) {
        fail(EXIT_SYSTEM, "fork: %s", strerror(errno));
    }
    if (inside != 0) {
        wait_outside(options, inside, ends[1]);
    }
    (void)close(ends[1]);
    life = ends[0];
}

void namespaces_tie_to_parent(const struct options *options) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
        fail(EXIT_SYSTEM, "prctl: %s", strerror(errno));
    }
    // It may have ended before the kernel was told to look.
    if (life >= 0) {
        struct pollfd end = {.fd = life, .events = 0};
        if (poll(&end, 1, 0) != 0) {
            fail(EXIT_PARENT_GONE, "the process that started this one has ended");
        }
        (void)close(life);
        life = -1;
        return;
    }
    pid_t parent = getppid();
    if (parent != parent_at_start || (options->parent != 0 && parent != options->parent)) {
        fail(EXIT_PARENT_GONE, "the process that started this one has ended");
    }
}
