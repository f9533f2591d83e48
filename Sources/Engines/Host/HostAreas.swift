// SPDX-License-Identifier: Apache-2.0
internal import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Memory that the server handed over, mapped for as long as somebody holds it.
final class HostArea {
    // SAFETY: unmapped when the last holder lets go. Bytes of a request area or a model's file do not change while a
    // tensor lies there: the server says so. Those of a response area are this worker's own.
    private let memory: UnsafeMutableRawBufferPointer

    /// Closes `descriptor`.
    init(_ use: WorkerProtocol.AreaUse, bytes: Int, descriptor: Int32) throws(WorkerFault) {
        defer { close(descriptor) }
        let protection = use == .response ? PROT_READ | PROT_WRITE : PROT_READ
        guard let start = mmap(nil, bytes, protection, MAP_SHARED, descriptor, 0), start != MAP_FAILED else {
            throw WorkerFault("an area of \(bytes) bytes cannot be mapped: \(String(cString: strerror(errno)))")
        }
        memory = UnsafeMutableRawBufferPointer(start: start, count: bytes)
    }

    deinit { munmap(memory.baseAddress, memory.count) }

    /// A part of it, without a copy.
    func bytes(at offset: Int, length: Int) -> TensorBytes {
        guard length > 0 else { return TensorBytes() }
        let part = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[offset..<offset + length])
        return TensorBytes(owner: self, memory: part)
    }

    func write(_ bytes: TensorBytes, at offset: Int) {
        bytes.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(rebasing: memory[offset..<offset + bytes.count]).copyMemory(from: bytes)
        }
    }
}

/// The areas of a worker by their numbers.
final class HostAreas {
    private var requests: [UInt32: HostArea] = [:]
    private var responses: [UInt32: HostArea] = [:]
    private var files: HostArea?

    func add(_ number: UInt32, _ use: WorkerProtocol.AreaUse, bytes: Int, descriptor: Int32) throws(WorkerFault) {
        guard descriptor >= 0 else { throw WorkerFault("area \(number) came without a descriptor") }
        let area = try HostArea(use, bytes: bytes, descriptor: descriptor)
        switch use {
        case .request: requests[number] = area
        case .response: responses[number] = area
        case .modelFiles: files = area
        }
    }

    func request(_ number: UInt32) throws(WorkerFault) -> HostArea { try Self.found(requests[number], number) }
    func response(_ number: UInt32) throws(WorkerFault) -> HostArea { try Self.found(responses[number], number) }

    /// The model's files; they stay mapped until the engine has read them, and no longer.
    func takeFiles() throws(WorkerFault) -> HostArea {
        defer { files = nil }
        return try Self.found(files, 0)
    }

    private static func found(_ area: HostArea?, _ number: UInt32) throws(WorkerFault) -> HostArea {
        guard let area else { throw WorkerFault("the server names area \(number), which it has not sent") }
        return area
    }
}
