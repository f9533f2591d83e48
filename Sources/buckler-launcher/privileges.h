// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_LAUNCHER_PRIVILEGES_H
#define BUCKLER_LAUNCHER_PRIVILEGES_H

#include <sys/types.h>

// Becomes that user for good, without supplementary groups. Records LAYER_UID.
void privileges_switch_user(uid_t uid, gid_t gid);

// Gives up the ways to get a capability back that one does not have at the moment. To be called while one still may:
// before the user is switched.
void privileges_forgo(void);

// Gives up every capability. Records LAYER_CAPABILITIES.
void privileges_drop_capabilities(void);

// exec gives no privileges from now on. Records LAYER_NO_NEW_PRIVILEGES.
void privileges_refuse_new(void);

#endif
