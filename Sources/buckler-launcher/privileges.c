// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "privileges.h"

#include "layers.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

void privileges_switch_user(uid_t uid, gid_t gid) {
    if (setgroups(0, NULL) != 0) {
        layer_missing(LAYER_UID, "setgroups: %s", strerror(errno));
    } else if (setresgid(gid, gid, gid) != 0) {
        layer_missing(LAYER_UID, "setresgid %u: %s", gid, strerror(errno));
    } else if (setresuid(uid, uid, uid) != 0) {
        layer_missing(LAYER_UID, "setresuid %u: %s", uid, strerror(errno));
    } else if (setresuid(0, 0, 0) == 0) {
        layer_missing(LAYER_UID, "user %u could become root again", uid);
    } else {
        layer_holds(LAYER_UID, "runs as user %u, group %u", uid, gid);
    }
}

void privileges_forgo(void) {
    // All need CAP_SETPCAP; whoever lacks it is no root that could gain anything by exec.
    (void)prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                                       SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED);
    for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

void privileges_drop_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {0};
    struct __user_cap_data_struct found[2];
    if (syscall(SYS_capset, &header, none) != 0 || syscall(SYS_capget, &header, found) != 0) {
        layer_missing(LAYER_CAPABILITIES, "capset: %s", strerror(errno));
        return;
    }
    for (int half = 0; half < 2; half++) {
        if ((found[half].effective | found[half].permitted | found[half].inheritable) != 0) {
            layer_missing(LAYER_CAPABILITIES, "some are left after they were dropped");
            return;
        }
    }
    layer_holds(LAYER_CAPABILITIES, "none is left");
}

void privileges_refuse_new(void) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
        layer_missing(LAYER_NO_NEW_PRIVILEGES, "prctl: %s", strerror(errno));
        return;
    }
    layer_holds(LAYER_NO_NEW_PRIVILEGES, "set-user-id programs give nothing");
}
