// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "WorkerChannel.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// Our own constants, as <linux/memfd.h> and <linux/fcntl.h> have them: older headers know neither.
enum { no_exec_seal = 0x8, seal_future_write = 0x10, memory_cloexec = 0x1, memory_allow_sealing = 0x2 };

int32_t buckler_memory_create(const char *name, uint64_t bytes) {
    unsigned flags = memory_cloexec | memory_allow_sealing;
    int descriptor = (int)syscall(SYS_memfd_create, name, flags | no_exec_seal);
    // Linux before 6.3 does not know the flag that keeps such memory from ever being executed.
    if (descriptor < 0 && errno == EINVAL) {
        descriptor = (int)syscall(SYS_memfd_create, name, flags);
    }
    if (descriptor < 0) {
        return -errno;
    }
    int result;
    do {
        result = fallocate(descriptor, 0, 0, (off_t)bytes);
    } while (result != 0 && errno == EINTR);
    if (result != 0) {
        int error = errno;
        close(descriptor);
        return -error;
    }
    return descriptor;
}

int32_t buckler_memory_seal(int32_t descriptor, _Bool no_new_writers) {
    int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | (no_new_writers ? seal_future_write : 0);
    return fcntl(descriptor, F_ADD_SEALS, seals) == 0 ? 0 : -errno;
}

int32_t buckler_channel_pair(int32_t *ends) {
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0 ? 0 : -errno;
}

int32_t buckler_pipe(int32_t *ends) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : -errno; }

int32_t buckler_channel_send(int32_t channel, const void *bytes, size_t count, int32_t passed) {
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (passed >= 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.space;
        message.msg_controllen = sizeof control.space;
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(head), &passed, sizeof(int));
    }
    ssize_t sent;
    do {
        sent = sendmsg(channel, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

int64_t buckler_channel_receive(int32_t channel, void *bytes, size_t capacity) {
    ssize_t received;
    do {
        // Without room for control data the kernel closes what was passed along.
        received = recv(channel, bytes, capacity, MSG_DONTWAIT | MSG_TRUNC);
    } while (received < 0 && errno == EINTR);
    return received < 0 ? -errno : received;
}

int32_t buckler_event_create(void) {
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return event < 0 ? -errno : event;
}

void buckler_event_post(int32_t event) {
    uint64_t one = 1;
    // Fails only if it is posted already, 2^64 times.
    ssize_t written = write(event, &one, sizeof one);
    (void)written;
}

void buckler_event_take(int32_t event) {
    uint64_t count;
    ssize_t taken = read(event, &count, sizeof count);
    (void)taken;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status;
    (void)place;
    return kind == FTW_DP || kind == FTW_D || kind == FTW_DNR ? rmdir(path) : unlink(path);
}

int32_t buckler_remove_tree(const char *path) {
    return nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0 ? 0 : -errno;
}
