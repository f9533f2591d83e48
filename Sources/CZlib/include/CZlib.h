// SPDX-License-Identifier: Apache-2.0
#ifndef CZLIB_H
#define CZLIB_H

#include <zlib.h>

// zlib's initialisers are macros that pass the header's version along; Swift cannot call macros.

static inline int CZlib_inflateInit2(z_streamp stream, int windowBits) {
    return inflateInit2(stream, windowBits);
}

static inline int CZlib_deflateInit2(z_streamp stream, int level, int windowBits, int memLevel, int strategy) {
    return deflateInit2(stream, level, Z_DEFLATED, windowBits, memLevel, strategy);
}

#endif
