// SPDX-License-Identifier: Apache-2.0
#ifndef CHEAP_H
#define CHEAP_H
#include <malloc.h>
#include <stddef.h>

/// Bytes that are allocated now. Swift's module of the C library leaves malloc.h out.
static inline size_t CHeap_bytes(void) {
    struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

#endif
