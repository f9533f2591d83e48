// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import Synchronization
import Testing

@testable import Serving

@Suite("Registered shared memory") struct SharedMemoryStoreTests {
    private let objects = SharedObjects()

    @Test("is read where the region and the slice say")
    func reads() throws {
        let key = objects.make("a", [0, 1, 2, 3, 4, 5, 6, 7])
        let store = sharedMemoryStore()
        try store.register(region("r", key, offset: 2, size: 5))
        #expect(try store.read(slice("r", 0, 5)).array == [2, 3, 4, 5, 6])
        #expect(try store.read(slice("r", 1, 2)).array == [3, 4])
        #expect(try store.read(slice("r", 5, 0)).array == [])
        #expect(try store.regions(nil) == [region("r", key, offset: 2, size: 5)])
        #expect(try store.regions("r").count == 1)
        #expect(
            refusal { () throws(ServingError) in _ = try store.regions("x") }
                == ServingError(.notFound, "Unable to find system shared memory region: 'x'")
        )
    }

    @Test(
        "gives nothing outside of a region",
        arguments: [
            (slice("x", 0, 1), ServingError.Code.notFound, "Unable to find shared memory region: 'x'"),
            (slice("r", 5, 1), .invalidArgument, "Invalid offset + byte size for shared memory region: 'r'"),
            (slice("r", 6, 0), .invalidArgument, "Invalid offset for shared memory region: 'r'"),
            (slice("r", 0, 6), .invalidArgument, "Invalid offset + byte size for shared memory region: 'r'"),
            (slice("r", .max, 1), .invalidArgument, "Invalid offset for shared memory region: 'r'"),
            (slice("r", 1, (1 << 20)), .invalidArgument, "Invalid offset + byte size for shared memory region: 'r'"),
        ]
    )
    func bounds(_ slice: SharedMemorySlice, code: ServingError.Code, text: String) throws {
        let store = sharedMemoryStore()
        try store.register(region("r", objects.make("a", [0, 1, 2, 3, 4, 5, 6, 7]), offset: 2, size: 5))
        #expect(refusal { () throws(ServingError) in _ = try store.read(slice) } == ServingError(code, text))
    }

    @Test(
        "is registered only within the object",
        arguments: [
            (0, 8, true), (0, 9, false), (8, 1, false), (7, 1, true), (8, 0, false), (.max, 1, false), (1, .max, false),
            (.max, .max, false), (1 << 63, 1, false),
        ] as [(UInt64, UInt64, Bool)]
    )
    func size(offset: UInt64, size: UInt64, isGood: Bool) {
        let key = objects.make("a", [UInt8](repeating: 0, count: 8))
        let refused = refusal { () throws(ServingError) in
            try sharedMemoryStore().register(region("r", key, offset: offset, size: size))
        }
        let expected = ServingError(.invalidArgument, "failed to register shared memory region 'r': invalid args")
        #expect(refused == (isGood ? nil : expected))
    }

    @Test(
        "needs a key that is one name",
        arguments: [
            "", "/", "///", ".", "..", "/..", "../etc/passwd", "/../etc/passwd", "a/b", "/a/../b", "a\0b", "sem.x",
            "/sem.x",
            String(repeating: "k", count: 256),
        ]
    )
    func keys(_ key: String) {
        let refused = refusal { () throws(ServingError) in try sharedMemoryStore().register(region("r", key, size: 1)) }
        #expect(
            refused == ServingError(.invalidArgument, "cannot register shared memory region 'r' - invalid shm key")
        )
    }

    @Test("takes keys with any number of slashes before them, and of the greatest length")
    func goodKeys() throws {
        let key = objects.make(String(repeating: "k", count: 255 - objects.name("").utf8.count), [1])
        #expect(key.utf8.count == 256)
        try sharedMemoryStore().register(region("r", key, size: 1))
        try sharedMemoryStore().register(region("r", "//" + key, size: 1))
        try sharedMemoryStore().register(region("r", String(key.dropFirst()), size: 1))
    }

    @Test("may not be Triton's own", arguments: ["", "/", "//"])
    func reserved(_ slashes: String) {
        let key = slashes + "triton_python_backend_shm_region_1"
        let refused = refusal { () throws(ServingError) in try sharedMemoryStore().register(region("r", key, size: 1)) }
        #expect(refused?.code == .invalidArgument)
        #expect(refused?.message.contains("as the key contains the reserved prefix") == true)
    }

    @Test("is never a link, a pipe, a directory, absent or another's, and nobody is told which")
    func unusable() throws {
        let store = sharedMemoryStore()
        _ = objects.make("target", [1, 2, 3])
        #expect(symlink("/dev/shm/" + objects.name("target"), objects.path("link")) == 0)
        #expect(symlink("/etc/passwd", objects.path("outside")) == 0)
        #expect(mkfifo(objects.path("pipe"), 0o600) == 0)
        try FileManager.default.createDirectory(atPath: objects.path("directory"), withIntermediateDirectories: false)
        defer { rmdir("/dev/shm/" + objects.name("directory")) }
        for suffix in ["link", "outside", "pipe", "directory", "absent"] {
            let refused = refusal { () throws(ServingError) in
                try store.register(region("r", objects.name(suffix), size: 1))
            }
            #expect(refused?.code == .internalError, "\(suffix)")
            #expect(refused?.message == "Unable to open shared memory region: 'r'", "\(suffix)")
        }
        let others = Self.strangers
        let refused = refusal { () throws(ServingError) in
            try others.register(region("r", objects.name("target"), size: 1))
        }
        #expect(refused?.message == "Unable to open shared memory region: 'r'")
        #expect(refused?.cause == "owned by user \(geteuid())")
    }

    /// One that only takes what another user owns.
    private static var strangers: SharedMemoryStore { sharedMemoryStore { $0.ownerUserIDs = [geteuid() + 1] } }

    @Test("is never a file on a disk")
    func onlyMemory() throws {
        let directory = "/etc"
        let store = sharedMemoryStore { $0.directory = directory }
        let refused = refusal { () throws(ServingError) in try store.register(region("r", "passwd", size: 1)) }
        #expect(refused?.message == "Unable to open shared memory region: 'r'")
    }

    @Test("is bounded in number")
    func count() async throws {
        let key = objects.make("a", [1])
        let store = sharedMemoryStore { $0.regionLimit = 2 }
        try store.register(region("1", key, size: 1))
        try store.register(region("2", key, size: 1))
        let refused = refusal { () throws(ServingError) in try store.register(region("3", key, size: 1)) }
        #expect(refused?.code == .resourceExhausted)
        try await store.unregister("1")
        try store.register(region("3", key, size: 1))
        try await store.unregister(nil)
        #expect(try store.regions(nil).isEmpty)
    }

    @Test("has a name of bounded length", arguments: [(1, true), (8, true), (9, false), (0, false)])
    func names(length: Int, isGood: Bool) {
        let key = objects.make("a", [1])
        let store = sharedMemoryStore { $0.nameByteLimit = 8 }
        let refused = refusal { () throws(ServingError) in
            try store.register(region(String(repeating: "n", count: length), key, size: 1))
        }
        #expect((refused == nil) == isGood)
    }

    @Test("is read only up to the limit of a request")
    func readLimit() throws {
        let key = objects.make("a", [UInt8](repeating: 7, count: 17))
        let store = sharedMemoryStore { $0.readByteLimit = 16 }
        try store.register(region("r", key, size: 17))
        #expect(try store.read(slice("r", 1, 16)).count == 16)
        #expect(refusal { () throws(ServingError) in _ = try store.read(slice("r", 0, 17)) }?.code == .invalidArgument)
    }

    @Test("may overlap, and a name is taken once")
    func overlapsAndDuplicates() throws {
        let key = objects.make("a", [1, 2, 3, 4])
        let store = sharedMemoryStore()
        try store.register(region("x", key, size: 4))
        try store.register(region("y", key, offset: 2, size: 2))
        #expect(try store.read(slice("y", 0, 2)).array == [3, 4])
        #expect(
            refusal { () throws(ServingError) in try store.register(region("x", key, size: 1)) }
                == ServingError(.alreadyExists, "shared memory region 'x' already in manager")
        )
    }

    @Test("that its owner cuts short is an error of the request, never more")
    func truncation() async throws {
        let key = objects.make("a", [UInt8](repeating: 9, count: 100_000))
        let store = sharedMemoryStore()
        try store.register(region("r", key, size: 100_000))
        objects.truncate("a", to: 50_000)
        #expect(try store.read(slice("r", 0, 50_000)).count == 50_000)
        #expect(
            refusal { () throws(ServingError) in _ = try store.read(slice("r", 0, 50_001)) }?.message
                == "shared memory region 'r' no longer has all of the bytes that it was registered with"
        )
        objects.truncate("a", to: 0)
        #expect(refusal { () throws(ServingError) in _ = try store.read(slice("r", 0, 1)) }?.code == .invalidArgument)
        let lease = try store.lease([slice("r", 10, 10)])
        #expect(throws: SharedMemoryObject.Shortage.self) {
            try lease.placements[0].object.write(TensorBytes([1, 2, 3]), at: lease.placements[0].offset)
        }
        #expect(objects.bytes("a").isEmpty)
    }

    @Test("may be cut and grown while it is read, over and over")
    func racingTruncation() async throws {
        let key = objects.make("a", [UInt8](repeating: 9, count: 1 << 16))
        let store = sharedMemoryStore()
        try store.register(region("r", key, size: 1 << 16))
        let path = "/dev/shm/" + objects.name("a")
        let done = Done()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 0..<2000 { _ = Foundation.truncate(path, round % 2 == 0 ? 0 : 1 << 16) }
                done.isSet.store(true, ordering: .releasing)
            }
            group.addTask {
                while !done.isSet.load(ordering: .acquiring) {
                    _ = try? store.read(slice("r", 0, 1 << 16))
                    if let lease = try? store.lease([slice("r", 0, 1 << 16)]) {
                        _ = try? lease.placements[0].object.write(TensorBytes([1, 2]), at: 1 << 15)
                    }
                }
            }
        }
        #expect(try store.regions("r").count == 1)
    }

    @Test("is not gone before the last request that uses it, and is closed to new ones at once")
    func unregisterWaits() async throws {
        let key = objects.make("a", [1, 2, 3, 4])
        let store = sharedMemoryStore()
        try store.register(region("r", key, size: 4))
        try store.register(region("other", key, size: 4))
        let first = try store.lease([slice("r", 0, 2), slice("r", 2, 2)])
        let second = try store.lease([slice("r", 0, 2)])
        let isGone = Mutex(false)
        async let unregistered: Void = {
            try await store.unregister("r")
            isGone.withLock { $0 = true }
        }()
        while (try? store.regions("r")) != nil { await Task.yield() }
        #expect(refusal { () throws(ServingError) in _ = try store.read(slice("r", 0, 1)) }?.code == .notFound)
        let again = refusal { () throws(ServingError) in try store.register(region("r", key, size: 4)) }
        #expect(again?.code == .alreadyExists && again?.message.contains("is being unregistered") == true)
        // Others are not held up.
        #expect(try store.read(slice("other", 0, 1)).array == [1])
        try await store.unregister("other")
        first.release()
        first.release()
        try await Task.sleep(for: .milliseconds(20))
        #expect(!isGone.withLock { $0 })
        try second.placements[0].object.write(TensorBytes([8, 9]), at: second.placements[0].offset)
        second.release()
        try await unregistered
        #expect(isGone.withLock { $0 })
        #expect(objects.bytes("a") == [8, 9, 3, 4])
        try store.register(region("r", key, size: 4))
    }

    @Test("is leased all or not at all")
    func leaseIsAtomic() async throws {
        let store = sharedMemoryStore()
        try store.register(region("r", objects.make("a", [1]), size: 1))
        #expect(throws: ServingError.self) { _ = try store.lease([slice("r", 0, 1), slice("x", 0, 1)]) }
        try await store.unregister("r")
        try await store.unregister("never-registered")
    }

    @Test("is off unless it is allowed")
    func disabled() async throws {
        let store = sharedMemoryStore { $0.isAllowed = false }
        let key = objects.make("a", [1])
        let text = "Client shared memory is disabled. Start the server with '--allow-client-shm=true' to enable."
        let expected = ServingError(.unsupported, text)
        #expect(refusal { () throws(ServingError) in try store.register(region("r", key, size: 1)) } == expected)
        #expect(refusal { () throws(ServingError) in _ = try store.read(slice("r", 0, 1)) } == expected)
        #expect(refusal { () throws(ServingError) in try store.registerCUDA("r") } == expected)
        #expect(refusal { () throws(ServingError) in try store.unregisterCUDA(nil) } == expected)
        await #expect(throws: expected) { try await store.unregister(nil) }
        #expect(try store.regions(nil).isEmpty)
        try store.checkCUDARegions(nil)
    }

    @Test("on a GPU is what a build without GPUs says")
    func cuda() {
        #expect(
            refusal { () throws(ServingError) in try sharedMemoryStore().registerCUDA("g") }?.message
                == "failed to register CUDA shared memory region: 'g', GPUs not supported"
        )
        #expect(refusal { () throws(ServingError) in try sharedMemoryStore().unregisterCUDA("g") } == nil)
        #expect(
            refusal { () throws(ServingError) in try sharedMemoryStore().checkCUDARegions("g") }
                == ServingError(.notFound, "Unable to find cuda shared memory region: 'g'")
        )
    }
}
