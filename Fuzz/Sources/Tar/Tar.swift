// SPDX-License-Identifier: Apache-2.0

/// The input, handed out in pieces as a file would.
private final class Input: ArchiveSource {
    private var rest: UnsafeBufferPointer<UInt8>

    init(_ bytes: UnsafeBufferPointer<UInt8>) { rest = bytes }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveFault) -> Int {
        let count = min(rest.count, buffer.count)
        buffer.copyBytes(from: rest[..<count])
        rest = UnsafeBufferPointer(rebasing: rest[count...])
        return count
    }
}

/// What libFuzzer calls: the input is a tar archive, whose headers have right checksums.
@_cdecl("LLVMFuzzerTestOneInput")
func readArchive(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    read(UnsafeBufferPointer(start: start, count: count))
    // No mutation finds a checksum: the same once more with one in each block.
    var mended = Array(UnsafeBufferPointer(start: start, count: count))
    for block in stride(from: 0, to: count - TarHeader.byteCount + 1, by: TarHeader.byteCount) { mend(&mended, block) }
    mended.withUnsafeBufferPointer { read($0) }
    return 0
}

private func mend(_ bytes: inout [UInt8], _ block: Int) {
    let field = (block + 148)..<(block + 156)
    for index in field { bytes[index] = 0x20 }
    let sum = String(bytes[block..<(block + TarHeader.byteCount)].reduce(0) { $0 + Int($1) }, radix: 8)
    let digits = Array((String(repeating: "0", count: 6 - sum.count) + sum).utf8) + [0, 0x20]
    for (index, digit) in zip(field, digits) { bytes[index] = digit }
}

private func read(_ bytes: UnsafeBufferPointer<UInt8>) {
    var reader = TarReader(Input(bytes))
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
    defer { buffer.deallocate() }
    var (entries, content) = (0, 0)
    do throws(ArchiveFault) {
        while let entry = try reader.next() {
            entries += 1
            precondition(entries <= bytes.count / TarHeader.byteCount, "more entries than blocks")
            precondition(entry.size >= 0, "a size below nothing")
            // Every other entry is passed over unread.
            guard entries % 2 == 1 else { continue }
            var size = 0
            while case let count = try reader.readContent(into: buffer), count > 0 { size += count }
            precondition(size == entry.size, "content of another size than was said")
            content += size
            precondition(content <= bytes.count, "more content than there is")
        }
    } catch {
        precondition(!error.text.isEmpty, "a fault says what is wrong")
    }
}
