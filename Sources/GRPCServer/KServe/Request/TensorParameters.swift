// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Transport

/// The parameters of one input or requested output; the texts are Triton's. Unknown ones are passed over, as there.
struct TensorParameters {
    /// A parameter that was given, perhaps without a value.
    private enum Given {
        case absent
        case present(ParameterValue?)

        var isPresent: Bool {
            if case .present = self { return true }
            return false
        }
    }

    private var region = Given.absent
    private var offset = Given.absent
    private var byteSize = Given.absent
    private var classification = Given.absent
    private var count = 0

    mutating func take(_ range: Range<Int>, of reader: WireReader, _ limits: RequestLimits) throws(ServingError) {
        count += 1
        guard count <= limits.parameters else { throw InferRequestRules.tooMany("parameters", limits.parameters) }
        let parameter = try reader.parameter(at: range, stringLimit: limits.stringBytes)
        if reader.matches(parameter.key, "shared_memory_region") {
            region = .present(parameter.value)
        } else if reader.matches(parameter.key, "shared_memory_offset") {
            offset = .present(parameter.value)
        } else if reader.matches(parameter.key, "shared_memory_byte_size") {
            byteSize = .present(parameter.value)
        } else if reader.matches(parameter.key, "classification") {
            classification = .present(parameter.value)
        } else {
            _ = try reader.text(parameter.key)
        }
    }

    var isEmpty: Bool { count == 0 }

    /// - Returns: `nil` if the tensor is not in shared memory.
    func sharedMemory(tensor: String) throws(ServingError) -> SharedMemorySlice? {
        guard case .present(let value) = region else {
            if offset.isPresent { throw Self.withoutRegion("shared_memory_offset", tensor) }
            if byteSize.isPresent { throw Self.withoutRegion("shared_memory_byte_size", tensor) }
            return nil
        }
        guard case .string(let name) = value else {
            throw Self.wrongType("shared_memory_region", tensor, expected: "string_param")
        }
        var start: Int64 = 0
        if case .present(let value) = offset {
            guard case .int64(let number) = value else {
                throw Self.wrongType("shared_memory_offset", tensor, expected: "int64_param")
            }
            start = number
        }
        guard case .present(let value) = byteSize else {
            throw ServingError(
                .invalidArgument,
                "'shared_memory_byte_size' must be specified along with 'shared_memory_region' parameter for tensor "
                    + "'\(tensor)'"
            )
        }
        guard case .int64(let size) = value else {
            throw Self.wrongType("shared_memory_byte_size", tensor, expected: "int64_param")
        }
        guard start >= 0 else {
            throw ServingError(.invalidArgument, "Invalid offset for shared memory region: '\(name)'")
        }
        guard size >= 0 else {
            throw ServingError(.invalidArgument, "Invalid offset + byte size for shared memory region: '\(name)'")
        }
        return SharedMemorySlice(region: name, offset: UInt64(start), byteSize: UInt64(size))
    }

    /// - Returns: `nil` if the output is wanted as it is.
    func classificationCount() throws(ServingError) -> Int? {
        guard case .present(let value) = classification else { return nil }
        guard case .int64(let count) = value else {
            throw RequestParameters.wrongType("classification", expected: "int64_param")
        }
        guard count > 0 else {
            throw ServingError(
                .invalidArgument,
                "invalid value for 'classification' parameter, expected >= 0"
            )
        }
        return Int(count)
    }

    private static func withoutRegion(_ name: StaticString, _ tensor: String) -> ServingError {
        ServingError(
            .invalidArgument,
            "'\(name)' can not be specified without 'shared_memory_region' parameter for tensor '\(tensor)'"
        )
    }

    private static func wrongType(
        _ name: StaticString,
        _ tensor: String,
        expected: StaticString
    ) -> ServingError {
        ServingError(
            .invalidArgument,
            "invalid value type for '\(name)' parameter for tensor '\(tensor)', expected \(expected)."
        )
    }
}
