// SPDX-License-Identifier: Apache-2.0
// Compiles the header as C, which is where its slot numbers are asserted.
#include "COnnxRuntime.h"
