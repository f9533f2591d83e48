// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_LAUNCHER_LANDLOCK_H
#define BUCKLER_LAUNCHER_LANDLOCK_H

#include "options.h"

// The kernel's ABI, 0 if it has no Landlock or does not use it.
int landlock_abi(void);

// From now on: read-only paths read and executed, `tmp` written but not executed, nothing else; no TCP, no signals and
// no abstract sockets beyond this domain where the ABI knows them. Paths are those after the new root, if
// `has_own_root`. Records LAYER_LANDLOCK.
void landlock_apply(const struct options *options, const char *tmp, bool has_own_root);

#endif
