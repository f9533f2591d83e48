// SPDX-License-Identifier: Apache-2.0

/// Formats that begin with a mark of their own.
enum FileSignature {
    private static let marks: [(bytes: [UInt8], format: FileFormat)] = [
        (NumPyInspector.magic, .npy), (Array("GGUF".utf8), .gguf),
        ([0x7F, 0x45, 0x4C, 0x46], .elf), ([0xFE, 0xED, 0xFA, 0xCE], .machO), ([0xFE, 0xED, 0xFA, 0xCF], .machO),
        ([0xCE, 0xFA, 0xED, 0xFE], .machO), ([0xCF, 0xFA, 0xED, 0xFE], .machO),
        (Array("!<arch>\n".utf8), .arArchive), (Array("!<thin>\n".utf8), .arArchive),
        ([0, 0x61, 0x73, 0x6D], .webAssembly), ([0x42, 0x43, 0xC0, 0xDE], .llvmBitcode), (Array("dex\n".utf8), .dex),
        ([0x1F, 0x8B, 0x08], .gzip), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], .xz), ([0x28, 0xB5, 0x2F, 0xFD], .zstd),
        ([0x04, 0x22, 0x4D, 0x18], .lz4), ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], .sevenZip),
        (Array("Rar!\u{1A}\u{7}".utf8), .rar), (Array("MSCF\0\0\0\0".utf8), .cabinet),
        (Array("ptrt".utf8), .tensorRTPlan), (Array("ftrt".utf8), .tensorRTPlan), (Array("#!".utf8), .script),
    ]

    /// - Parameter head: the first 4096 bytes, or all.
    static func format(_ bytes: WindowedBytes, _ head: [UInt8]) -> FileFormat? {
        for mark in marks where head.starts(with: mark.bytes) { return mark.format }
        if head.dropFirst(4).starts(with: Array("TFL3".utf8)) { return .tflite }
        if head.dropFirst(4).starts(with: Array("ORTM".utf8)) { return .ortFormat }
        if head.starts(with: Array("BZh".utf8)), head.dropFirst(4).starts(with: [0x31, 0x41, 0x59, 0x26, 0x53, 0x59]) {
            return .bzip2
        }
        if isWindowsExecutable(bytes, head) { return .pe }
        if let format = cafeBabe(head) { return format }
        if isPythonBytecode(head) { return .pythonBytecode }
        if isLZMA(head) { return .lzma }
        if TarInspector.looksRight(head) { return .tar }
        return CompressedInspector.isZlib(bytes, head) ? .zlib : nil
    }

    private static func isWindowsExecutable(_ bytes: WindowedBytes, _ head: [UInt8]) -> Bool {
        guard head.count >= 64, head[0] == 0x4D, head[1] == 0x5A else { return false }
        let offset = head[60..<64].reversed().reduce(0) { $0 << 8 | Int($1) }
        return (try? bytes.prefix(at: offset, count: 4)) == [0x50, 0x45, 0, 0] || head[2..<64].contains(0)
    }

    /// Java's classes and Apple's universal binaries begin alike; the next number is a version, or a count.
    private static func cafeBabe(_ head: [UInt8]) -> FileFormat? {
        guard head.count >= 8, head.starts(with: [0xCA, 0xFE, 0xBA, 0xBE]) else { return nil }
        return head[4] == 0 && head[5] == 0 && head[6] == 0 && head[7] < 40 ? .machO : .javaClass
    }

    /// A number of the interpreter's version and a line's end, then a marshalled code object.
    private static func isPythonBytecode(_ head: [UInt8]) -> Bool {
        guard head.count >= 20, head[2] == 0x0D, head[3] == 0x0A else { return false }
        return [8, 12, 16].contains { head[$0] & 0x7F == UInt8(ascii: "c") }
    }

    private static func isLZMA(_ head: [UInt8]) -> Bool {
        guard head.count >= 14, head[0] == 0x5D, head[1] == 0, head[2] == 0, head[13] == 0 else { return false }
        let size = head[5..<13]
        return size.allSatisfy { $0 == 0xFF } || size.suffix(3).allSatisfy { $0 == 0 }
    }
}
