// SPDX-License-Identifier: Apache-2.0

/// Appends protobuf fields to bytes; enough for the requests of an inference client.
///
/// As proto3 has it, a scalar at its default is left out.
package struct ProtobufWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func append(_ field: Int, text: String) {
        if !text.isEmpty { append(field, bytes: text.utf8) }
    }

    package mutating func append(_ field: Int, flag: Bool) {
        if flag { append(field, choice: flag) }
    }

    /// A flag of a `oneof`, which is written even if it is false: it says which of them is set.
    package mutating func append(_ field: Int, choice flag: Bool) {
        appendVarint(UInt64(field) << 3)
        bytes.append(flag ? 1 : 0)
    }

    /// An `int64` or `uint64` of a `oneof`.
    package mutating func append(_ field: Int, choice number: UInt64) {
        appendVarint(UInt64(field) << 3)
        appendVarint(number)
    }

    /// A `double` of a `oneof`.
    package mutating func append(_ field: Int, choice number: Double) {
        appendVarint(UInt64(field) << 3 | 1)
        withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// A length-delimited field, written even if it is empty: elements of repeated fields and set messages are.
    package mutating func append(_ field: Int, bytes content: some Collection<UInt8>) {
        appendVarint(UInt64(field) << 3 | 2)
        appendVarint(UInt64(content.count))
        bytes.append(contentsOf: content)
    }

    package mutating func append(_ field: Int, _ build: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        build(&inner)
        append(field, bytes: inner.bytes)
    }

    package mutating func append(_ field: Int, packed numbers: [Int64]) {
        guard !numbers.isEmpty else { return }
        append(field) { inner in
            for number in numbers { inner.appendVarint(UInt64(bitPattern: number)) }
        }
    }

    private mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
