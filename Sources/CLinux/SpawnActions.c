// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "SpawnActions.h"

#include <errno.h>

int32_t buckler_spawn_close_from(posix_spawn_file_actions_t *actions, int32_t first) {
#ifdef __GLIBC__
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
#else
    (void)actions;
    (void)first;
    return ENOSYS;
#endif
}
