// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "limits.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

void limits_apply(const struct limits *limits) {
    const struct {
        const char *name;
        int resource;
        uint64_t value;
    } table[] = {
        {"RLIMIT_AS", RLIMIT_AS, limits->address_space},
        {"RLIMIT_CPU", RLIMIT_CPU, limits->cpu_seconds},
        {"RLIMIT_NOFILE", RLIMIT_NOFILE, limits->open_files},
        {"RLIMIT_NPROC", RLIMIT_NPROC, limits->processes},
        {"RLIMIT_FSIZE", RLIMIT_FSIZE, limits->file_size},
        {"RLIMIT_CORE", RLIMIT_CORE, 0},
        {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE, 0},
        {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK, 0},
        {"RLIMIT_RTPRIO", RLIMIT_RTPRIO, 0},
        {"RLIMIT_NICE", RLIMIT_NICE, 0},
    };
    for (size_t index = 0; index < sizeof table / sizeof *table; index++) {
        if (table[index].value == NO_LIMIT) {
            continue;
        }
        struct rlimit current;
        if (getrlimit(table[index].resource, &current) != 0) {
            layer_missing(LAYER_RLIMITS, "%s: %s", table[index].name, strerror(errno));
            return;
        }
        rlim_t value = (rlim_t)table[index].value;
        if (current.rlim_max != RLIM_INFINITY && current.rlim_max < value) {
            value = current.rlim_max;
        }
        struct rlimit wanted = {.rlim_cur = value, .rlim_max = value};
        if (setrlimit(table[index].resource, &wanted) != 0) {
            layer_missing(LAYER_RLIMITS, "%s: %s", table[index].name, strerror(errno));
            return;
        }
    }
    layer_holds(LAYER_RLIMITS, "address space, CPU, files, processes, file size, as given; no core files");
}
