// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_LAUNCHER_CHECK_H
#define BUCKLER_LAUNCHER_CHECK_H

#include "options.h"

// `--check`: tries each layer in a child of its own and prints a line for it (layers.h). The exit status: 0 if all
// required ones hold, otherwise EXIT_LAYER_MISSING.
int check_run(struct options *options);

// What the check of the one-shot execve runs: 0 if a second execve fails.
int check_exec_probe(void);

#endif
