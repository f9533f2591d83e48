// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_SPAWN_ACTIONS_H
#define BUCKLER_SPAWN_ACTIONS_H

#include <spawn.h>
#include <stdint.h>

/// Has a program that is started close all descriptors from `first` on. The C library's function hides behind
/// _GNU_SOURCE, which Swift's importer does not define. Returns 0 or an errno; ENOSYS where the library has no such thing.
int32_t buckler_spawn_close_from(posix_spawn_file_actions_t *_Nonnull actions, int32_t first);

#endif
