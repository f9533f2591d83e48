// SPDX-License-Identifier: Apache-2.0

/// An element type of a tensor; raw values are the numbers of `inference.DataType` in `model_config.proto`.
package enum DataType: UInt8, Sendable, Hashable, CaseIterable {
    case bool = 1
    case uint8 = 2
    case uint16 = 3
    case uint32 = 4
    case uint64 = 5
    case int8 = 6
    case int16 = 7
    case int32 = 8
    case int64 = 9
    case fp16 = 10
    case fp32 = 11
    case fp64 = 12
    /// Length-prefixed byte strings: each element is a little-endian `UInt32` length, then that many bytes.
    case bytes = 13
    case bf16 = 14

    /// The name in the KServe v2 protocol: `FP32`, `BYTES`, …
    package var wireName: String {
        switch self {
        case .bool: "BOOL"
        case .uint8: "UINT8"
        case .uint16: "UINT16"
        case .uint32: "UINT32"
        case .uint64: "UINT64"
        case .int8: "INT8"
        case .int16: "INT16"
        case .int32: "INT32"
        case .int64: "INT64"
        case .fp16: "FP16"
        case .fp32: "FP32"
        case .fp64: "FP64"
        case .bytes: "BYTES"
        case .bf16: "BF16"
        }
    }

    /// The name in `config.pbtxt`: `TYPE_FP32`, and `TYPE_STRING` for ``bytes``.
    package var configName: String {
        self == .bytes ? "TYPE_STRING" : "TYPE_" + wireName
    }

    package init?(wireName: String) {
        guard let found = Self.byWireName[wireName] else { return nil }
        self = found
    }

    private static let byWireName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.wireName, $0) })

    /// Bytes of one element; `nil` for ``bytes``, whose elements differ in length.
    package var byteSize: Int? {
        switch self {
        case .bool, .uint8, .int8: 1
        case .uint16, .int16, .fp16, .bf16: 2
        case .uint32, .int32, .fp32: 4
        case .uint64, .int64, .fp64: 8
        case .bytes: nil
        }
    }
}
