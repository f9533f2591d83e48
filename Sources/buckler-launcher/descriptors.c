// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "descriptors.h"

#include "failure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// Above every place that a kept descriptor may get, so that moving one cannot overwrite another.
enum { PARKING = FIRST_KEPT_DESCRIPTOR + MAXIMUM_KEPT + 1 };

static void close_range_or_fail(unsigned first, unsigned last) {
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
    if (first <= last && syscall(SYS_close_range, first, last, 0) != 0) {
        fail(EXIT_SYSTEM, "close_range: %s", strerror(errno));
    }
}

void descriptors_close_from(unsigned first) { close_range_or_fail(first, UINT_MAX); }

static void place(int from, int to, int flags) {
    if (dup3(from, to, flags) < 0) {
        fail(EXIT_SYSTEM, "a descriptor cannot be placed at %d: %s", to, strerror(errno));
    }
}

static int park(int descriptor) {
    int parked = fcntl(descriptor, F_DUPFD_CLOEXEC, PARKING);
    if (parked < 0) {
        fail(EXIT_SYSTEM, "descriptor %d cannot be moved: %s", descriptor, strerror(errno));
    }
    return parked;
}

static void arrange_standard(void) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) {
        fail(EXIT_SYSTEM, "/dev/null: %s", strerror(errno));
    }
    place(null == STDIN_FILENO ? park(null) : null, STDIN_FILENO, 0);
    for (int standard = STDOUT_FILENO; standard <= STDERR_FILENO; standard++) {
        // A closed one would be taken by the next file that the program opens.
        if (fcntl(standard, F_GETFD) < 0) {
            place(STDIN_FILENO, standard, 0);
        }
    }
}

void descriptors_arrange(struct options *options) {
    int parked[MAXIMUM_KEPT];
    for (size_t index = 0; index < options->kept_count; index++) {
        parked[index] = park(options->kept[index]);
    }
    int report = options->report < 0 ? -1 : park(options->report);
    arrange_standard();
    for (size_t index = 0; index < options->kept_count; index++) {
        place(parked[index], FIRST_KEPT_DESCRIPTOR + (int)index, 0);
    }
    unsigned next = FIRST_KEPT_DESCRIPTOR + (unsigned)options->kept_count;
    if (report >= 0) {
        place(report, (int)next, O_CLOEXEC);
        options->report = (int)next++;
    }
    close_range_or_fail(STDERR_FILENO + 1, FIRST_KEPT_DESCRIPTOR - 1);
    descriptors_close_from(next);
}
