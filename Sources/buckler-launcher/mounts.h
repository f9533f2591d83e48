// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_LAUNCHER_MOUNTS_H
#define BUCKLER_LAUNCHER_MOUNTS_H

#include "options.h"

// Builds a root on the directory `--tmp`, of the read-only paths, a private /tmp that is bounded and gives nothing to
// execute, and a few harmless files of /dev, /proc and /sys; then makes it the only one that this process can reach.
// Records LAYER_READ_ONLY_BINDS and LAYER_PRIVATE_TMP; if it cannot be built nothing has changed.
void mounts_enter_root(const struct options *options);

// Without a mount namespace: /tmp is the directory `--tmp` itself. Records both layers as missing.
void mounts_stay(void);

#endif
