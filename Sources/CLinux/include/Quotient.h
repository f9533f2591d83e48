// SPDX-License-Identifier: Apache-2.0
#ifndef BUCKLER_QUOTIENT_H
#define BUCKLER_QUOTIENT_H

#include <stdint.h>

/// A signed division of x86-64, of 32 or 64 bits, as its bytes say it.
struct buckler_quotient {
    /// Of the instruction, in bytes; 0 if it is none of these.
    int32_t length;
    /// 32 or 64.
    int32_t bits;
    /// The number of the register that holds the divisor, or -1 if it is in memory at `address`.
    int32_t register_number;
    uint64_t address;
};

/// Reads the instruction at `code`, of which at most 15 bytes are looked at.
/// `registers` are those of the processor, in the order of their numbers: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15.
struct buckler_quotient buckler_read_quotient(const uint8_t *code, const uint64_t registers[16]);

/// From now on the smallest integer divided by -1 is the smallest integer, as arithmetic in two's complement has it and
/// other processors do, and the remainder 0. x86-64 ends the process instead, and an engine's library divides by what a
/// client sends. Everything else that is SIGFPE, a division by zero too, stays as deadly as it was.
void buckler_wrap_quotients(void);

#endif
