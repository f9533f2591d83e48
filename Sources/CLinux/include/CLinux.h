// SPDX-License-Identifier: Apache-2.0
#include "OpenBeneath.h"
#include "ProcessSecrecy.h"
#include "Quotient.h"
#include "SharedObject.h"
#include "SpawnActions.h"
#include "WorkerChannel.h"
#include "WorkerEnd.h"
