// SPDX-License-Identifier: Apache-2.0
package import Inference

/// An array as numpy saves it: versions 1 to 3 of the format, C order, little endian, no object arrays.
package struct NPYFile: Sendable, Equatable {
    package var dataType: DataType
    package var shape: [Int64]
    package var bytes: [UInt8]

    /// - Throws: ``ClientError/badInput(_:)`` saying what is not read here.
    package init(_ file: [UInt8]) throws(ClientError) {
        guard file.count >= 10, file.starts(with: [0x93] + Array("NUMPY".utf8)) else {
            throw .badInput("not a .npy file")
        }
        let wide = file[6] >= 2
        let start = wide ? 12 : 10
        guard (1...3).contains(file[6]), file.count >= start else { throw .badInput("unknown .npy version") }
        var length = Int(file[8]) | Int(file[9]) << 8
        if wide { length |= Int(file[10]) << 16 | Int(file[11]) << 24 }
        guard file.count - start >= length else { throw .badInput("the .npy header ends early") }
        let header = String(decoding: file[start..<start + length], as: UTF8.self)
        guard Self.value(of: "fortran_order", in: header)?.hasPrefix("False") == true else {
            throw .badInput("the array is in Fortran order: save numpy.ascontiguousarray(array)")
        }
        dataType = try Self.dataType(in: header)
        shape = try Self.shape(in: header)
        bytes = Array(file[(start + length)...])
        guard let size = dataType.byteSize, let count = Shape(shape).elementCount,
            count.multipliedReportingOverflow(by: size) == (bytes.count, false)
        else { throw .badInput("the .npy file has \(bytes.count) bytes of data, not what \(Shape(shape)) needs") }
    }

    private static func value(of key: String, in header: String) -> Substring? {
        guard let name = header.firstRange(of: "'\(key)':") else { return nil }
        return header[name.upperBound...].drop { $0 == " " }
    }

    private static func dataType(in header: String) throws(ClientError) -> DataType {
        guard let quoted = value(of: "descr", in: header), quoted.first == "'" else {
            throw .badInput("a .npy file of records is not a tensor")
        }
        let name = quoted.dropFirst().prefix { $0 != "'" }
        guard let type = typesByName[String(name)] else {
            throw .badInput("a .npy file of '\(name)' has no tensor type here")
        }
        return type
    }

    private static let typesByName: [String: DataType] = [
        "|b1": .bool, "|u1": .uint8, "|i1": .int8, "<u2": .uint16, "<i2": .int16, "<u4": .uint32, "<i4": .int32,
        "<u8": .uint64, "<i8": .int64, "<f2": .fp16, "<f4": .fp32, "<f8": .fp64,
    ]

    private static func shape(in header: String) throws(ClientError) -> [Int64] {
        guard let tuple = value(of: "shape", in: header), tuple.first == "(", let end = tuple.firstIndex(of: ")") else {
            throw .badInput("the .npy header has no shape")
        }
        let parts = tuple[tuple.index(after: tuple.startIndex)..<end].split(separator: ",")
        var shape: [Int64] = []
        for part in parts {
            let digits = part.filter { $0 != " " }
            if digits.isEmpty { continue }
            guard let dimension = Int64(digits), dimension >= 0, shape.count < 64 else {
                throw .badInput("the .npy header has a bad shape")
            }
            shape.append(dimension)
        }
        return shape
    }
}
