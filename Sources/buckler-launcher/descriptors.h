// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_LAUNCHER_DESCRIPTORS_H
#define BUCKLER_LAUNCHER_DESCRIPTORS_H

#include "options.h"

// Where the first kept descriptor is placed; the others follow in the order in which they were given.
enum { FIRST_KEPT_DESCRIPTOR = 20 };

// Standard input becomes /dev/null, kept descriptors move to their places, all others but standard output and error
// are closed. `options->report` moves too, and is closed by exec.
void descriptors_arrange(struct options *options);

// Closes everything from `first` on.
void descriptors_close_from(unsigned first);

#endif
