// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_WORKER_CHANNEL_H
#define BUCKLER_WORKER_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

// What the server shares with a worker. All return a negated errno where they fail.

/// Anonymous memory of `bytes`, with every page there already: whoever maps it cannot run out of memory by touching it.
/// Returns its descriptor.
int32_t buckler_memory_create(const char *_Nonnull name, uint64_t bytes);

/// From now on nobody can change its size; nor, if `no_new_writers`, map it writable or write to it, whatever is mapped
/// writable already. No seal can be added or taken away after that. Returns 0.
int32_t buckler_memory_seal(int32_t descriptor, _Bool no_new_writers);

/// Two ends of a channel that keeps messages apart, neither inherited by programs that are started. Returns 0.
int32_t buckler_channel_pair(int32_t *_Nonnull ends);

/// A pipe, read at the first end and written at the second, neither inherited by programs that are started. Returns 0.
int32_t buckler_pipe(int32_t *_Nonnull ends);

/// Sends one message, with a descriptor unless that is negative; never blocks, never raises SIGPIPE. Returns 0.
int32_t buckler_channel_send(int32_t channel, const void *_Nonnull bytes, size_t count, int32_t passed);

/// Takes one message without blocking; descriptors that came with it are dropped. Returns its full length, which exceeds
/// `capacity` if it was cut off, and 0 at the end.
int64_t buckler_channel_receive(int32_t channel, void *_Nonnull bytes, size_t capacity);

/// A descriptor that becomes readable by buckler_event_post, until buckler_event_take.
int32_t buckler_event_create(void);
void buckler_event_post(int32_t event);
void buckler_event_take(int32_t event);

/// Removes a directory with all that is in it, without following a link or entering another file system. Returns 0.
int32_t buckler_remove_tree(const char *_Nonnull path);

#endif
