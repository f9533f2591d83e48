// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Transport

/// An entry of a `map<string, InferParameter>`.
struct WireParameter {
    /// Where the key lies; empty if there is none, which stands for the empty string.
    var key: Range<Int>
    /// `nil` if none of the choices is set.
    var value: ParameterValue?
}

extension WireReader {
    /// - Parameter range: the entry's bytes.
    func parameter(at range: Range<Int>, stringLimit: Int) throws(ServingError) -> WireParameter {
        var entry = inner(range, message: "ModelInferRequest.parameters")
        var parameter = WireParameter(key: range.lowerBound..<range.lowerBound, value: nil)
        while let field = try entry.nextField() {
            switch field.number {
            case 1:
                parameter.key = try entry.bytes(of: field)
                guard parameter.key.count <= stringLimit else {
                    throw InferRequestRules.tooLong("parameters", bytes: parameter.key.count, limit: stringLimit)
                }
                try entry.checkText(parameter.key)
            case 2:
                let value = try entry.bytes(of: field)
                try entry.readChoice(at: value, stringLimit: stringLimit, into: &parameter.value)
            default: try entry.skip(field)
            }
        }
        return parameter
    }

    /// The choice that stands last is the one that is set.
    private func readChoice(
        at range: Range<Int>,
        stringLimit: Int,
        into value: inout ParameterValue?
    ) throws(ServingError) {
        var choice = inner(range, message: "InferParameter")
        while let field = try choice.nextField() {
            switch field.number {
            case 1: value = .bool(try choice.varint(of: field) != 0)
            case 2: value = .int64(Int64(bitPattern: try choice.varint(of: field)))
            case 3:
                let text = try choice.bytes(of: field)
                value = .string(try choice.text(text, "parameters", limit: stringLimit))
            case 4: value = .double(Double(bitPattern: try choice.fixed64(of: field)))
            case 5: value = .uint64(try choice.varint(of: field))
            default: try choice.skip(field)
            }
        }
    }
}
