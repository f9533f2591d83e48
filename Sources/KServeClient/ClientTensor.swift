// SPDX-License-Identifier: Apache-2.0
package import Inference

/// A tensor on the client's side: row-major elements, little endian, as they travel in the binary extension.
package struct ClientTensor: Sendable, Equatable {
    package var name: String
    package var dataType: DataType
    package var shape: [Int64]
    package var bytes: [UInt8]

    package init(name: String, dataType: DataType, shape: [Int64], bytes: [UInt8]) {
        self.name = name
        self.dataType = dataType
        self.shape = shape
        self.bytes = bytes
    }

    /// The product of the shape; `nil` if a dimension is negative or the product overflows.
    package var elementCount: Int? { Shape(shape).elementCount }

    /// - Parameter data: flat or nested, as the protocol's `data` member has it.
    /// - Throws: ``ClientError/badInput(_:)`` if an element does not fit the type or the count does not fit the shape.
    package init(name: String, dataType: DataType, shape: [Int64], data: JSONValue) throws(ClientError) {
        var bytes: [UInt8] = []
        var count = 0
        try Self.append(data, of: dataType, to: &bytes, counting: &count, name: name)
        self.init(name: name, dataType: dataType, shape: shape, bytes: bytes)
        guard let wanted = elementCount else { throw .badInput("'\(name)' cannot have shape \(Shape(shape))") }
        guard count == wanted else {
            throw .badInput("'\(name)' has \(count) elements, but shape \(Shape(shape)) needs \(wanted)")
        }
    }

    private static func append(
        _ value: JSONValue,
        of dataType: DataType,
        to bytes: inout [UInt8],
        counting count: inout Int,
        name: String
    ) throws(ClientError) {
        if let elements = value.elements {
            for element in elements { try append(element, of: dataType, to: &bytes, counting: &count, name: name) }
            return
        }
        guard dataType.append(value, to: &bytes) else {
            throw .badInput("'\(value.compactText)' is no \(dataType.wireName) element for '\(name)'")
        }
        count += 1
    }

    /// The first `limit` elements, or all of them.
    package func elements(limit: Int = .max) throws(ClientError) -> [JSONValue] {
        guard let count = elementCount else { throw .badAnswer("'\(name)' has shape \(Shape(shape))") }
        var elements: [JSONValue] = []
        elements.reserveCapacity(min(count, limit, bytes.count))
        var rest = bytes[...]
        while elements.count < min(count, limit) {
            guard let element = dataType.takeElement(from: &rest) else {
                throw .badAnswer("'\(name)' has \(bytes.count) bytes, too few for shape \(Shape(shape))")
            }
            elements.append(element)
        }
        return elements
    }
}
