// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "seccomp.h"

#include "filters.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct filter filter;

// Written before the semaphore is posted, read after it was waited for.
static int listener = -1;
static sem_t is_loaded;

// Answers the first execve, and no other: exec ends this thread and closes the listener.
static void *answer_first_exec(void *unused) {
    (void)unused;
    while (sem_wait(&is_loaded) != 0) {
    }
    if (listener < 0) {
        return NULL;
    }
    struct seccomp_notif asked;
    do {
        memset(&asked, 0, sizeof asked);
    } while (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0 && (errno == EINTR || errno == ENOENT));
    // The arguments need no look: nothing but this program has run yet, and it makes one call.
    struct seccomp_notif_resp reply = {.id = asked.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply) != 0) {
        // The execve then fails with ENOSYS, as the listener is gone, and the launcher says so.
        (void)close(listener);
    }
    return NULL;
}

static int start_thread(void) {
    pthread_t thread;
    pthread_attr_t attributes;
    int error = sem_init(&is_loaded, 0, 0) == 0 ? pthread_attr_init(&attributes) : errno;
    if (error != 0) {
        return error;
    }
    // A limited address space has no room for the usual 8 MiB.
    error = pthread_attr_setstacksize(&attributes, 64 << 10);
    if (error == 0) {
        error = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    }
    if (error == 0) {
        error = pthread_create(&thread, &attributes, answer_first_exec, NULL);
    }
    (void)pthread_attr_destroy(&attributes);
    return error;
}

static long load_filter(unsigned flags) {
    struct sock_fprog program = {.len = filter.count, .filter = filter.instructions};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

void seccomp_apply(enum profile profile) {
    int error = start_thread();
    if (error != 0) {
        layer_missing(LAYER_SECCOMP, "the thread that answers execve: %s", strerror(error));
        layer_missing(LAYER_ONE_SHOT_EXEC, "no filter");
        return;
    }
    filter_build(&filter, profile, EXEC_ASKS, getpid());
    listener = (int)load_filter(SECCOMP_FILTER_FLAG_NEW_LISTENER);
    error = errno;
    if (listener >= 0) {
        layer_holds(LAYER_ONE_SHOT_EXEC, "the first execve alone");
    } else {
        layer_missing(LAYER_ONE_SHOT_EXEC, "%s: the worker runtime forbids execve itself",
                      error == EBUSY ? "an outer filter has the listener" : strerror(error));
        filter_build(&filter, profile, EXEC_ALLOWED, getpid());
        if (load_filter(0) != 0) {
            layer_missing(LAYER_SECCOMP, "seccomp: %s", strerror(errno));
            return;
        }
    }
    (void)sem_post(&is_loaded);
    layer_holds(LAYER_SECCOMP, "profile %s, %u instructions", profile == PROFILE_ONNX ? "onnx" : "python",
                (unsigned)filter.count);
}
