// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "filters.h"

#include "failure.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define THIS_MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_MACHINE AUDIT_ARCH_AARCH64
#else
#error "the launcher has no table of system calls for this machine"
#endif

enum { BOTH = PROFILE_ONNX | PROFILE_PYTHON, PYTHON = PROFILE_PYTHON, ONNX = PROFILE_ONNX };

enum condition {
    ALWAYS,
    NO_ADDRESS,     // sendto: a null address
    NO_NEW_CODE,    // mmap: not executable, or executable, of a file and not writable
    NO_CODE,        // mprotect: not executable
    FCNTL_PLAIN,    // no command that names a process
    IOCTL_PLAIN,
    THREAD_ONLY,    // clone: shares memory and thread group, makes no namespace
    NO_SUCH_CALL,   // ENOSYS
    PRCTL_NAMES,
    ADDS_FILTER,    // seccomp: one more filter for all threads, and nobody who answers it
    OWN_PROCESS,    // kill, tgkill: the first argument is this process
    LIMITS_READ,    // prlimit64: no new limit, of this process
    STREAM_PAIR,    // socketpair: AF_UNIX, SOCK_STREAM
};

struct call {
    short number;
    unsigned char profiles;
    unsigned char condition;
};

// The numbers are our own, so that one table shows both machines; the headers of the one at hand have to agree.
#if defined(__x86_64__)
#define CALL(name, x86, arm, profiles, condition, reason) _Static_assert(SYS_##name == (x86), #name);
#define CALL_X86(name, x86, profiles, condition, reason) _Static_assert(SYS_##name == (x86), #name);
#else
#define CALL(name, x86, arm, profiles, condition, reason) _Static_assert(SYS_##name == (arm), #name);
#define CALL_X86(name, x86, profiles, condition, reason)
#endif
#include "calls.h"
#undef CALL
#undef CALL_X86

#if defined(__x86_64__)
#define CALL(name, x86, arm, profiles, condition, reason) {(x86), (profiles), (condition)},
#define CALL_X86(name, x86, profiles, condition, reason) {(x86), (profiles), (condition)},
enum { CALL_EXECVE = 59, CALL_SECCOMP = 317 };
#else
#define CALL(name, x86, arm, profiles, condition, reason) {(arm), (profiles), (condition)},
#define CALL_X86(name, x86, profiles, condition, reason)
enum { CALL_EXECVE = 221, CALL_SECCOMP = 277 };
#endif
static const struct call calls[] = {
#include "calls.h"
};

#define DENIED (SECCOMP_RET_ERRNO | EPERM)
#define ABSENT (SECCOMP_RET_ERRNO | ENOSYS)

static void emit(struct filter *filter, unsigned short code, unsigned char when_true, unsigned char when_false,
                 uint32_t value) {
    if (filter->count == MAXIMUM_INSTRUCTIONS) {
        fail(EXIT_SYSTEM, "the seccomp filter is longer than %d instructions", MAXIMUM_INSTRUCTIONS);
    }
    filter->instructions[filter->count++] =
        (struct sock_filter){.code = code, .jt = when_true, .jf = when_false, .k = value};
}

static void answer(struct filter *filter, uint32_t action) { emit(filter, BPF_RET | BPF_K, 0, 0, action); }

static void load(struct filter *filter, size_t offset) {
    emit(filter, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

// Both supported machines are little-endian.
static void load_low(struct filter *filter, unsigned argument) {
    load(filter, offsetof(struct seccomp_data, args) + 8 * argument);
}

static void load_high(struct filter *filter, unsigned argument) {
    load(filter, offsetof(struct seccomp_data, args) + 8 * argument + 4);
}

static void mask(struct filter *filter, uint32_t bits) { emit(filter, BPF_ALU | BPF_AND | BPF_K, 0, 0, bits); }

// What was loaded is `value`, or the call is answered with `action`.
static void expect(struct filter *filter, uint32_t value, uint32_t action) {
    emit(filter, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, value);
    answer(filter, action);
}

// What was loaded is one of `values`: that is allowed, all else denied.
static void allow_values(struct filter *filter, const uint32_t *values, size_t count) {
    for (size_t index = 0; index < count; index++) {
        emit(filter, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, values[index]);
        answer(filter, SECCOMP_RET_ALLOW);
    }
    answer(filter, DENIED);
}
#define ALLOW_VALUES(filter, ...)                                                                                     \
    allow_values(filter, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void expect_null(struct filter *filter, unsigned argument) {
    load_low(filter, argument);
    expect(filter, 0, DENIED);
    load_high(filter, argument);
    expect(filter, 0, DENIED);
}

static void allow_mapping(struct filter *filter) {
    load_low(filter, 2);
    emit(filter, BPF_JMP | BPF_JSET | BPF_K, 1, 0, PROT_EXEC);
    answer(filter, SECCOMP_RET_ALLOW);
    mask(filter, PROT_WRITE);
    expect(filter, 0, DENIED);
    load_low(filter, 3);
    mask(filter, MAP_ANONYMOUS);
    expect(filter, 0, DENIED);
}

static void allow_thread(struct filter *filter) {
    // Their bits as of Linux 6.18; those of a namespace, of a traced child and of one that the parent waits for.
    const uint32_t refused = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                             CLONE_NEWPID | CLONE_NEWNET | CLONE_PTRACE | CLONE_VFORK | CLONE_PARENT;
    load_low(filter, 0);
    mask(filter, CLONE_THREAD | CLONE_VM | refused);
    expect(filter, CLONE_THREAD | CLONE_VM, DENIED);
}

// Ends with an answer on every way.
static void emit_condition(struct filter *filter, enum condition condition, pid_t self) {
    switch (condition) {
    case ALWAYS:
        break;
    case NO_ADDRESS:
        expect_null(filter, 4);
        break;
    case NO_NEW_CODE:
        allow_mapping(filter);
        break;
    case NO_CODE:
        load_low(filter, 2);
        mask(filter, PROT_EXEC);
        expect(filter, 0, DENIED);
        break;
    case FCNTL_PLAIN:
        load_low(filter, 1);
        ALLOW_VALUES(filter, F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW,
                     F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_ADD_SEALS, F_GET_SEALS, F_GETPIPE_SZ);
        return;
    case IOCTL_PLAIN:
        load_low(filter, 1);
        ALLOW_VALUES(filter, TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX);
        return;
    case THREAD_ONLY:
        allow_thread(filter);
        break;
    case NO_SUCH_CALL:
        answer(filter, ABSENT);
        return;
    case PRCTL_NAMES:
        load_low(filter, 0);
        ALLOW_VALUES(filter, PR_SET_NAME, PR_GET_NAME, 0x53564d41 /* PR_SET_VMA, for names of memory only */);
        return;
    case ADDS_FILTER:
        load_low(filter, 0);
        expect(filter, SECCOMP_SET_MODE_FILTER, DENIED);
        // Exactly that: of two filters that ask somebody about execve the later one's listener is asked, and says yes.
        load_low(filter, 1);
        expect(filter, SECCOMP_FILTER_FLAG_TSYNC, DENIED);
        break;
    case OWN_PROCESS:
        load_low(filter, 0);
        expect(filter, (uint32_t)self, DENIED);
        break;
    case LIMITS_READ:
        load_low(filter, 0);
        // 0 is this process too: past what `expect` emits.
        emit(filter, BPF_JMP | BPF_JEQ | BPF_K, 2, 0, 0);
        expect(filter, (uint32_t)self, DENIED);
        expect_null(filter, 2);
        break;
    case STREAM_PAIR:
        load_low(filter, 0);
        expect(filter, AF_UNIX, DENIED);
        load_low(filter, 1);
        mask(filter, 0xf);
        expect(filter, SOCK_STREAM, DENIED);
        break;
    }
    answer(filter, SECCOMP_RET_ALLOW);
}

// The number is loaded before and after: what a call's block loads is only seen by calls that end in it.
static void emit_call(struct filter *filter, short number, enum condition condition, pid_t self) {
    unsigned short jump = filter->count;
    emit(filter, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, (uint32_t)number);
    emit_condition(filter, condition, self);
    // At most 2 × 15 + 2 instructions for fcntl's commands, which a jump of 8 bits spans.
    filter->instructions[jump].jf = (unsigned char)(filter->count - jump - 1);
}

static void emit_exec(struct filter *filter, enum exec_rule exec) {
    emit(filter, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, CALL_EXECVE);
    answer(filter, exec == EXEC_ASKS ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ALLOW);
    if (exec == EXEC_ALLOWED) {
        emit(filter, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, CALL_SECCOMP);
        load_low(filter, 0);
        emit(filter, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, SECCOMP_SET_MODE_FILTER);
        answer(filter, DENIED);
        answer(filter, SECCOMP_RET_ALLOW);
    }
}

void filter_build(struct filter *filter, enum profile profile, enum exec_rule exec, pid_t self) {
    filter->count = 0;
    load(filter, offsetof(struct seccomp_data, arch));
    // A call of another machine's table, such as int 0x80 on x86-64, is none that was ever meant to be made.
    expect(filter, THIS_MACHINE, SECCOMP_RET_KILL_PROCESS);
    load(filter, offsetof(struct seccomp_data, nr));
    for (size_t index = 0; index < sizeof calls / sizeof *calls; index++) {
        if ((calls[index].profiles & profile) != 0) {
            emit_call(filter, calls[index].number, (enum condition)calls[index].condition, self);
        }
    }
    emit_exec(filter, exec);
    answer(filter, DENIED);
}
