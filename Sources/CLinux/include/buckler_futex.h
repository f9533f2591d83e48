// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_FUTEX_H
#define BUCKLER_FUTEX_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>
#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

// A word on which one thread sleeps and which any thread may post to.
//   EMPTY     nothing posted, nobody in the kernel
//   POSTED    a wake-up that has not been consumed
//   SLEEPING  the owner is in, or on its way into, the kernel
enum { BUCKLER_PARK_EMPTY = 0, BUCKLER_PARK_POSTED = 1, BUCKLER_PARK_SLEEPING = 2 };

// Takes a wake-up that was posted, if there is one.
static inline bool buckler_park_take(uint32_t *_Nonnull word) {
    if (__atomic_load_n(word, __ATOMIC_ACQUIRE) != BUCKLER_PARK_POSTED) return false;
    __atomic_store_n(word, BUCKLER_PARK_EMPTY, __ATOMIC_RELEASE);
    return true;
}

// Wakes the owner; a system call only if it sleeps.
static inline void buckler_park_post(uint32_t *_Nonnull word) {
    if (__atomic_exchange_n(word, BUCKLER_PARK_POSTED, __ATOMIC_ACQ_REL) == BUCKLER_PARK_SLEEPING) {
        syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
}

// Sleeps until a wake-up is posted (true, and it is taken) or CLOCK_MONOTONIC has reached `until` (false).
// `until` is in nanoseconds; UINT64_MAX waits for as long as it takes.
static inline bool buckler_park_sleep(uint32_t *_Nonnull word, uint64_t until) {
    uint32_t expected = BUCKLER_PARK_EMPTY;
    if (!__atomic_compare_exchange_n(word, &expected, BUCKLER_PARK_SLEEPING, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        return buckler_park_take(word);
    }
    struct timespec deadline = {
        .tv_sec = (time_t)(until / 1000000000u),
        .tv_nsec = (long)(until % 1000000000u),
    };
    for (;;) {
        // WAIT_BITSET takes an absolute time, so that a spurious return does not prolong the wait.
        long result = syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, BUCKLER_PARK_SLEEPING,
                              until == UINT64_MAX ? NULL : &deadline, NULL, FUTEX_BITSET_MATCH_ANY);
        bool timed_out = result == -1 && errno == ETIMEDOUT;
        if (buckler_park_take(word)) return true;
        if (timed_out) {
            return __atomic_exchange_n(word, BUCKLER_PARK_EMPTY, __ATOMIC_ACQ_REL) == BUCKLER_PARK_POSTED;
        }
    }
}

// Tells the core that it is in a spin loop.
static inline void buckler_cpu_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// Names the calling thread (15 bytes at most) and lets its timed waits end on time instead of up to 50 us late.
static inline void buckler_thread_begin(const char *_Nonnull name) {
    prctl(PR_SET_NAME, (unsigned long)name, 0, 0, 0);
    prctl(PR_SET_TIMERSLACK, 1000ul, 0, 0, 0);
}

#endif
