// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Collects the fields of one `TensorProto` that say where its elements are.
struct ExternalTensorReading {
    private var name = ""
    private var dimensions = Shape()
    private var typeNumber: Int32 = 0
    private var isMarkedExternal = false
    private var entries: [String: String] = [:]

    mutating func field(_ number: Int, _ value: ProtobufWire.Value, in buffer: UnsafeRawBufferPointer) throws {
        switch (number, value) {
        case (1, .varint(let dimension)): dimensions.append(Int64(bitPattern: dimension))
        case (1, .bytes(let packed)):
            var wire = ProtobufWire(buffer, in: packed)
            while !wire.isAtEnd { dimensions.append(Int64(bitPattern: try wire.varint())) }
        case (2, .varint(let type)): typeNumber = Int32(truncatingIfNeeded: type)
        case (8, .bytes(let range)): name = text(range, buffer)
        case (13, .bytes(let range)): try entry(range, buffer)
        case (14, .varint(let location)): isMarkedExternal = isMarkedExternal || location != 0
        default: break
        }
    }

    private func text(_ range: Range<Int>, _ buffer: UnsafeRawBufferPointer) -> String {
        String(decoding: buffer[range].prefix(4096), as: UTF8.self)
    }

    private mutating func entry(_ range: Range<Int>, _ buffer: UnsafeRawBufferPointer) throws {
        var fields = ProtobufWire(buffer, in: range)
        var key = ""
        var value = ""
        while let field = try fields.next() {
            guard case .bytes(let inner) = field.value else { continue }
            if field.number == 1 { key = text(inner, buffer) }
            if field.number == 2 { value = text(inner, buffer) }
        }
        // Two readers may disagree on which of two entries counts, so there may be only one.
        guard entries.updateValue(value, forKey: key) == nil else { throw refused("states '\(key)' twice") }
    }

    /// `nil` for a tensor whose elements are in the model file.
    func finished() throws(ServingError) -> ExternalTensor? {
        guard isMarkedExternal || !entries.isEmpty else { return nil }
        guard let location = entries["location"], Self.isBeneath(location) else {
            throw refused("must name a file beneath the model's own directory")
        }
        guard let size = byteCount else { throw refused("has a type or dimensions that no file can hold") }
        guard let offset = Int(entries["offset"] ?? "0"), offset >= 0 else { throw refused("has an invalid offset") }
        if let stated = entries["length"] {
            guard Int(stated) == size else { throw refused("states a length other than its \(size) bytes") }
        }
        return ExternalTensor(name: name, location: location, offset: offset, byteCount: size)
    }

    private var byteCount: Int? {
        guard let bits = ElementType.bits(typeNumber), let count = dimensions.elementCount else { return nil }
        let (total, overflow) = count.multipliedReportingOverflow(by: bits)
        return overflow || total > Int.max - 7 ? nil : (total + 7) / 8
    }

    /// Whether `location` is a plain relative path: no step up, no root, nothing that the engine gives a meaning to.
    static func isBeneath(_ location: String) -> Bool {
        guard !location.isEmpty, location.utf8.count < 4096 else { return false }
        // By bytes, as the kernel reads it: a slash that a combining mark follows is one character, but still a slash.
        guard !location.utf8.contains(where: { "\\\0*:".utf8.contains($0) }) else { return false }
        return location.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
        }
    }

    private func refused(_ what: String) -> ServingError {
        ServingError(.invalidArgument, "the external data of tensor '\(name)' \(what)")
    }
}
