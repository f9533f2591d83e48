// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_LAUNCHER_NAMESPACES_H
#define BUCKLER_LAUNCHER_NAMESPACES_H

#include "options.h"

// Enters as many of the six namespaces as the kernel allows; a user namespace maps this process' own user and the one
// it will switch to, each to itself. Records a layer for each.
void namespaces_enter(const struct options *options);

// Where there is a new PID namespace, goes on as its first process; the process outside waits and then ends as that
// one did. Either way this process dies with whoever started it, once `namespaces_tie_to_parent` was called.
void namespaces_fork_into(const struct options *options);

// SIGKILL when the parent thread ends; to be called after the user was switched, which clears it.
void namespaces_tie_to_parent(const struct options *options);

#endif
