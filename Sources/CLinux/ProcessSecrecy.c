// SPDX-License-Identifier: Apache-2.0
#include "ProcessSecrecy.h"

#include <errno.h>
#include <sys/prctl.h>

int32_t buckler_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : -errno; }
