// SPDX-License-Identifier: Apache-2.0
import NIOHTTP2

/// The calls of a connection by stream. Clients number streams upwards, so a sorted array needs no hashing.
struct CallTable {
    private(set) var calls: [ServedCall] = []

    var isEmpty: Bool { calls.isEmpty }

    subscript(stream: HTTP2StreamID) -> ServedCall? {
        index(of: stream).map { calls[$0] }
    }

    /// - Precondition: `call` has a higher stream than all that were ever inserted.
    mutating func insert(_ call: ServedCall) { calls.append(call) }

    mutating func remove(_ stream: HTTP2StreamID) -> ServedCall? {
        index(of: stream).map { calls.remove(at: $0) }
    }

    mutating func removeAll() -> [ServedCall] {
        defer { calls = [] }
        return calls
    }

    private func index(of stream: HTTP2StreamID) -> Int? {
        guard let last = calls.last else { return nil }
        if last.stream == stream { return calls.count - 1 }
        var low = 0
        var high = calls.count
        while low < high {
            let middle = (low + high) / 2
            if calls[middle].stream < stream { low = middle + 1 } else { high = middle }
        }
        return low < calls.count && calls[low].stream == stream ? low : nil
    }
}
