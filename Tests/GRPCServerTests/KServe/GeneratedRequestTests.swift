// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import GRPCServer
import Inference
import InferenceProtos
import SwiftProtobuf
import TestSupport
import Testing

/// The wire reader against the generated code.
@Suite struct GeneratedRequestTests {
    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func randomRequestsAreReadAlike(seed: UInt64) throws {
        let requests = RandomRequests(seed: seed)
        for round in 0..<500 {
            let request = requests.next()
            let decoded = try decode(request.bytes, limits: RequestLimits(profile: .triton))
            check(decoded.fields, request, "seed \(seed), round \(round)")
        }
    }

    private func check(_ fields: InferenceRequest.Fields, _ request: Request, _ place: String) {
        #expect(fields.id == request.id, "\(place)")
        #expect(fields.inputs.map(\.name) == request.inputs.map(\.name), "\(place)")
        #expect(fields.inputs.map(\.dataType.wireName) == request.inputs.map(\.datatype), "\(place)")
        #expect(fields.inputs.map(\.shape.dimensions) == request.inputs.map(\.shape), "\(place)")
        for (index, input) in fields.inputs.enumerated() {
            #expect(input.bytes.array == ExpectedRequest.bytes(index, of: request), "\(place), input \(index)")
        }
        #expect(fields.requestedOutputs.map(\.name) == request.outputs.map(\.name), "\(place)")
        #expect(
            fields.requestedOutputs.map(\.classificationCount)
                == request.outputs.map { Int($0.parameters["classification"]?.int64Param ?? 0) },
            "\(place)"
        )
        var parameters = request.parameters
        parameters["sequence_id"] = nil
        parameters["priority"] = nil
        #expect(fields.priority == request.parameters["priority"]?.uint64Param ?? 0, "\(place)")
        #expect(fields.parameters.count == parameters.count, "\(place)")
        for parameter in fields.parameters {
            let given = parameters[parameter.name]?.parameterChoice
            let same =
                switch (parameter.value, given) {
                case (.bool(let left), .boolParam(let right)?): left == right
                case (.int64(let left), .int64Param(let right)?): left == right
                case (.string(let left), .stringParam(let right)?): left == right
                case (.double(let left), .doubleParam(let right)?): left == right
                default: false
                }
            #expect(same, "\(place), parameter \(parameter.name)")
        }
    }

    /// Fields that come twice: the later one counts, and messages are merged.
    @Test func laterFieldsWin() throws {
        var second = Request()
        second.modelName = "second"
        second.id = "2"
        second.parameters["a"] = .init(.int64Param(2))
        var first = Request.plain("first", id: "1")
        for index in 0..<20 { first.parameters["p\(index)"] = .init(.int64Param(Int64(index))) }
        first.parameters["a"] = .init(.stringParam("1"))
        let bytes = first.bytes + second.bytes
        var envelope = InferEnvelope()
        try envelope.read(TensorBytes(bytes), limits: RequestLimits(profile: .secure))
        #expect(envelope.modelName == "second")
        let fields = try decode(bytes).fields
        #expect(fields.id == "2")
        #expect(fields.parameters.count == 21)
        #expect(fields.parameters.first { $0.name == "a" }?.value == .int64(2))
    }

    @Test func unknownFieldsAreSkipped() throws {
        let unknown: [UInt8] = [0x40, 5, 0x4D, 1, 2, 3, 4, 0x49, 1, 2, 3, 4, 5, 6, 7, 8, 0x52, 2, 9, 9]
        let fields = try decode(unknown + Request.plain().bytes + unknown).fields
        #expect(fields.inputs.count == 1)
    }

    /// Whatever is taken, the generated code takes too, and understands as the same. In a process of its own, whose
    /// memory nothing else uses.
    @Test func mutatedRequestsAreNeverReadMoreLaxly() async {
        let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
            // The first rounds fill the allocator's own pools.
            _ = try Mutations.run(10_000)
            let before = residentBytes()
            let taken = try Mutations.run(100_000)
            let grown = residentBytes() - before
            // Huge pages come and go as the machine is used; 600 bytes lost with each request would be more than this.
            precondition(grown < 64 << 20, "memory grew by \(grown) bytes")
            precondition(taken > 1_000, "only \(taken) mutated requests were still requests")
        }
        #expect(String(decoding: result?.standardErrorContent ?? [], as: UTF8.self) == "")
    }
}

private enum Mutations {
    /// - Returns: how many of the mutated requests could be read.
    static func run(_ rounds: Int) throws -> Int {
        let requests = RandomRequests(seed: 99)
        let originals = (0..<60).map { _ in requests.next().bytes }
        var taken = 0
        for round in 0..<rounds {
            let bytes = mutation(of: originals[round % originals.count], requests)
            guard let decoded = try? decode(bytes, sharedMemory: ScriptedMemory()) else { continue }
            taken += 1
            let theirs = try Request(serializedBytes: bytes)
            var told: String { "read in two ways, in round \(round): \(bytes)" }
            precondition(decoded.fields.id == theirs.id, told)
            precondition(decoded.fields.inputs.map(\.name) == theirs.inputs.map(\.name), told)
            precondition(decoded.fields.inputs.map(\.shape.dimensions) == theirs.inputs.map(\.shape), told)
            precondition(decoded.fields.requestedOutputs.map(\.name) == theirs.outputs.map(\.name), told)
        }
        return taken
    }

    private static func mutation(of original: [UInt8], _ random: RandomRequests) -> [UInt8] {
        var bytes = original
        for _ in 0...random.below(3) where !bytes.isEmpty {
            let place = random.below(bytes.count)
            switch random.below(5) {
            case 0: bytes[place] = UInt8(random.below(256))
            case 1: bytes[place] ^= 1 << UInt8(random.below(8))
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(8)))
            case 3: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + random.below(40))], at: place)
            default: bytes.removeLast(min(bytes.count, random.below(16)))
            }
        }
        return bytes
    }
}
