// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_LAUNCHER_LIMITS_H
#define BUCKLER_LAUNCHER_LIMITS_H

#include "options.h"

// Sets what was asked for, soft and hard alike, and never more than what this process has; no core files, no message
// queues, no locked memory, no real-time priority. Records LAYER_RLIMITS.
void limits_apply(const struct limits *limits);

#endif
