// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "Quotient.h"

#include <signal.h>
#include <string.h>
#include <ucontext.h>

/// The address that a memory operand means; `*length` grows by the bytes that say it.
static uint64_t operand_address(
    const uint8_t *code, int32_t *length, uint8_t mode, uint8_t base, uint8_t rex, const uint64_t registers[16]
) {
    uint64_t address = 0;
    int has_base = 1;
    uint8_t number = base | (uint8_t)((rex & 1) << 3);
    if (base == 4) {
        uint8_t sib = code[(*length)++];
        uint8_t index = (uint8_t)(((sib >> 3) & 7) | ((rex & 2) << 2));
        number = (sib & 7) | (uint8_t)((rex & 1) << 3);
        // Number 4 as an index means none.
        if (index != 4) address = registers[index] << (sib >> 6);
        has_base = !((sib & 7) == 5 && mode == 0);
    } else if (base == 5 && mode == 0) {
        // Relative to the next instruction.
        int32_t offset;
        memcpy(&offset, code + *length, 4);
        *length += 4;
        return (uint64_t)(uintptr_t)code + (uint64_t)*length + (uint64_t)(int64_t)offset;
    }
    if (has_base) address += registers[number];
    if (mode == 1) {
        address += (uint64_t)(int64_t)(int8_t)code[(*length)++];
    } else if (mode == 2 || !has_base) {
        int32_t offset;
        memcpy(&offset, code + *length, 4);
        *length += 4;
        address += (uint64_t)(int64_t)offset;
    }
    return address;
}

struct buckler_quotient buckler_read_quotient(const uint8_t *code, const uint64_t registers[16]) {
    struct buckler_quotient none = {0, 0, -1, 0};
    struct buckler_quotient found = none;
    uint8_t rex = 0;
    if ((code[0] & 0xf0) == 0x40) rex = code[found.length++];
    if (code[found.length++] != 0xf7) return none;
    uint8_t operand = code[found.length++];
    if (((operand >> 3) & 7) != 7) return none;
    found.bits = rex & 8 ? 64 : 32;
    uint8_t mode = operand >> 6;
    if (mode == 3) {
        found.register_number = (operand & 7) | ((rex & 1) << 3);
    } else {
        found.address = operand_address(code, &found.length, mode, operand & 7, rex, registers);
    }
    return found;
}

#if defined(__x86_64__)
static const int register_places[16] = {
    REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
    REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

/// Whether the instruction that trapped divides the smallest integer by -1; then its results are as if it had not.
static int wrap_quotient(greg_t *processor) {
    const uint8_t *code = (const uint8_t *)(uintptr_t)processor[REG_RIP];
    uint64_t registers[16];
    for (int number = 0; number < 16; number++) registers[number] = (uint64_t)processor[register_places[number]];
    struct buckler_quotient found = buckler_read_quotient(code, registers);
    if (found.length == 0) return 0;
    uint64_t divisor = 0;
    if (found.register_number >= 0) {
        divisor = registers[found.register_number];
    } else {
        memcpy(&divisor, (const void *)(uintptr_t)found.address, (size_t)found.bits / 8);
    }
    uint64_t mask = found.bits == 64 ? UINT64_MAX : UINT32_MAX;
    uint64_t smallest = (uint64_t)1 << (found.bits - 1);
    int is_smallest = (registers[0] & mask) == smallest && (registers[2] & mask) == mask;
    if (!is_smallest || (divisor & mask) != mask) return 0;
    processor[REG_RAX] = (greg_t)smallest;
    processor[REG_RDX] = 0;
    processor[REG_RIP] += found.length;
    return 1;
}

static void trapped(int number, siginfo_t *info, void *context) {
    int is_trap = info->si_code == FPE_INTDIV;
    if (is_trap && wrap_quotient(((ucontext_t *)context)->uc_mcontext.gregs)) return;
    // The instruction is tried again and ends the process, as if nobody had listened; what a process sent is sent again.
    signal(number, SIG_DFL);
    if (!is_trap) raise(number);
}

void buckler_wrap_quotients(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_sigaction = trapped;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGFPE, &action, NULL);
}
#else
void buckler_wrap_quotients(void) {}
#endif
