// SPDX-License-Identifier: Apache-2.0
// buckler-launcher: puts a sandbox round itself and then becomes the program that it was told to run.
//
//   buckler-launcher --profile onnx|python --tmp DIR [options] -- /absolute/program arguments…
//   buckler-launcher --check [--require LAYERS] [--user UID GID]
//
//   --read PATH                  readable and executable, never writable; may be repeated
//   --read-at PATH TARGET        the same, but found at TARGET where there is a mount namespace
//   --tmp DIR                    an empty directory of the program's own: its /tmp where mounts cannot be had
//   --tmp-size BYTES             of /tmp where there is one; 64 MiB unless given
//   --user UID GID               whom root becomes
//   --limit-address-space, --limit-cpu, --limit-files, --limit-processes, --limit-file-size NUMBER
//   --keep FD                    stays open; the first is found at 20, the next at 21, …
//   --env NAME                   a variable of this process that the program gets; it gets no others but those of
//                                environment.h. Values do not stand in the arguments, which every user can read.
//   --cgroup DIR                 joined first; may be repeated, for v1
//   --require LAYERS             with commas, or `none`: what has to hold, instead of layers_required_by_default()
//   --require-also LAYERS        besides those
//   --parent PID                 end if that is not the parent (any more)
//   --report FD                  a line for each layer (layers.h), written just before the program starts
//
// Standard input is empty; output and error are the launcher's own. The thread that starts the launcher has to outlive
// it: when it ends, the program is killed. Where there is a PID namespace the process that was started stays outside
// and waits; killing it by any signal kills the program, and it ends as the program does. Exit statuses before the
// program starts are in failure.h, with the reason on standard error.
#define _GNU_SOURCE
#include "cgroups.h"
#include "check.h"
#include "descriptors.h"
#include "environment.h"
#include "failure.h"
#include "landlock.h"
#include "limits.h"
#include "mounts.h"
#include "namespaces.h"
#include "privileges.h"
#include "seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void examine_paths(const struct options *options) {
    struct stat status;
    for (size_t index = 0; index < options->read_count; index++) {
        if (stat(options->read[index].source, &status) != 0) {
            fail(EXIT_PROGRAM, "--read: %s: %s", options->read[index].source, strerror(errno));
        }
    }
    if (stat(options->tmp, &status) != 0 || !S_ISDIR(status.st_mode)) {
        fail(EXIT_PROGRAM, "--tmp: %s is not a directory", options->tmp);
    }
}

// Asked as the user who will run it, before Landlock, so that the answer tells the two apart.
static void examine_program(const struct options *options) {
    const char *program = options->program[0];
    if (faccessat(AT_FDCWD, program, X_OK, AT_EACCESS) != 0) {
        fail(EXIT_PROGRAM, "%s: %s, as user %u; it has to lie beneath a --read path that this user can reach", program,
             strerror(errno), geteuid());
    }
}

// Whoever started us may ignore or block what the program, and our own wait for it, expect to be as usual.
static void reset_signals(void) {
    sigset_t none;
    for (int number = 1; number < NSIG; number++) {
        if (number != SIGKILL && number != SIGSTOP) {
            // The C library keeps two to itself and refuses them.
            (void)signal(number, SIG_DFL);
        }
    }
    if (sigemptyset(&none) != 0 || sigprocmask(SIG_SETMASK, &none, NULL) != 0) {
        fail(EXIT_SYSTEM, "sigprocmask: %s", strerror(errno));
    }
}

static void report(const struct options *options) {
    for (int layer = 0; options->report >= 0 && layer < LAYER_COUNT; layer++) {
        if (!layer_print(options->report, (enum layer)layer, options->required)) {
            fail(EXIT_SYSTEM, "the report cannot be written: %s", strerror(errno));
        }
    }
}

static void enforce(layer_set required) {
    enum layer layer = layers_first_missing(required);
    if (layer != LAYER_COUNT) {
        fail(EXIT_LAYER_MISSING, "the layer %s is required and does not hold here: %s", layer_name(layer),
             layer_found(layer)->detail);
    }
}

int main(int count, char **words) {
    static struct options options;
    options_read(&options, count, words);
    if (options.is_exec_probe) {
        return check_exec_probe();
    }
    if (options.is_check) {
        return check_run(&options);
    }
    reset_signals();
    examine_paths(&options);
    // The directories of the new root are for the user who is switched to.
    (void)umask(022);
    // Fails only if it already leads its session.
    (void)setsid();
    descriptors_arrange(&options);

    cgroups_join(&options);
    namespaces_enter(&options);
    namespaces_fork_into(&options);
    if (layer_is_held(LAYER_MOUNT_NAMESPACE)) {
        mounts_enter_root(&options);
    } else {
        mounts_stay();
    }
    (void)umask(077);
    bool has_own_root = layer_is_held(LAYER_READ_ONLY_BINDS);
    const char *tmp = has_own_root ? "/tmp" : options.tmp;
    privileges_forgo();
    if (options.switches_user) {
        privileges_switch_user(options.uid, options.gid);
    } else {
        layer_missing(LAYER_UID, "only root can give each worker a user of its own");
    }
    limits_apply(&options.limits);
    namespaces_tie_to_parent(&options);
    if (chdir(tmp) != 0) {
        fail(EXIT_PROGRAM, "--tmp: %s: %s, as user %u", tmp, strerror(errno), geteuid());
    }
    examine_program(&options);
    privileges_drop_capabilities();
    privileges_refuse_new();
    landlock_apply(&options, tmp, has_own_root);
    // Before the filter, whose own two layers are the last to be known.
    enforce(options.required & ~(LAYER_BIT(LAYER_SECCOMP) | LAYER_BIT(LAYER_ONE_SHOT_EXEC)));
    seccomp_apply(options.profile);
    enforce(options.required);
    report(&options);
    (void)execve(options.program[0], options.program, environment_build(&options, tmp));
    fail(EXIT_PROGRAM, "%s cannot be executed: %s; its interpreter and it have to lie beneath --read paths",
         options.program[0], strerror(errno));
}
