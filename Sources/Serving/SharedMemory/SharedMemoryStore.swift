// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// What the operator decides about memory that clients share with the server.
package struct SharedMemorySettings: Sendable {
    package var isAllowed = false
    /// Users whose objects may be registered; empty: the one that the server runs as.
    package var ownerUserIDs: Set<UInt32> = []
    /// Regions that may be registered at once. Each holds a descriptor.
    package var regionLimit = 1024
    /// Bytes of a region's name.
    package var nameByteLimit = 1024
    /// Bytes that one tensor may be read in; what holds for a request's body.
    package var readByteLimit: Int
    /// Where `shm_open` keeps objects.
    var directory = "/dev/shm"

    package init(readByteLimit: Int) { self.readByteLimit = readByteLimit }
}

/// The regions of system shared memory that clients registered.
///
/// What may happen when is decided by ``SharedMemoryTable``; no system call is made under the lock.
package final class SharedMemoryStore: SharedMemoryControl {
    typealias Table = SharedMemoryTable<SharedMemoryObject, CheckedContinuation<Void, Never>>

    private let settings: SharedMemorySettings
    private let owners: Set<UInt32>
    private let table: Mutex<Table>

    package init(_ settings: SharedMemorySettings) {
        self.settings = settings
        owners = settings.ownerUserIDs.isEmpty ? [geteuid()] : settings.ownerUserIDs
        table = Mutex(Table(limit: settings.regionLimit))
    }

    package static let disabled = ServingError(
        .unsupported,
        "Client shared memory is disabled. Start the server with '--allow-client-shm=true' to enable."
    )

    private func requireAllowed() throws(ServingError) {
        guard settings.isAllowed else { throw Self.disabled }
    }

    package func register(_ region: SharedMemoryRegion) throws(ServingError) {
        try requireAllowed()
        guard !region.name.isEmpty else {
            throw ServingError(
                .invalidArgument,
                "'region name' is necessary to register system shared memory region"
            )
        }
        guard region.name.utf8.count <= settings.nameByteLimit else {
            throw ServingError(
                .invalidArgument,
                "the name of a shared memory region has \(region.name.utf8.count) bytes, more than the maximum of"
                    + " \(settings.nameByteLimit)"
            )
        }
        let key = try SharedMemoryKey(region.key, region: region.name)
        try table.withLock { (table) throws(ServingError) in try table.checkVacancy(for: region.name) }
        let object = try open(key, for: region)
        try table.withLock { (table) throws(ServingError) in try table.register(region, object: object) }
    }

    private func open(
        _ key: SharedMemoryKey,
        for region: SharedMemoryRegion
    ) throws(ServingError) -> SharedMemoryObject {
        let object: SharedMemoryObject
        let size: UInt64
        do throws(SharedMemoryObject.Fault) {
            object = try SharedMemoryObject(key, in: settings.directory, owners: owners)
            size = try object.size()
        } catch {
            switch error {
            case .unusable(let cause):
                throw ServingError(
                    .internalError,
                    "Unable to open shared memory region: '\(region.name)'",
                    cause: cause
                )
            case .outOfDescriptors(let cause):
                throw ServingError(
                    .unavailable,
                    "the server cannot hold another shared memory region open at the moment",
                    cause: cause
                )
            }
        }
        guard region.byteSize > 0, region.offset <= size, region.byteSize <= size - region.offset else {
            throw ServingError(
                .invalidArgument,
                "failed to register shared memory region '\(region.name)': invalid args"
            )
        }
        return object
    }

    package func unregister(_ name: String?) async throws(ServingError) {
        try requireAllowed()
        let inUse = table.withLock { $0.unregister(name) }
        for name in inUse {
            await withCheckedContinuation { continuation in
                let mustWait = table.withLock { $0.wait(for: name, continuation) }
                if !mustWait { continuation.resume() }
            }
        }
    }

    package func regions(_ name: String?) throws(ServingError) -> [SharedMemoryRegion] {
        guard let name else { return table.withLock { $0.regions } }
        guard let region = table.withLock({ $0.region(named: name) }) else {
            throw ServingError(.notFound, "Unable to find system shared memory region: '\(name)'")
        }
        return [region]
    }

    package func read(_ slice: SharedMemorySlice) throws(ServingError) -> TensorBytes {
        try requireAllowed()
        guard slice.byteSize <= UInt64(settings.readByteLimit) else {
            throw ServingError(
                .invalidArgument,
                "\(slice.byteSize) bytes of shared memory region '\(slice.region)' exceed the maximum of"
                    + " \(settings.readByteLimit) bytes that a request may have"
            )
        }
        let lease = try lease([slice])
        defer { lease.release() }
        let placement = lease.placements[0]
        do throws(SharedMemoryObject.Shortage) {
            return try TensorBytes(count: Int(placement.byteSize)) { memory throws(SharedMemoryObject.Shortage) in
                try placement.object.read(at: placement.offset, into: memory)
            }
        } catch {
            throw Self.shortage(slice.region)
        }
    }

    /// What became of a region whose object its owner has cut short, or for which there is no more memory.
    static func shortage(_ region: String) -> ServingError {
        ServingError(
            .invalidArgument,
            "shared memory region '\(region)' no longer has all of the bytes that it was registered with"
        )
    }

    /// The use of all of `slices` until the lease is released.
    func lease(_ slices: [SharedMemorySlice]) throws(ServingError) -> SharedMemoryLease {
        try requireAllowed()
        let placements = try table.withLock { (table) throws(ServingError) in try table.lease(slices) }
        return SharedMemoryLease(placements: placements, regions: slices.map(\.region), store: self)
    }

    fileprivate func release(_ regions: [String]) {
        let waiting = table.withLock { $0.release(regions) }
        for continuation in waiting { continuation.resume() }
    }
}

extension SharedMemoryStore {
    package func registerCUDA(_ name: String) throws(ServingError) {
        try requireAllowed()
        throw ServingError(
            .invalidArgument,
            "failed to register CUDA shared memory region: '\(name)', GPUs not supported"
        )
    }

    package func unregisterCUDA(_ name: String?) throws(ServingError) { try requireAllowed() }

    package func checkCUDARegions(_ name: String?) throws(ServingError) {
        guard let name else { return }
        throw ServingError(.notFound, "Unable to find cuda shared memory region: '\(name)'")
    }
}

/// The right of one request to use slices of regions. As long as it lasts, none of them is gone.
final class SharedMemoryLease: Sendable {
    /// In the order of the slices that were asked for.
    let placements: [SharedMemoryStore.Table.Placement]
    private let regions: [String]
    private let store: SharedMemoryStore
    private let isHeld = Atomic<Bool>(true)

    fileprivate init(
        placements: [SharedMemoryStore.Table.Placement],
        regions: [String],
        store: SharedMemoryStore
    ) {
        self.placements = placements
        self.regions = regions
        self.store = store
    }

    deinit { release() }

    var isReleased: Bool { !isHeld.load(ordering: .acquiring) }

    func release() {
        guard isHeld.exchange(false, ordering: .acquiringAndReleasing) else { return }
        store.release(regions)
    }
}
