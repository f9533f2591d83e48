// SPDX-License-Identifier: Apache-2.0

/// The dimensions of a tensor, outermost first. `-1` means "any size" where a shape describes a model.
///
/// Up to eight dimensions are held in place, so the shapes of ordinary requests cost no allocation.
package struct Shape: Sendable {
    private static let inlineCapacity = 8

    private var inline: InlineArray<8, Int64>
    private var overflow: [Int64]
    package private(set) var count: Int

    package init() {
        inline = InlineArray(repeating: 0)
        overflow = []
        count = 0
    }

    package init(_ dimensions: some Sequence<Int64>) {
        self.init()
        for dimension in dimensions { append(dimension) }
    }

    package mutating func append(_ dimension: Int64) {
        if count < Self.inlineCapacity {
            inline[count] = dimension
        } else {
            overflow.append(dimension)
        }
        count += 1
    }

    package subscript(index: Int) -> Int64 {
        get {
            precondition(index >= 0 && index < count, "dimension out of range")
            return index < Self.inlineCapacity ? inline[index] : overflow[index - Self.inlineCapacity]
        }
        set {
            precondition(index >= 0 && index < count, "dimension out of range")
            if index < Self.inlineCapacity {
                inline[index] = newValue
            } else {
                overflow[index - Self.inlineCapacity] = newValue
            }
        }
    }

    /// The product of the dimensions: 1 for a scalar, `nil` if a dimension is negative or the product exceeds `Int64`.
    package var elementCount: Int? {
        var product: Int64 = 1
        var overflowed = false
        for index in 0..<count {
            let dimension = self[index]
            if dimension < 0 { return nil }
            // A zero anywhere makes the tensor empty however large the others are.
            if dimension == 0 { return 0 }
            let (next, didOverflow) = product.multipliedReportingOverflow(by: dimension)
            overflowed = overflowed || didOverflow
            product = next
        }
        return overflowed ? nil : Int(product)
    }

    package var dimensions: [Int64] { (0..<count).map { self[$0] } }

    /// The shape without its outermost dimension; a scalar stays a scalar.
    package var droppingFirst: Shape {
        var rest = Shape()
        for index in 0..<count where index > 0 { rest.append(self[index]) }
        return rest
    }

    package func prepending(_ dimension: Int64) -> Shape {
        var longer = Shape()
        longer.append(dimension)
        for index in 0..<count { longer.append(self[index]) }
        return longer
    }
}

extension Shape: Hashable {
    package static func == (left: Shape, right: Shape) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left[index] != right[index] { return false }
        return true
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for index in 0..<count { hasher.combine(self[index]) }
    }
}

extension Shape: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: Int64...) { self.init(elements) }
}

extension Shape: CustomStringConvertible {
    /// As Triton prints it in errors: `[-1,16]`.
    package var description: String {
        "[" + dimensions.map { String($0) }.joined(separator: ",") + "]"
    }
}
