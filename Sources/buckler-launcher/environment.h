// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_LAUNCHER_ENVIRONMENT_H
#define BUCKLER_LAUNCHER_ENVIRONMENT_H

#include "options.h"

// What the program gets: the variables named by `--env` that are set here, TMPDIR, and
//   BUCKLER_SANDBOX                 the layers that hold, by name, with commas
//   BUCKLER_SANDBOX_SECOND_FILTER   1 if execve is still allowed: see seccomp.h
// Only valid until the next call. To be called last, when it is known what holds.
char **environment_build(const struct options *options, const char *tmp);

#endif
