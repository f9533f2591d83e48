// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_LAUNCHER_CGROUPS_H
#define BUCKLER_LAUNCHER_CGROUPS_H

#include "options.h"

// Moves this process into each directory, which whoever starts workers has made and limited. Records LAYER_CGROUP.
void cgroups_join(const struct options *options);

// Whether memory, CPU and pids could be limited here: this process' own cgroups, v2 or v1. Records LAYER_CGROUP.
void cgroups_examine(void);

#endif
