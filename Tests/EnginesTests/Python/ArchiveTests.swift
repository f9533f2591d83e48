// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import Testing

@testable import Engines

/// Makes archives, right and wrong.
private struct TarWriter {
    private(set) var bytes: [UInt8] = []

    mutating func add(
        _ name: String,
        _ flag: Character = "0",
        link: String = "",
        content: [UInt8] = [],
        size: Int? = nil
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        put(String(name.prefix(100)), at: 0)
        put("0000755\0", at: 100)
        let octal = String(size ?? content.count, radix: 8)
        put(String(repeating: "0", count: 11 - octal.count) + octal, at: 124)
        put("        ", at: 148)
        put(String(flag), at: 156)
        put(String(link.prefix(100)), at: 157)
        put("ustar\u{0}00", at: 257)
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\u{0} ", at: 148)
        bytes += header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    mutating func addExtended(_ records: [String: String]) {
        var content = ""
        for (key, value) in records.sorted(by: { $0.key < $1.key }) {
            let rest = " \(key)=\(value)\n"
            var length = rest.utf8.count + 1
            while "\(length)\(rest)".utf8.count != length { length += 1 }
            content += "\(length)\(rest)"
        }
        add("pax", "x", content: Array(content.utf8))
    }

    var whole: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}

private final class Memory: ArchiveSource {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveFault) -> Int {
        let part = rest.prefix(buffer.count)
        buffer.copyBytes(from: part)
        rest = rest.dropFirst(part.count)
        return part.count
    }
}

@Suite("Archives of environments") struct ArchiveTests {
    private static func entries(_ bytes: [UInt8]) throws(ArchiveFault) -> [(TarEntry, [UInt8])] {
        var reader = TarReader(Memory(bytes))
        var found: [(TarEntry, [UInt8])] = []
        while let entry = try reader.next() {
            var content: [UInt8] = []
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 1)
            defer { buffer.deallocate() }
            while case let count = try reader.readContent(into: buffer), count > 0 { content += buffer[..<count] }
            found.append((entry, content))
        }
        return found
    }

    @Test("are read with long names of both kinds, directories and links")
    func whole() throws {
        let long = String(repeating: "directory/", count: 20) + "file"
        var writer = TarWriter()
        writer.add("bin/", "5")
        writer.add("bin/python3", content: [UInt8](repeating: 7, count: 1300))
        writer.add("bin/python", "2", link: "python3")
        writer.add("bin/same", "1", link: "bin/python3", size: 1300)
        writer.add("L", "L", content: Array(long.utf8) + [0])
        writer.add("cut", content: [1])
        writer.addExtended(["path": long + "2", "mtime": "1.5"])
        writer.add("cut", content: [2, 3])
        writer.addExtended(["linkpath": long])
        writer.add("to", "2", link: "cut")
        let found = try Self.entries(writer.whole)
        #expect(
            found.map { String(decoding: $0.0.path, as: UTF8.self) } == [
                "bin/", "bin/python3", "bin/python", "bin/same", long, long + "2", "to",
            ]
        )
        #expect(
            found.map(\.0.kind) == [
                .directory, .file, .symbolicLink(to: Array("python3".utf8)), .hardLink(to: Array("bin/python3".utf8)),
                .file,
                .file, .symbolicLink(to: Array(long.utf8)),
            ]
        )
        #expect(found.map(\.1.count) == [0, 1300, 0, 0, 1, 2, 0])
    }

    @Test(
        "that are none, or have what has no place in one, are refused",
        arguments: [
            ("3", "no file, directory or link"), ("4", "no file, directory or link"),
            ("6", "no file, directory or link"),
            ("S", "no file, directory or link"), ("V", "no file, directory or link"),
        ] as [(Character, String)]
    )
    func kinds(flag: Character, reason: String) {
        var writer = TarWriter()
        writer.add("x", flag)
        #expect { try Self.entries(writer.whole) } throws: { ($0 as? ArchiveFault)?.text.contains(reason) == true }
    }

    @Test("that are damaged or cut short are refused wherever that is")
    func damaged() throws {
        var writer = TarWriter()
        writer.addExtended(["path": "a/b"])
        writer.add("x", content: [UInt8](repeating: 1, count: 700))
        writer.add("y", "2", link: "x")
        let bytes = writer.whole
        for length in [1, 511, 513, 1025, 1600, 2000, 2047] {
            #expect(throws: ArchiveFault.self) { try Self.entries(Array(bytes.prefix(length))) }
        }
        #expect(throws: ArchiveFault.self) {
            try Self.entries([UInt8](repeating: 0x61, count: 1024))
        }
        var generator = SplitMix64(seed: 7)
        for _ in 0..<20_000 {
            var mutant = bytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                mutant[Int.random(in: 0..<mutant.count, using: &generator)] = UInt8.random(
                    in: 0...255,
                    using: &generator
                )
            }
            // Whatever comes of it: no trap, and no more content than there is.
            if let found = try? Self.entries(mutant) { #expect(found.reduce(0) { $0 + $1.1.count } <= bytes.count) }
        }
    }

    @Test("have sizes and headers within bounds")
    func bounds() {
        for records in [
            ["size": "-1"], ["size": "9223372036854775807"], ["size": "9007199254740993"],
            ["size": "9223372036854775808"], ["GNU.sparse.major": "1"],
        ] {
            var writer = TarWriter()
            writer.addExtended(records)
            writer.add("x")
            #expect(throws: ArchiveFault.self) { try Self.entries(writer.whole) }
        }
        var long = TarWriter()
        long.add("L", "L", content: [UInt8](repeating: 0x61, count: (64 << 10) + 1))
        #expect(throws: ArchiveFault.self) { try Self.entries(long.whole) }
        for text in ["", "5 a=b\n", "7 a=b\n", "999999999 a=b\n", "x a=b\n", "6 a=b\nrest"]
        where !text.isEmpty {
            #expect(throws: ArchiveFault.self, "\(text)") { try TarExtension(Array(text.utf8)) }
        }
    }

    private func scratch(_ body: (String) throws -> Void) throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "archive-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: place) }
        try body(place.path)
    }

    private func unpack(_ bytes: [UInt8], _ place: String, limits: UnpackedTree.Limits = .init()) throws(ArchiveFault) {
        var reader = TarReader(Memory(bytes))
        var tree = try UnpackedTree(place, limits: limits)
        try tree.unpack(&reader)
    }

    @Test("are unpacked as they are meant")
    func unpacked() throws {
        try scratch { place in
            var writer = TarWriter()
            writer.add("./lib/deep/file", content: Array("content".utf8))
            writer.add("./lib/", "5")
            writer.add("lib/link", "2", link: "deep/file")
            writer.add("same", "1", link: "./lib/deep/file")
            writer.add("outside", "2", link: "/etc")
            try unpack(writer.whole, place)
            #expect(try String(contentsOfFile: place + "/lib/link", encoding: .utf8) == "content")
            #expect(try String(contentsOfFile: place + "/same", encoding: .utf8) == "content")
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: place + "/outside") == "/etc")
        }
    }

    /// What each writes first, and then tries.
    @Test(
        "lead nowhere but into their directory, and replace nothing",
        arguments: [
            [("/abs", "0", "")], [("../up", "0", "")], [("a/../../up", "0", "")], [("", "0", "")],
            [("out", "2", "/tmp"), ("out/file", "0", "")], [("out", "2", ".."), ("out/up", "0", "")],
            [("out", "2", "/tmp"), ("out", "0", "")], [("out", "2", "/tmp"), ("out", "5", "")],
            [("out", "2", "/tmp"), ("out/dir", "5", "")], [("h", "1", "/etc/passwd")], [("h", "1", "../up")],
            [("s", "2", "/etc/passwd"), ("h", "1", "s")], [("s", "2", "/etc"), ("h", "1", "s/passwd")],
            [("d", "5", ""), ("h", "1", "d")], [("h", "1", "later"), ("later", "0", "")], [("h", "1", "")],
            [("a", "0", ""), ("a", "0", "")], [("a", "0", ""), ("a/b", "0", "")], [("a", "2", "b"), ("a", "2", "c")],
            [
                (String(repeating: "d/", count: 49) + "f", "0", ""),
                (String(repeating: "d/", count: 45) + "../x", "0", ""),
            ],
        ]
    )
    func attacks(entries: [(String, Character, String)]) throws {
        try scratch { place in
            let inner = place + "/inner"
            try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: false)
            let before = try FileManager.default.contentsOfDirectory(atPath: "/tmp").sorted()
            var writer = TarWriter()
            for (name, flag, link) in entries { writer.add(name, flag, link: link, content: flag == "0" ? [1] : []) }
            #expect(throws: ArchiveFault.self) { try unpack(writer.whole, inner) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: place) == ["inner"])
            let after = try FileManager.default.contentsOfDirectory(atPath: "/tmp").sorted()
            #expect(!after.contains { ["file", "dir", "up"].contains($0) && !before.contains($0) })
        }
    }

    @Test("have no more in them than was agreed")
    func limits() throws {
        var writer = TarWriter()
        writer.add("a", content: [1, 2, 3])
        writer.add("b", content: [1, 2])
        for (limits, fits) in [
            (UnpackedTree.Limits(bytes: 8197, entries: 2), true), (UnpackedTree.Limits(bytes: 8196, entries: 2), false),
            (UnpackedTree.Limits(bytes: 8197, entries: 1), false),
        ] {
            try scratch { place in
                if fits {
                    try unpack(writer.whole, place, limits: limits)
                } else {
                    #expect(throws: ArchiveFault.self) { try unpack(writer.whole, place, limits: limits) }
                }
            }
        }
    }

    @Test("have what lies on the way to an entry counted, too")
    func implied() throws {
        var writer = TarWriter()
        writer.add(String(repeating: "d/", count: 45) + "f")
        for (entries, fits) in [(46, true), (45, false)] {
            try scratch { place in
                let limits = UnpackedTree.Limits(bytes: 1 << 20, entries: entries)
                if fits { return try unpack(writer.whole, place, limits: limits) }
                #expect(throws: ArchiveFault.self) { try unpack(writer.whole, place, limits: limits) }
            }
        }
    }
}
