// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "WorkerEnd.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int64_t buckler_channel_wait(int32_t channel, void *bytes, size_t capacity, int32_t *passed) {
    struct iovec part = {.iov_base = bytes, .iov_len = capacity};
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    ssize_t received;
    struct msghdr message;
    do {
        message = (struct msghdr){
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
        received = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    *passed = -1;
    if (received < 0) {
        return -errno;
    }
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head != NULL && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
        memcpy(passed, CMSG_DATA(head), sizeof(int));
    }
    return received;
}

int32_t buckler_channel_put(int32_t channel, const void *bytes, size_t count) {
    ssize_t sent;
    do {
        sent = send(channel, bytes, count, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

#if defined(__x86_64__)
#define THIS_MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_MACHINE AUDIT_ARCH_AARCH64
#endif

#if defined(THIS_MACHINE)
// Numbers from here on are those of x86-64's other table, where an execve would have another number.
enum { OTHER_TABLE = 0x40000000 };

static const struct sock_filter no_exec[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_MACHINE, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 3, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execveat, 2, 0),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, OTHER_TABLE, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
};

static const struct sock_filter no_code[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_MACHINE, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 6, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 5, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pkey_mprotect, 4, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 6, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execveat, 5, 0),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, OTHER_TABLE, 4, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    // Both supported machines are little-endian. The third argument of all three is what the memory may be used for.
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
};

static int32_t add_filter(const struct sock_filter *steps, size_t count) {
    // The launcher has done so, and then lets nobody ask again.
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    struct sock_fprog program = {.len = (unsigned short)count, .filter = (struct sock_filter *)steps};
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    // A positive answer names the thread that could not be given it.
    return result == 0 ? 0 : result < 0 ? -errno : -EACCES;
}

// Without a filter this fails by its arguments.
static int exec_is_forbidden(void) { return syscall(SYS_execve, NULL, NULL, NULL) != 0 && errno == EPERM; }

// Without a filter this works, or fails otherwise where memory is never code.
static int code_is_forbidden(void) {
    void *place = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return place == MAP_FAILED && errno == EPERM;
}
#endif

int32_t buckler_forbid_exec(void) {
#if defined(THIS_MACHINE)
    int32_t result = add_filter(no_exec, sizeof no_exec / sizeof *no_exec);
    return result != 0 ? result : exec_is_forbidden() ? 0 : -EACCES;
#else
    return -ENOSYS;
#endif
}

int32_t buckler_forbid_code(void) {
#if defined(THIS_MACHINE)
    int32_t result = add_filter(no_code, sizeof no_code / sizeof *no_code);
    return result != 0 ? result : exec_is_forbidden() && code_is_forbidden() ? 0 : -EACCES;
#else
    return -ENOSYS;
#endif
}
