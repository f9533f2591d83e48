// SPDX-License-Identifier: Apache-2.0
#include "OrtMemoryAccount.h"

#include <atomic>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <new>
#include <pthread.h>

namespace {

// Below this, malloc is as quick as any list of ours; above it, fresh pages cost more than finding a kept block.
constexpr size_t keptBlockMinimum = size_t(32) << 10;
constexpr size_t alignment = 64;

struct Block {
    OrtMemoryAccount *account;
    size_t size;
    Block *next;
};
static_assert(sizeof(Block) <= alignment, "a block's header fits in front of its aligned bytes");

// Four sizes to each power of two, so that a kept block is at most a quarter larger than what is asked for.
constexpr int classCount = 4 * 64;

size_t roundedToClass(size_t size, int &index) {
    const int power = 63 - __builtin_clzll(size);
    const size_t step = size_t(1) << (power - 2);
    const size_t steps = (size - (size_t(1) << power) + step - 1) / step;
    index = power * 4 + int(steps);
    return (size_t(1) << power) + steps * step;
}

thread_local OrtMemoryAccount *currentAccount = nullptr;

}  // namespace

struct OrtMemoryAccount {
    const size_t limit;
    const bool keepsBlocks;
    std::atomic<size_t> held{0};       // in use and kept
    std::atomic<size_t> kept{0};
    std::atomic<size_t> references{1};  // the owner, and each block in use
    std::mutex lock;
    Block *keptBlocks[classCount + 4] = {};

    OrtMemoryAccount(size_t limit, bool keepsBlocks) : limit(limit), keepsBlocks(keepsBlocks) {}

    bool charge(size_t size) {
        size_t before = held.load(std::memory_order_relaxed);
        do {
            if (size > limit || before > limit - size) return false;
        } while (!held.compare_exchange_weak(before, before + size, std::memory_order_relaxed));
        return true;
    }

    Block *takeKept(int index) {
        std::lock_guard<std::mutex> guard(lock);
        Block *block = keptBlocks[index];
        if (block) {
            keptBlocks[index] = block->next;
            kept.fetch_sub(block->size, std::memory_order_relaxed);
        }
        return block;
    }

    void keep(Block *block, int index) {
        std::lock_guard<std::mutex> guard(lock);
        block->next = keptBlocks[index];
        keptBlocks[index] = block;
        kept.fetch_add(block->size, std::memory_order_relaxed);
    }

    void trim() {
        std::lock_guard<std::mutex> guard(lock);
        for (Block *&list : keptBlocks) {
            while (Block *block = list) {
                list = block->next;
                kept.fetch_sub(block->size, std::memory_order_relaxed);
                held.fetch_sub(block->size, std::memory_order_relaxed);
                std::free(block);
            }
        }
    }

    void dropReference() {
        if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            trim();
            delete this;
        }
    }
};

namespace {

// The engine does not check for null in every place where it allocates; its own allocator throws, so this one does too.
Block *allocate(OrtMemoryAccount *account, size_t size) {
    if (size > std::numeric_limits<size_t>::max() / 2) throw std::bad_alloc();
    int index = 0;
    const bool reusable = account && account->keepsBlocks && size >= keptBlockMinimum;
    if (reusable) {
        size = roundedToClass(size, index);
        if (Block *block = account->takeKept(index)) return block;
    }
    if (account && !account->charge(size)) {
        account->trim();
        if (!account->charge(size)) throw std::bad_alloc();
    }
    void *memory = nullptr;
    if (posix_memalign(&memory, alignment, alignment + size) != 0) {
        if (account) account->held.fetch_sub(size, std::memory_order_relaxed);
        throw std::bad_alloc();
    }
    return new (memory) Block{account, size, nullptr};
}

void *allocatorAlloc(OrtAllocator *, size_t size) {
    if (size == 0) return nullptr;
    OrtMemoryAccount *account = currentAccount;
    Block *block = allocate(account, size);
    if (account) account->references.fetch_add(1, std::memory_order_relaxed);
    return reinterpret_cast<char *>(block) + alignment;
}

void allocatorFree(OrtAllocator *, void *memory) {
    if (!memory) return;
    Block *block = reinterpret_cast<Block *>(static_cast<char *>(memory) - alignment);
    OrtMemoryAccount *account = block->account;
    if (account && account->keepsBlocks && block->size >= keptBlockMinimum) {
        int index = 0;
        roundedToClass(block->size, index);
        account->keep(block, index);
    } else {
        if (account) account->held.fetch_sub(block->size, std::memory_order_relaxed);
        std::free(block);
    }
    if (account) account->dropReference();
}

const OrtMemoryInfo *allocatorMemoryInfo = nullptr;

const OrtMemoryInfo *allocatorInfo(const OrtAllocator *) { return allocatorMemoryInfo; }

struct AccountedThread {
    pthread_t thread;
    OrtMemoryAccount *account;
    OrtThreadWorker worker;
    void *parameter;
};

void *accountedThreadMain(void *argument) {
    auto *thread = static_cast<AccountedThread *>(argument);
    currentAccount = thread->account;
    thread->worker(thread->parameter);
    return nullptr;
}

}  // namespace

OrtMemoryAccount *OrtMemoryAccountCreate(size_t limit, bool keepsBlocks) {
    return new OrtMemoryAccount(limit, keepsBlocks);
}

void OrtMemoryAccountRelease(OrtMemoryAccount *account) {
    account->trim();
    account->dropReference();
}

size_t OrtMemoryAccountBytesInUse(OrtMemoryAccount *account) {
    // The two counters are read apart; a block kept in between would make the difference negative.
    const size_t kept = account->kept.load(std::memory_order_relaxed);
    const size_t held = account->held.load(std::memory_order_relaxed);
    return held > kept ? held - kept : 0;
}

void OrtMemoryAccountTrim(OrtMemoryAccount *account) { account->trim(); }

OrtMemoryAccount *OrtMemoryAccountEnter(OrtMemoryAccount *account) {
    OrtMemoryAccount *previous = currentAccount;
    currentAccount = account;
    return previous;
}

OrtAllocator *OrtAccountingAllocator(const OrtMemoryInfo *info) {
    static OrtAllocator allocator = {
        ORT_TABLE_VERSION, allocatorAlloc, allocatorFree, allocatorInfo, allocatorAlloc, nullptr, nullptr, nullptr,
    };
    allocatorMemoryInfo = info;
    return &allocator;
}

OrtThreadHandle *OrtAccountedThreadCreate(void *options, OrtThreadWorker worker, void *parameter) {
    auto *thread = new (std::nothrow) AccountedThread{{}, static_cast<OrtMemoryAccount *>(options), worker, parameter};
    if (!thread) return nullptr;
    if (pthread_create(&thread->thread, nullptr, accountedThreadMain, thread) != 0) {
        delete thread;
        return nullptr;
    }
    pthread_setname_np(thread->thread, "onnx-pool");
    return reinterpret_cast<OrtThreadHandle *>(thread);
}

void OrtAccountedThreadJoin(OrtThreadHandle *handle) {
    auto *thread = reinterpret_cast<AccountedThread *>(handle);
    if (!thread) return;
    pthread_join(thread->thread, nullptr);
    delete thread;
}
