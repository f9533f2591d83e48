// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_PROCESS_SECRECY_H
#define BUCKLER_PROCESS_SECRECY_H

#include <stdint.h>

/// PR_SET_DUMPABLE 0, which Swift cannot say: prctl takes any number of arguments. Returns 0 or the negated errno.
int32_t buckler_forbid_dumps(void);

#endif
