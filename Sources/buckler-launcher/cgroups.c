// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "cgroups.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void cgroups_join(const struct options *options) {
    if (options->cgroup_count == 0) {
        layer_missing(LAYER_CGROUP, "no --cgroup was given");
        return;
    }
    for (size_t index = 0; index < options->cgroup_count; index++) {
        char file[MAXIMUM_PATH + 16];
        int length = snprintf(file, sizeof file, "%s/cgroup.procs", options->cgroups[index]);
        int procs = length > 0 && (size_t)length < sizeof file ? open(file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
        // The process that writes 0 is the one that moves.
        ssize_t written = procs < 0 ? -1 : write(procs, "0", 1);
        int error = errno;
        if (procs >= 0 && close(procs) != 0 && written == 1) {
            written = -1;
            error = errno;
        }
        if (written != 1) {
            layer_missing(LAYER_CGROUP, "%.100s: %s", options->cgroups[index], strerror(error));
            return;
        }
    }
    layer_holds(LAYER_CGROUP, "joined %zu", options->cgroup_count);
}

// The path of this process in the hierarchy whose line of /proc/self/cgroup names `controller` ("" for v2).
static int own_cgroup(const char *controller, char *path, size_t size) {
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (file == NULL) {
        return -1;
    }
    char line[MAXIMUM_PATH];
    int found = -1;
    while (found < 0 && fgets(line, sizeof line, file) != NULL) {
        char *names = strchr(line, ':');
        char *place = names == NULL ? NULL : strchr(names + 1, ':');
        if (place == NULL) {
            continue;
        }
        *place++ = 0;
        place[strcspn(place, "\n")] = 0;
        if (strcmp(names + 1, controller) == 0) {
            int length = snprintf(path, size, "%s", place);
            found = length < 0 || (size_t)length >= size ? -1 : 0;
        }
    }
    return fclose(file) == 0 ? found : -1;
}

static bool is_writable(const char *mount, const char *controller) {
    char path[MAXIMUM_PATH], directory[MAXIMUM_PATH + 64];
    if (own_cgroup(controller, path, sizeof path) != 0) {
        return false;
    }
    int length = snprintf(directory, sizeof directory, "%s%s", mount, path);
    if (length < 0 || (size_t)length >= sizeof directory) {
        return false;
    }
    // In a container the path may be that of the host, and the mount the container's own.
    if (access(directory, F_OK) != 0) {
        length = snprintf(directory, sizeof directory, "%s", mount);
    }
    char procs[MAXIMUM_PATH + 80];
    length = snprintf(procs, sizeof procs, "%s/cgroup.procs", directory);
    // A cgroup file system that is mounted read-only answers EROFS, to root too.
    return access(procs, F_OK) == 0 && access(directory, W_OK) == 0;
}

static bool has_controllers(const char *mount) {
    char path[64], text[256] = "";
    int length = snprintf(path, sizeof path, "%s/cgroup.controllers", mount);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "re") : NULL;
    if (file == NULL) {
        return false;
    }
    bool is_read = fgets(text, sizeof text, file) != NULL;
    return fclose(file) == 0 && is_read && strstr(text, "memory") != NULL && strstr(text, "pids") != NULL;
}

void cgroups_examine(void) {
    static const char *const unified[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    for (size_t index = 0; index < sizeof unified / sizeof *unified; index++) {
        // In a hybrid set-up v2 is there too, without a controller.
        if (has_controllers(unified[index]) && is_writable(unified[index], "")) {
            layer_holds(LAYER_CGROUP, "v2, writable");
            return;
        }
    }
    static const char *const controllers[] = {"memory", "pids", "cpu"};
    char found[64] = "";
    for (size_t index = 0; index < sizeof controllers / sizeof *controllers; index++) {
        char mount[64];
        int length = snprintf(mount, sizeof mount, "/sys/fs/cgroup/%s", controllers[index]);
        if (length > 0 && is_writable(mount, controllers[index])) {
            size_t end = strlen(found);
            (void)snprintf(found + end, sizeof found - end, "%s%s", end == 0 ? "" : ", ", controllers[index]);
        }
    }
    if (found[0] == 0) {
        layer_missing(LAYER_CGROUP, "no cgroup of memory, pids or cpu is writable for this user");
    } else {
        layer_holds(LAYER_CGROUP, "v1, writable: %s", found);
    }
}
