// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "environment.h"

#include <stdio.h>
#include <string.h>

extern char **environ;

// As it stands in this process' environment, NAME=value, or NULL.
static char *variable(const char *name) {
    size_t length = strlen(name);
    for (char **each = environ; *each != NULL; each++) {
        if (strncmp(*each, name, length) == 0 && (*each)[length] == '=') {
            return *each;
        }
    }
    return NULL;
}

char **environment_build(const struct options *options, const char *tmp) {
    static char *all[MAXIMUM_ENVIRONMENT + 4];
    static char directory[MAXIMUM_PATH + 16], layers[512] = "BUCKLER_SANDBOX=";
    static char second[] = "BUCKLER_SANDBOX_SECOND_FILTER=1";
    size_t count = 0;
    for (size_t index = 0; index < options->environment_count; index++) {
        char *found = variable(options->environment[index]);
        if (found != NULL) {
            all[count++] = found;
        }
    }
    // Bounded by the path's own bound and by the names of all layers, which fit.
    (void)snprintf(directory, sizeof directory, "TMPDIR=%s", tmp);
    all[count++] = directory;
    size_t end = strlen("BUCKLER_SANDBOX=");
    for (int layer = 0; layer < LAYER_COUNT; layer++) {
        if (layer_is_held((enum layer)layer) && end < sizeof layers) {
            int length = snprintf(layers + end, sizeof layers - end, "%s%s", layers[end - 1] == '=' ? "" : ",",
                                  layer_name((enum layer)layer));
            end += length > 0 ? (size_t)length : 0;
        }
    }
    all[count++] = layers;
    if (!layer_is_held(LAYER_ONE_SHOT_EXEC)) {
        all[count++] = second;
    }
    all[count] = NULL;
    return all;
}
