// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_LAUNCHER_FAILURE_H
#define BUCKLER_LAUNCHER_FAILURE_H

// How the launcher ends when the program was not started. Once it was, its own exit status or signal is ours.
enum exit_status {
    EXIT_USAGE = 64,           // an option is wrong; nothing was tried
    EXIT_LAYER_MISSING = 65,   // a required layer does not hold on this host
    EXIT_PROGRAM = 66,         // the program cannot be reached or executed
    EXIT_SYSTEM = 70,          // a system call failed that works on every supported kernel
    EXIT_PARENT_GONE = 71,     // whoever started us has ended meanwhile
};

// Says why on standard error, as `buckler-launcher: …`, and ends this process with `status`.
_Noreturn void fail(enum exit_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
