// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "options.h"

#include "failure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct words {
    int count;
    int next;
    char **all;
};

static const char *value(struct words *words, const char *option) {
    if (words->next >= words->count) {
        fail(EXIT_USAGE, "%s needs a value", option);
    }
    return words->all[words->next++];
}

static uint64_t number(struct words *words, const char *option, uint64_t maximum) {
    const char *text = value(words, option);
    if (*text < '0' || *text > '9') {
        fail(EXIT_USAGE, "%s: '%.64s' is not a number", option, text);
    }
    char *end;
    errno = 0;
    unsigned long long parsed = strtoull(text, &end, 10);
    if (errno != 0 || *end != 0 || parsed > maximum) {
        fail(EXIT_USAGE, "%s: '%.64s' is not a number up to %llu", option, text, (unsigned long long)maximum);
    }
    return parsed;
}

// Absolute, bounded, and plain: what a mount table or a log line could misread is refused.
static const char *path(struct words *words, const char *option) {
    const char *text = value(words, option);
    size_t length = strnlen(text, MAXIMUM_PATH);
    if (length == MAXIMUM_PATH) {
        fail(EXIT_USAGE, "%s: a path is longer than %d bytes", option, MAXIMUM_PATH - 1);
    }
    if (text[0] != '/' || (length > 1 && text[length - 1] == '/')) {
        fail(EXIT_USAGE, "%s: '%s' is not an absolute path without a final slash", option, text);
    }
    for (const char *part = text; part != NULL; part = strchr(part + 1, '/')) {
        if (strncmp(part, "//", 2) == 0 || strncmp(part, "/./", 3) == 0 || strncmp(part, "/../", 4) == 0 ||
            strcmp(part, "/.") == 0 || strcmp(part, "/..") == 0) {
            fail(EXIT_USAGE, "%s: '%s' has an empty, '.' or '..' part", option, text);
        }
    }
    if (length == 1) {
        fail(EXIT_USAGE, "%s: '/' is not a path that can be given", option);
    }
    return text;
}

static void full(size_t count, size_t maximum, const char *option) {
    if (count >= maximum) {
        fail(EXIT_USAGE, "%s: more than %zu", option, maximum);
    }
}

static layer_set layer_list(const char *option, const char *text) {
    layer_set set = 0;
    if (strcmp(text, "none") == 0) {
        return set;
    }
    while (*text != 0) {
        char name[32];
        size_t length = strcspn(text, ",");
        if (length >= sizeof name) {
            fail(EXIT_USAGE, "%s: '%.64s' is not a layer", option, text);
        }
        memcpy(name, text, length);
        name[length] = 0;
        enum layer layer = layer_named(name);
        if (layer == LAYER_COUNT) {
            fail(EXIT_USAGE, "%s: '%s' is not a layer", option, name);
        }
        set |= LAYER_BIT(layer);
        text += length;
        text += *text == ',';
    }
    return set;
}

static int descriptor(struct words *words, const char *option) {
    int found = (int)number(words, option, INT_MAX);
    if (found <= STDERR_FILENO || fcntl(found, F_GETFD) < 0) {
        fail(EXIT_USAGE, "%s: %d is not an open descriptor above 2", option, found);
    }
    return found;
}

static void environment_name(struct options *options, struct words *words, const char *option) {
    const char *name = value(words, option);
    full(options->environment_count, MAXIMUM_ENVIRONMENT, option);
    if (*name == 0 || strchr(name, '=') != NULL) {
        fail(EXIT_USAGE, "%s: '%.64s' is not the name of a variable", option, name);
    }
    // What the dynamic linker heeds would be heeded before a line of the program runs.
    if (strncmp(name, "LD_", 3) == 0 || strcmp(name, "GLIBC_TUNABLES") == 0) {
        fail(EXIT_USAGE, "%s: '%.64s' steers the dynamic linker and cannot be passed on", option, name);
    }
    if (strncmp(name, "BUCKLER_SANDBOX", 15) == 0 || strcmp(name, "TMPDIR") == 0) {
        fail(EXIT_USAGE, "%s: '%.64s' is set by the launcher", option, name);
    }
    options->environment[options->environment_count++] = name;
}

static void read_path(struct options *options, struct words *words, const char *option, bool is_placed) {
    full(options->read_count, MAXIMUM_READ_PATHS, option);
    struct read_path *read = &options->read[options->read_count++];
    read->source = path(words, option);
    read->target = is_placed ? path(words, option) : read->source;
}

static bool limit(struct limits *limits, struct words *words, const char *option) {
    const struct {
        const char *name;
        uint64_t *place;
    } table[] = {
        {"--limit-address-space", &limits->address_space}, {"--limit-cpu", &limits->cpu_seconds},
        {"--limit-files", &limits->open_files},            {"--limit-processes", &limits->processes},
        {"--limit-file-size", &limits->file_size},         {"--tmp-size", &limits->tmp_size},
    };
    for (size_t index = 0; index < sizeof table / sizeof *table; index++) {
        if (strcmp(option, table[index].name) == 0) {
            *table[index].place = number(words, option, INT64_MAX);
            if (*table[index].place == 0) {
                fail(EXIT_USAGE, "%s: a limit of 0 lets nothing run", option);
            }
            return true;
        }
    }
    return false;
}

static void option(struct options *options, struct words *words, const char *name) {
    if (strcmp(name, "--profile") == 0) {
        const char *profile = value(words, name);
        if (strcmp(profile, "onnx") != 0 && strcmp(profile, "python") != 0) {
            fail(EXIT_USAGE, "%s: '%.64s' is neither onnx nor python", name, profile);
        }
        options->profile = profile[0] == 'o' ? PROFILE_ONNX : PROFILE_PYTHON;
    } else if (strcmp(name, "--read") == 0 || strcmp(name, "--read-at") == 0) {
        read_path(options, words, name, name[6] != 0);
    } else if (strcmp(name, "--tmp") == 0) {
        options->tmp = path(words, name);
    } else if (strcmp(name, "--keep") == 0) {
        full(options->kept_count, MAXIMUM_KEPT, name);
        options->kept[options->kept_count++] = descriptor(words, name);
    } else if (strcmp(name, "--env") == 0) {
        environment_name(options, words, name);
    } else if (strcmp(name, "--cgroup") == 0) {
        full(options->cgroup_count, MAXIMUM_CGROUPS, name);
        options->cgroups[options->cgroup_count++] = path(words, name);
    } else if (strcmp(name, "--user") == 0) {
        // The largest number means "leave it" to the kernel, and root is what is to be left.
        options->uid = (uid_t)number(words, name, UINT32_MAX - 1);
        options->gid = (gid_t)number(words, name, UINT32_MAX - 1);
        options->switches_user = true;
        if (options->uid == 0 || options->gid == 0) {
            fail(EXIT_USAGE, "%s: root is no user for a worker", name);
        }
    } else if (strcmp(name, "--require") == 0) {
        options->required = layer_list(name, value(words, name));
    } else if (strcmp(name, "--require-also") == 0) {
        options->required |= layer_list(name, value(words, name));
    } else if (strcmp(name, "--parent") == 0) {
        options->parent = (pid_t)number(words, name, INT32_MAX);
    } else if (strcmp(name, "--report") == 0) {
        options->report = descriptor(words, name);
    } else if (strcmp(name, "--check") == 0) {
        options->is_check = true;
    } else if (strcmp(name, "--exec-probe") == 0) {
        options->is_exec_probe = true;
    } else if (!limit(&options->limits, words, name)) {
        fail(EXIT_USAGE, "'%.64s' is not an option", name);
    }
}

static void program(struct options *options, struct words *words) {
    if (words->next >= words->count) {
        fail(EXIT_USAGE, "no program is given: end the options with -- /absolute/program arguments");
    }
    if (words->count - words->next > MAXIMUM_ARGUMENTS) {
        fail(EXIT_USAGE, "more than %d arguments for the program", MAXIMUM_ARGUMENTS);
    }
    options->program = words->all + words->next;
    (void)path(words, "--");
}

// Whether the directory `above` is `path` or holds it.
static bool holds(const char *above, const char *path) {
    size_t length = strlen(above);
    return strncmp(above, path, length) == 0 && (path[length] == 0 || path[length] == '/');
}

static void validate(const struct options *options) {
    if (options->profile == 0) {
        fail(EXIT_USAGE, "--profile is needed: onnx or python");
    }
    if (options->tmp == NULL) {
        fail(EXIT_USAGE, "--tmp is needed: an empty directory of the worker's own");
    }
    if (options->switches_user && geteuid() != 0) {
        fail(EXIT_USAGE, "--user can only be given by root");
    }
    if (!options->switches_user && geteuid() == 0 && (options->required & LAYER_BIT(LAYER_UID)) != 0) {
        fail(EXIT_USAGE, "--user is needed when root starts a worker");
    }
    for (size_t index = 0; index < options->read_count; index++) {
        const struct read_path *read = &options->read[index];
        // The new root is built on that directory, so that what lies in it is out of sight.
        if (holds(options->tmp, read->source) || holds(read->source, options->tmp)) {
            fail(EXIT_USAGE, "--read: '%s' and --tmp '%s' lie within each other", read->source, options->tmp);
        }
    }
}

void options_read(struct options *options, int count, char **words_given) {
    *options = (struct options){
        .limits = {NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT, 64 << 20},
        .required = layers_required_by_default(),
        .report = -1,
    };
    struct words words = {.count = count, .next = 1, .all = words_given};
    while (words.next < words.count) {
        const char *name = words.all[words.next++];
        if (strcmp(name, "--") == 0) {
            program(options, &words);
            validate(options);
            return;
        }
        option(options, &words, name);
    }
    if (!options->is_check && !options->is_exec_probe) {
        fail(EXIT_USAGE, "no program is given: end the options with -- /absolute/program arguments");
    }
}
