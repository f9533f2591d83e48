// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Writes numbers and texts one after the other.
struct BlockCursor {
    let memory: UnsafeMutableRawBufferPointer
    var offset: Int

    mutating func put<Number: FixedWidthInteger>(_ number: Number) {
        memory.storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
        offset += MemoryLayout<Number>.size
    }

    /// The head of a tensor whose `length` bytes lie at `start` of the block at `span`.
    mutating func putTensor(
        _ name: String,
        _ dataType: DataType,
        _ shape: Shape,
        length: Int,
        at start: Int,
        of span: AreaSpan
    ) {
        put(UInt32(dataType.rawValue))
        put(UInt32(shape.count))
        put(UInt32(name.utf8.count))
        put(span.area)
        put(UInt64(span.offset + start))
        put(UInt64(length))
        for index in 0..<shape.count { put(shape[index]) }
        putPadded(name.utf8)
    }

    /// Bytes of such a head.
    static func tensorBytes(_ name: String, _ shape: Shape) -> Int {
        32 + 8 * shape.count + WorkerProtocol.padded(name.utf8.count)
    }

    /// Copies a tensor's bytes to where its head says they are.
    func copy(_ bytes: TensorBytes, to start: Int) {
        bytes.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + bytes.count]).copyMemory(from: bytes)
        }
    }

    mutating func putPadded(_ bytes: some Collection<UInt8>) {
        let end = offset + WorkerProtocol.padded(bytes.count)
        let place = UnsafeMutableRawBufferPointer(rebasing: memory[offset..<end])
        place.copyBytes(from: bytes)
        for index in bytes.count..<place.count { place[index] = 0 }
        offset = end
    }
}
