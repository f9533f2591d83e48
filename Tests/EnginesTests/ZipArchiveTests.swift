import Inference
import TestSupport
import Testing

// SPDX-License-Identifier: Apache-2.0
@testable import Engines

@Suite struct ZipArchiveTests {
    /// A zip archive with one entry, made here so that each field can be wrong.
    struct Archive {
        var name = "a/b.txt"
        var method: UInt16 = 0
        var data = Array("hello".utf8)
        var size: UInt32 = 5
        var checksum: UInt32 = 0x3610_A686
        var flags: UInt16 = 0
        var copies = 1

        func le(_ value: UInt16) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8)] }
        func le(_ value: UInt32) -> [UInt8] { le(UInt16(value & 0xFFFF)) + le(UInt16(value >> 16)) }

        var bytes: [UInt8] {
            let common =
                le(UInt16(20)) + le(flags) + le(method) + le(UInt32(0)) + le(checksum) + le(UInt32(data.count))
                + le(size)
                + le(UInt16(name.utf8.count)) + le(UInt16(0))
            let local = le(0x0403_4B50 as UInt32) + common + Array(name.utf8) + data
            let central =
                le(0x0201_4B50 as UInt32) + le(UInt16(20)) + common + le(UInt16(0)) + le(UInt16(0)) + le(UInt16(0))
                + le(UInt32(0)) + le(UInt32(0)) + Array(name.utf8)
            let directory = (0..<copies).flatMap { _ in central }
            return local + directory + le(0x0605_4B50 as UInt32) + le(UInt32(0)) + le(UInt16(copies))
                + le(UInt16(copies))
                + le(UInt32(directory.count)) + le(UInt32(local.count)) + le(UInt16(0))
        }

        func read(_ path: String = "a/b.txt", limit: Int = 100) throws -> [UInt8] {
            let bytes = TensorBytes(bytes)
            return try bytes.withUnsafeBytes { try ZipArchive($0).content(of: path, limit: limit).array }
        }
    }

    @Test func readsAStoredFile() throws { #expect(try Archive().read() == Array("hello".utf8)) }

    @Test func readsADeflatedFile() throws {
        let archive = Archive(method: 8, data: [0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00])
        #expect(try archive.read() == Array("hello".utf8))
    }

    static let broken: [(Archive, String)] = [
        (Archive(checksum: 1), "the archive cannot be read: 'a/b.txt' does not have its checksum"),
        (Archive(size: 4), "the archive cannot be read: 'a/b.txt' is packed in an unknown way"),
        (Archive(method: 12), "the archive cannot be read: 'a/b.txt' is packed in an unknown way"),
        (Archive(flags: 1), "the archive cannot be read: 'a/b.txt' is encrypted"),
        (Archive(copies: 2), "the archive cannot be read: 'a/b.txt' is there twice"),
        (Archive(name: "a/b.txtx"), "the archive has no 'a/b.txt'"),
        (
            Archive(method: 8, data: [0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], size: 6),
            "the archive cannot be read: 'a/b.txt' cannot be unpacked"
        ),
        (
            Archive(method: 8, data: [0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], size: 4),
            "the archive cannot be read: 'a/b.txt' cannot be unpacked"
        ),
        (Archive(size: 101), "'a/b.txt' in the archive has more than 100 bytes"),
    ]

    @Test(arguments: broken.indices)
    func refuses(index: Int) {
        let (archive, message) = Self.broken[index]
        let error = #expect(throws: ServingError.self) { try archive.read() }
        #expect(error?.message == message)
    }

    @Test func takesFilesUpToTheLimit() throws {
        #expect(try Archive().read(limit: 5).count == 5)
        #expect(throws: ServingError.self) { try Archive().read(limit: 4) }
    }

    /// Whatever is cut off or changed, the reader must end with an answer or an error.
    @Test func survivesDamageAnywhere() {
        let whole = Archive(method: 8, data: [0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]).bytes
        for position in whole.indices {
            for value in [0, 1, 0x7F, 0xFF] as [UInt8] {
                var damaged = whole
                damaged[position] = value
                let bytes = TensorBytes(damaged)
                _ = bytes.withUnsafeBytes { try? ZipArchive($0).content(of: "a/b.txt", limit: 1000) }
            }
            let bytes = TensorBytes(Array(whole[..<position]))
            #expect(throws: ServingError.self) {
                try bytes.withUnsafeBytes { try ZipArchive($0).content(of: "a/b.txt", limit: 1000) }
            }
        }
    }
}
