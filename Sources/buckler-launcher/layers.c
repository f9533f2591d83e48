// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "layers.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const names[LAYER_COUNT] = {
    [LAYER_CGROUP] = "cgroup",
    [LAYER_USER_NAMESPACE] = "user-namespace",
    [LAYER_MOUNT_NAMESPACE] = "mount-namespace",
    [LAYER_PID_NAMESPACE] = "pid-namespace",
    [LAYER_IPC_NAMESPACE] = "ipc-namespace",
    [LAYER_UTS_NAMESPACE] = "uts-namespace",
    [LAYER_NETWORK_NAMESPACE] = "network-namespace",
    [LAYER_READ_ONLY_BINDS] = "read-only-binds",
    [LAYER_PRIVATE_TMP] = "private-tmp",
    [LAYER_UID] = "uid",
    [LAYER_RLIMITS] = "rlimits",
    [LAYER_CAPABILITIES] = "capabilities",
    [LAYER_NO_NEW_PRIVILEGES] = "no-new-privileges",
    [LAYER_LANDLOCK] = "landlock",
    [LAYER_SECCOMP] = "seccomp",
    [LAYER_ONE_SHOT_EXEC] = "one-shot-exec",
};

static struct layer_record records[LAYER_COUNT];

const char *layer_name(enum layer layer) { return names[layer]; }

enum layer layer_named(const char *name) {
    for (int layer = 0; layer < LAYER_COUNT; layer++) {
        if (strcmp(names[layer], name) == 0) {
            return (enum layer)layer;
        }
    }
    return LAYER_COUNT;
}

layer_set layers_required_by_default(void) {
    layer_set required = LAYER_BIT(LAYER_LANDLOCK) | LAYER_BIT(LAYER_SECCOMP) | LAYER_BIT(LAYER_NO_NEW_PRIVILEGES) |
                         LAYER_BIT(LAYER_CAPABILITIES);
    return geteuid() == 0 ? required | LAYER_BIT(LAYER_UID) : required;
}

__attribute__((format(printf, 3, 0))) static void record(enum layer layer, enum layer_state state, const char *format,
                                                          va_list arguments) {
    records[layer].state = state;
    // Too long a detail is cut: it is for people.
    (void)vsnprintf(records[layer].detail, sizeof records[layer].detail, format, arguments);
    for (char *at = records[layer].detail; *at != 0; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            *at = '?';
        }
    }
}

void layer_holds(enum layer layer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    record(layer, LAYER_HOLDS, format, arguments);
    va_end(arguments);
}

void layer_missing(enum layer layer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    record(layer, LAYER_MISSING, format, arguments);
    va_end(arguments);
}

bool layer_is_held(enum layer layer) { return records[layer].state == LAYER_HOLDS; }

const struct layer_record *layer_found(enum layer layer) { return &records[layer]; }

void layer_adopt(enum layer layer, const struct layer_record *record) {
    records[layer] = *record;
    records[layer].detail[sizeof records[layer].detail - 1] = 0;
}

bool layer_print(int descriptor, enum layer layer, layer_set required) {
    char line[256];
    int length = snprintf(line, sizeof line, "%s\t%s\t%s\t%s\n", names[layer],
                          layer_is_held(layer) ? "holds" : "missing",
                          (required & LAYER_BIT(layer)) != 0 ? "required" : "optional",
                          records[layer].state == LAYER_UNTRIED ? "not tried" : records[layer].detail);
    if (length < 0 || (size_t)length >= sizeof line) {
        return false;
    }
    ssize_t written;
    do {
        written = write(descriptor, line, (size_t)length);
    } while (written < 0 && errno == EINTR);
    return written == length;
}

enum layer layers_first_missing(layer_set required) {
    for (int layer = 0; layer < LAYER_COUNT; layer++) {
        if ((required & LAYER_BIT(layer)) != 0 && records[layer].state != LAYER_HOLDS) {
            return (enum layer)layer;
        }
    }
    return LAYER_COUNT;
}
