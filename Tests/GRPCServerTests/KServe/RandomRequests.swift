// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Inference
import InferenceProtos
import SwiftProtobuf

/// Requests of every shape that the reader takes.
struct RandomRequests {
    var generator: SeededGeneratorBox

    /// A reference, so that nested closures may draw from it.
    final class SeededGeneratorBox {
        private var state: UInt64
        init(seed: UInt64) { state = seed }

        func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
    }

    init(seed: UInt64) { generator = SeededGeneratorBox(seed: seed) }

    func text(_ limit: Int) -> String {
        String((0..<below(limit)).map { _ in Character(["a", "é", "Z", "7", "_", "漢"][below(6)]) })
    }

    func below(_ bound: Int) -> Int { generator.below(bound) }

    func word() -> UInt64 {
        let word = UInt64(below(1 << 31)) << 33 ^ UInt64(below(1 << 31)) << 11 ^ UInt64(below(1 << 20))
        return word >> UInt64(below(64))
    }

    func next() -> Request {
        .with { request in
            request.modelName = text(20)
            request.modelVersion = ["", "1", "42"][below(3)]
            request.id = text(12)
            for index in 0..<below(12) { request.parameters[text(6) + "\(index)"] = .init(parameter()) }
            if below(3) == 0 { request.parameters["sequence_id"] = .init(.stringParam(text(9))) }
            if below(3) == 0 { request.parameters["priority"] = .init(.uint64Param(word())) }
            let isRaw = below(2) == 0
            for index in 0..<below(5) { addInput(index, isRaw: isRaw, to: &request) }
            for index in 0..<below(4) {
                request.outputs.append(
                    .with {
                        $0.name = "output \(index)"
                        if below(2) == 0 { $0.parameters["classification"] = .init(.int64Param(Int64(1 + below(99)))) }
                    }
                )
            }
        }
    }

    private func parameter() -> Inference_InferParameter.OneOf_ParameterChoice {
        switch below(4) {
        case 0: .boolParam(below(2) == 0)
        case 1: .int64Param(Int64(bitPattern: word()))
        case 2: .stringParam(text(30))
        default: .doubleParam(Double(below(1000)) / 7)
        }
    }

    private func addInput(_ index: Int, isRaw: Bool, to request: inout Request) {
        let type = DataType.allCases[below(DataType.allCases.count)]
        let count = below(200)
        request.inputs.append(
            .named("input \(index)" + text(20), type.wireName, [Int64(count)] + (below(2) == 0 ? [] : [1, 2]))
        )
        if isRaw || type == .fp16 || type == .bf16 {
            request.inputs[index].datatype = isRaw ? type.wireName : "FP32"
            if isRaw {
                request.rawInputContents.append(.init((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }))
            } else {
                request.inputs[index].contents = .init()
            }
        } else {
            request.inputs[index].contents = contents(type, count)
        }
    }

    private func contents(_ type: DataType, _ count: Int) -> Inference_InferTensorContents {
        .with {
            for _ in 0..<count {
                switch type {
                case .bool: $0.boolContents.append(below(2) == 0)
                case .int8: $0.intContents.append(Int32(Int8(truncatingIfNeeded: word())))
                case .int16: $0.intContents.append(Int32(Int16(truncatingIfNeeded: word())))
                case .int32: $0.intContents.append(Int32(truncatingIfNeeded: word()))
                case .int64: $0.int64Contents.append(Int64(bitPattern: word()))
                case .uint8: $0.uintContents.append(UInt32(UInt8(truncatingIfNeeded: word())))
                case .uint16: $0.uintContents.append(UInt32(UInt16(truncatingIfNeeded: word())))
                case .uint32: $0.uintContents.append(UInt32(truncatingIfNeeded: word()))
                case .uint64: $0.uint64Contents.append(word())
                case .fp32: $0.fp32Contents.append(Float(below(1000)) / 3)
                case .fp64: $0.fp64Contents.append(Double(below(1000)) / 3)
                case .bytes: $0.bytesContents.append(.init(text(9).utf8))
                case .fp16, .bf16: break
                }
            }
        }
    }
}

/// What the generated code makes of a request, in the reader's terms.
struct ExpectedRequest {
    static func bytes(_ index: Int, of request: Request) -> [UInt8] {
        let input = request.inputs[index]
        guard input.hasContents else { return Array(request.rawInputContents[index]) }
        let contents = input.contents
        let type = DataType(wireName: input.datatype)
        var bytes: [UInt8] = contents.boolContents.map { $0 ? 1 : 0 }
        for value in contents.intContents { bytes += little(value, type?.byteSize ?? 4) }
        for value in contents.int64Contents { bytes += little(value, 8) }
        for value in contents.uintContents { bytes += little(value, type?.byteSize ?? 4) }
        for value in contents.uint64Contents { bytes += little(value, 8) }
        for value in contents.fp32Contents { bytes += little(value.bitPattern, 4) }
        for value in contents.fp64Contents { bytes += little(value.bitPattern, 8) }
        for value in contents.bytesContents { bytes += little(UInt32(value.count), 4) + Array(value) }
        return bytes
    }

    private static func little(_ value: some FixedWidthInteger, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
