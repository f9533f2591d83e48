// SPDX-License-Identifier: Apache-2.0
import CLinux
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The filters that a worker adds itself.
@Suite struct WorkerFilterTests {
    /// Maps memory, a file, and the like of a shared area; which of them can become code.
    private static func mappings() -> [Bool] {
        let file = open("/proc/self/exe", O_RDONLY)
        let memory = buckler_memory_create("test", 4096)
        return [(-1, MAP_PRIVATE | MAP_ANONYMOUS), (file, MAP_PRIVATE), (memory, MAP_SHARED)].map { descriptor, flags in
            let place = mmap(nil, 4096, PROT_READ | PROT_EXEC, flags, descriptor, 0)
            return place != MAP_FAILED
        }
    }

    private static func canExecute() -> Bool {
        _ = execv("/nowhere", [nil])
        return errno != EPERM
    }

    @Test func execIsForbidden() async {
        await #expect(processExitsWith: .success) {
            #expect(Self.canExecute())
            #expect(buckler_forbid_exec() == 0)
            #expect(!Self.canExecute())
            #expect(Self.mappings()[1])
            if Self.canExecute() { exit(1) }
        }
    }

    @Test func codeIsForbidden() async {
        await #expect(processExitsWith: .success) {
            #expect(Self.mappings()[1])
            #expect(buckler_forbid_code() == 0)
            let place = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            #expect(place != MAP_FAILED)
            #expect(mprotect(place, 4096, PROT_READ | PROT_EXEC) != 0 && errno == EPERM)
            #expect(mprotect(place, 4096, PROT_READ) == 0)
            #expect(!Self.canExecute())
            if Self.mappings() != [false, false, false] || Self.canExecute() { exit(1) }
        }
    }
}
