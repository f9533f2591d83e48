// SPDX-License-Identifier: Apache-2.0

/// Writes numbers and texts one after the other.
struct BlockCursor {
    let memory: UnsafeMutableRawBufferPointer
    var offset: Int

    mutating func put<Number: FixedWidthInteger>(_ number: Number) {
        memory.storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
        offset += MemoryLayout<Number>.size
    }

    mutating func putPadded(_ bytes: some Collection<UInt8>) {
        let end = offset + WorkerProtocol.padded(bytes.count)
        let place = UnsafeMutableRawBufferPointer(rebasing: memory[offset..<end])
        place.copyBytes(from: bytes)
        for index in bytes.count..<place.count { place[index] = 0 }
        offset = end
    }
}
