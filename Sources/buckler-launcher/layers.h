// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_LAUNCHER_LAYERS_H
#define BUCKLER_LAUNCHER_LAYERS_H

#include <stdbool.h>
#include <stdint.h>

// What the sandbox consists of, in the order in which it is put on. Names, as in `--require`, stand in layers.c.
enum layer {
    LAYER_CGROUP,
    LAYER_USER_NAMESPACE,
    LAYER_MOUNT_NAMESPACE,
    LAYER_PID_NAMESPACE,
    LAYER_IPC_NAMESPACE,
    LAYER_UTS_NAMESPACE,
    LAYER_NETWORK_NAMESPACE,
    LAYER_READ_ONLY_BINDS,
    LAYER_PRIVATE_TMP,
    LAYER_UID,
    LAYER_RLIMITS,
    LAYER_CAPABILITIES,
    LAYER_NO_NEW_PRIVILEGES,
    LAYER_LANDLOCK,
    LAYER_SECCOMP,
    LAYER_ONE_SHOT_EXEC,
    LAYER_COUNT,
};

enum layer_state { LAYER_UNTRIED, LAYER_HOLDS, LAYER_MISSING };

struct layer_record {
    enum layer_state state;
    char detail[160];
};

// A set of layers, one bit each.
typedef uint32_t layer_set;
#define LAYER_BIT(layer) ((layer_set)1 << (layer))

const char *layer_name(enum layer layer);
// LAYER_COUNT if there is no layer of that name.
enum layer layer_named(const char *name);
// Those without which nothing starts unless the operator says so; as root the change of user is one of them.
layer_set layers_required_by_default(void);

void layer_holds(enum layer layer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void layer_missing(enum layer layer, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool layer_is_held(enum layer layer);
const struct layer_record *layer_found(enum layer layer);
void layer_adopt(enum layer layer, const struct layer_record *record);

// `name TAB holds|missing TAB required|optional TAB detail NEWLINE`; false if it could not be written.
bool layer_print(int descriptor, enum layer layer, layer_set required);
// The first of `required` that does not hold, or LAYER_COUNT.
enum layer layers_first_missing(layer_set required);

#endif
