// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_LAUNCHER_OPTIONS_H
#define BUCKLER_LAUNCHER_OPTIONS_H

#include "layers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    MAXIMUM_READ_PATHS = 64,
    MAXIMUM_KEPT = 8,
    MAXIMUM_ENVIRONMENT = 64,
    MAXIMUM_CGROUPS = 8,
    MAXIMUM_ARGUMENTS = 256,
    MAXIMUM_PATH = 1024,
};

enum profile { PROFILE_ONNX = 1, PROFILE_PYTHON = 2 };

// A path outside, and where the program finds it if there is a mount namespace; the same place unless `--read-at`.
struct read_path {
    const char *source;
    const char *target;
};

// Not limited.
#define NO_LIMIT UINT64_MAX

struct limits {
    uint64_t address_space;   // bytes
    uint64_t cpu_seconds;
    uint64_t open_files;
    uint64_t processes;       // threads of this user count too
    uint64_t file_size;       // bytes
    uint64_t tmp_size;        // bytes of the private /tmp, where there is a mount namespace
};

struct options {
    bool is_check;
    bool is_exec_probe;
    enum profile profile;
    struct read_path read[MAXIMUM_READ_PATHS];
    size_t read_count;
    const char *tmp;
    struct limits limits;
    int kept[MAXIMUM_KEPT];
    size_t kept_count;
    const char *environment[MAXIMUM_ENVIRONMENT];
    size_t environment_count;
    const char *cgroups[MAXIMUM_CGROUPS];
    size_t cgroup_count;
    bool switches_user;
    uid_t uid;
    gid_t gid;
    layer_set required;
    pid_t parent;             // 0 if not told
    int report;               // -1 if none
    char **program;           // arguments from the absolute path on, ended by NULL
};

// Ends the process with EXIT_USAGE and a text that names the offending word if there is one.
void options_read(struct options *options, int count, char **words);

#endif
