// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_LAUNCHER_IDMAPS_H
#define BUCKLER_LAUNCHER_IDMAPS_H

#include "options.h"

// unshare(CLONE_NEWUSER) with its maps: as root, this user and the one to switch to; otherwise this user alone, which
// needs no privilege. 0, or the errno of what failed with its name in `step`; after an error past the unshare the
// process is of no more use, so try in a child first.
int idmaps_unshare(const struct options *options, const char **step);

// Whether it works and gives capabilities in the new namespace: tried in a child. 0 or an errno, as above.
int idmaps_try(const struct options *options, const char **step);

#endif
