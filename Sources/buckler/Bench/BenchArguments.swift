// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import KServeClient

extension InferenceMessage.Encoding: ExpressibleByArgument {}

/// `NAME:1,3,224,224`
struct ShapeArgument: ExpressibleByArgument, Equatable {
    var name: String
    var dimensions: [Int64]

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), colon > argument.startIndex else { return nil }
        name = String(argument[..<colon])
        let parts = argument[argument.index(after: colon)...].split(separator: ",", omittingEmptySubsequences: false)
        dimensions = parts.compactMap { Int64($0) }
        guard dimensions.count == parts.count, dimensions.allSatisfy({ $0 >= 0 }), parts.count <= 64 else { return nil }
    }
}

/// `Name: value`
struct HeaderArgument: ExpressibleByArgument, Equatable {
    var name: String
    var value: String

    var pair: (String, String) { (name, value) }

    init?(argument: String) {
        guard let colon = argument.firstIndex(of: ":"), colon > argument.startIndex else { return nil }
        name = String(argument[..<colon])
        value = String(argument[argument.index(after: colon)...].drop { $0 == " " })
        guard argument.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }), !name.contains(" ") else { return nil }
    }
}

/// `1,8,32`
struct CountList: ExpressibleByArgument, Equatable, CustomStringConvertible {
    var counts: [Int]

    init(counts: [Int]) { self.counts = counts }

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        counts = parts.compactMap { Int($0) }
        guard counts.count == parts.count, counts.allSatisfy({ (1...65_536).contains($0) }) else { return nil }
    }

    var description: String { counts.map { String($0) }.joined(separator: ",") }

    var defaultValueDescription: String { description }
}
