// SPDX-License-Identifier: Apache-2.0
import Audit

/// A zip, written byte by byte so that each number in it can be a wrong one.
struct ZipWriter {
    struct Member {
        var name: String
        var content: [UInt8]
        /// What the local header calls it, if that is another name.
        var localName: String?
        var flags = 0
        /// In the local header only, if it says something else there.
        var localFlags: Int?
        var method = 0
        var checksum: UInt32?
        var mode = 0o100644
        /// What the local header says, if it lies.
        var localSize: Int?
        /// What unpacks to the content's size, if the method is not 0.
        var packed: [UInt8]?
    }

    var members: [Member]
    var prefix: [UInt8] = []
    var comment: [UInt8] = []
    /// Bytes between the last member and the directory.
    var hidden: [UInt8] = []

    init(_ members: [Member]) { self.members = members }

    init(_ files: [(String, [UInt8])]) { members = files.map { Member(name: $0.0, content: $0.1) } }

    var bytes: [UInt8] {
        var body: [UInt8] = []
        var directory: [UInt8] = []
        for member in members {
            let checksum = member.checksum ?? Self.crc32(member.content)
            let packed = member.packed ?? member.content
            let offset = body.count
            let numbers = Self.little(checksum, 4) + Self.little(packed.count, 4)
            let local = member.localName ?? member.name
            body += [0x50, 0x4B, 3, 4, 20, 0] + Self.little(member.localFlags ?? member.flags, 2)
            body += Self.little(member.method, 2) + [0, 0, 0, 0] + numbers
            body += Self.little(member.localSize ?? member.content.count, 4)
            body += Self.little(local.utf8.count, 2) + [0, 0] + Array(local.utf8) + packed
            directory +=
                [0x50, 0x4B, 1, 2, 20, 3, 20, 0] + Self.little(member.flags, 2) + Self.little(member.method, 2)
            directory += [0, 0, 0, 0] + numbers + Self.little(member.content.count, 4)
            directory +=
                Self.little(member.name.utf8.count, 2) + [0, 0, 0, 0, 0, 0, 0, 0] + Self.little(member.mode << 16, 4)
            directory += Self.little(offset, 4) + Array(member.name.utf8)
        }
        body += hidden
        let count = Self.little(members.count, 2)
        let end =
            [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count + Self.little(directory.count, 4)
            + Self.little(body.count, 4)
            + Self.little(comment.count, 2) + comment
        return prefix + body + directory + end
    }

    static func little(_ number: some BinaryInteger, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: UInt64(number) >> UInt64(8 * $0)) }
    }

    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var value: UInt32 = ~0
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
        }
        return ~value
    }
}

/// Fields of protobuf messages.
enum Wire {
    static func varint(_ value: UInt64) -> [UInt8] {
        var (rest, result) = (value, [UInt8]())
        repeat {
            result.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return result
    }

    static func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
        varint(UInt64(number << 3 | 2)) + varint(UInt64(content.count)) + content
    }

    static func field(_ number: Int, _ content: String) -> [UInt8] { field(number, Array(content.utf8)) }

    static func field(_ number: Int, _ value: UInt64) -> [UInt8] { varint(UInt64(number << 3)) + varint(value) }
}

/// ONNX models, right but for what a test makes wrong.
enum ONNX {
    static func node(_ operation: String = "Identity", domain: String? = nil, attributes: [[UInt8]] = []) -> [UInt8] {
        Wire.field(1, "x") + Wire.field(2, "y") + Wire.field(4, operation)
            + attributes.flatMap { Wire.field(5, $0) } + (domain.map { Wire.field(7, $0) } ?? [])
    }

    static func model(
        nodes: [[UInt8]] = [node()],
        initializers: [[UInt8]] = [],
        model: [UInt8] = [],
        graph: [UInt8] = []
    ) -> [UInt8] {
        let content =
            nodes.flatMap { Wire.field(1, $0) } + Wire.field(2, "g") + initializers.flatMap { Wire.field(5, $0) }
        return Wire.field(1, 8) + Wire.field(7, content + graph) + Wire.field(8, Wire.field(2, 13)) + model
    }

    static func tensor(_ dimensions: [Int64], type: UInt64 = 1, _ content: [UInt8]) -> [UInt8] {
        dimensions.flatMap { Wire.field(1, UInt64(bitPattern: $0)) } + Wire.field(2, type) + Wire.field(8, "w")
            + content
    }

    static func raw(_ count: Int) -> [UInt8] { Wire.field(9, [UInt8](repeating: 0, count: count)) }

    static func external(_ entries: [(String, String)]) -> [UInt8] {
        entries.flatMap { Wire.field(13, Wire.field(1, $0.0) + Wire.field(2, $0.1)) } + Wire.field(14, 1)
    }
}

/// Instructions of pickles.
enum Pickled {
    static func text(_ text: String) -> [UInt8] { [0x8C, UInt8(text.utf8.count)] + Array(text.utf8) }

    /// Protocol 4: calls a function with one string.
    static func call(_ module: String, _ name: String, _ argument: String) -> [UInt8] {
        [0x80, 4] + Self.text(module) + Self.text(name) + [0x93] + Self.text(argument) + [0x85, 0x52, 0x2E]
    }

    /// Protocol 0: the same.
    static func oldCall(_ module: String, _ name: String, _ argument: String) -> [UInt8] {
        Array("c\(module)\n\(name)\n(S'\(argument)'\ntR.".utf8)
    }
}

/// NumPy arrays with any header.
enum NumPy {
    static func array(_ header: String, _ content: [UInt8] = []) -> [UInt8] {
        [0x93] + Array("NUMPY".utf8) + [1, 0] + ZipWriter.little(header.utf8.count, 2) + Array(header.utf8) + content
    }

    static func floats(_ count: Int) -> [UInt8] {
        array(
            "{'descr': '<f4', 'fortran_order': False, 'shape': (\(count),), }\n",
            [UInt8](repeating: 0, count: 4 * count)
        )
    }
}

func inspect(_ bytes: [UInt8], _ name: String = "file", _ limits: InspectionLimits = .defaults) -> Inspection {
    ModelFileInspector.inspect(MemoryBytes(bytes), name: name, limits: limits)
}

extension Inspection {
    /// Kinds of what was found.
    var kinds: Set<InspectionProblem.Kind> { Set(problems.map(\.kind)) }

    func says(_ text: String) -> Bool { problems.contains { $0.sentence.contains(text) } }
}
