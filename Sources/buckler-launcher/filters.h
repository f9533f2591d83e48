// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_LAUNCHER_FILTERS_H
#define BUCKLER_LAUNCHER_FILTERS_H

#include "options.h"

#include <linux/filter.h>

// The kernel takes no more than 4,096.
enum { MAXIMUM_INSTRUCTIONS = 1024 };

struct filter {
    struct sock_filter instructions[MAXIMUM_INSTRUCTIONS];
    unsigned short count;
};

// What execve meets.
enum exec_rule {
    EXEC_ASKS,      // it waits for the listener's answer
    EXEC_ALLOWED,   // and so is one more seccomp filter, by which the worker runtime forbids it
};

// The filter of `profile` for the process `self`, as it sees itself.
void filter_build(struct filter *filter, enum profile profile, enum exec_rule exec, pid_t self);

#endif
