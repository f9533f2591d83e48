// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_LAUNCHER_SECCOMP_H
#define BUCKLER_LAUNCHER_SECCOMP_H

#include "options.h"

// Puts the profile's filter on this thread, needs no_new_privs. Exactly one execve works after it. Where an outer
// filter has a listener, of which the kernel allows one, execve stays allowed and LAYER_ONE_SHOT_EXEC is recorded as
// missing: the worker runtime then has to add a filter of its own before it runs foreign code. Records LAYER_SECCOMP.
void seccomp_apply(enum profile profile);

#endif
