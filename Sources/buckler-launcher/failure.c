// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

_Noreturn void fail(enum exit_status status, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length > 0) {
        // Nobody is left to tell if standard error cannot be written.
        (void)dprintf(STDERR_FILENO, "buckler-launcher: %s\n", text);
    }
    _exit(status);
}
