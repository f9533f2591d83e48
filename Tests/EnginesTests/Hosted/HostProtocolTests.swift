// SPDX-License-Identifier: Apache-2.0
import CLinux
import Inference
import TestSupport
import Testing

@testable import Engines

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The end of the protocol that a worker of an engine has, held against the golden bytes and against the server's end.
@Suite struct HostProtocolTests {
    private static func word(_ name: String) throws -> ServerWord {
        let bytes = try WorkerFixtures.bytes(name)
        return try bytes.withUnsafeBytes { bytes in Result { () throws(WorkerFault) in try ServerWord(bytes) } }.get()
    }

    @Test func goldenMessagesOfTheServerAreRead() throws {
        guard case .area(number: 3, .response, bytes: 1 << 20) = try Self.word("02-area") else {
            Issue.record("no area")
            return
        }
        guard case .start(let arguments) = try Self.word("03-start") else {
            Issue.record("no start")
            return
        }
        #expect(arguments == AreaSpan(area: 3, offset: 128, length: 143))
        guard case .execute(let execution) = try Self.word("06-execute") else {
            Issue.record("no batch")
            return
        }
        #expect(execution.batch == 9 && execution.requests == 2)
        let length = try WorkerFixtures.bytes("block").count
        #expect(execution.block == AreaSpan(area: 3, offset: 4096, length: length))
        #expect(execution.lease == AreaSpan(area: 1, offset: 640, length: 4096))
        guard case .lease(number: 5, let lease) = try Self.word("10-lease") else {
            Issue.record("no lease")
            return
        }
        #expect(lease == AreaSpan(area: 1, offset: 8192, length: 65_536))
        guard case .finish = try Self.word("14-finish"), case .probe(77) = try Self.word("15-probe"),
            case .other = try Self.word("12-cancel")
        else {
            Issue.record("no finish, probe or cancellation")
            return
        }
    }

    @Test func theGoldenBlockIsRead() throws {
        let golden = try WorkerFixtures.bytes("block")
        let areas = HostAreas()
        let descriptor = buckler_memory_create("test", 16_384)
        #expect(golden.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 4096) } == golden.count)
        try areas.add(3, .request, bytes: 4096 + golden.count, descriptor: descriptor)
        guard case .execute(let execution) = try Self.word("06-execute") else { return }
        let reading = try BlockReading(execution, in: areas)
        #expect(reading.numbers == [0x1122_3344_5566_7788, 2])
        #expect(reading.requests.map(\.batchSize) == [1, 2])
        let first = reading.requests[0].request.fields
        #expect(first.inputs.map(\.name) == ["FP32", "WORDS", "BOOL"])
        #expect(first.inputs.map(\.shape) == [[1, 3], [1, 2], []])
        #expect(first.inputs[0].bytes.elements(Float.self) == [1, -2.5, 3e38])
        #expect(first.inputs[1].bytes.array == [3, 0, 0, 0] + Array("abc".utf8) + [0, 0, 0, 0])
        #expect(first.requestedOutputs.map(\.name) == ["OUT", "ö"])
        #expect(first.id == "first" && first.priority == 2 && first.timeoutMicroseconds == 1_000_000)
        #expect(first.parameters.map(\.name) == ["a", "b"])
        #expect(first.correlationID == .string("a text") && first.startsSequence && !first.endsSequence)
        let second = reading.requests[1].request.fields
        #expect(second.inputs.map(\.dataType) == [.int64, .bf16, .int8])
        #expect(second.inputs[2].bytes.count == 0 && second.inputs[2].shape == [2, 0])
        #expect(second.correlationID == .number(.max) && second.endsSequence)
    }

    @Test func inputsAreUsedWhereTheyLie() throws {
        let golden = try WorkerFixtures.bytes("block")
        let areas = HostAreas()
        let descriptor = buckler_memory_create("test", 16_384)
        #expect(golden.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 4096) } == golden.count)
        try areas.add(3, .request, bytes: 4096 + golden.count, descriptor: descriptor)
        guard case .execute(let execution) = try Self.word("06-execute") else { return }
        let block = try areas.request(3).bytes(at: 4096, length: golden.count)
        let within = block.withUnsafeBytes {
            UInt(bitPattern: $0.baseAddress)..<UInt(bitPattern: $0.baseAddress) + 8192
        }
        for request in try BlockReading(execution, in: areas).requests {
            for input in request.request.fields.inputs where input.bytes.count > 0 {
                #expect(input.bytes.withUnsafeBytes { within.contains(UInt(bitPattern: $0.baseAddress)) })
            }
        }
    }

    private static let signature = GraphSignature(
        inputs: [
            GraphTensor(name: "a \"quoted\" ö\n", dataType: .bytes, shape: [-1, 3]),
            GraphTensor(name: "", dataType: .bf16, shape: []),
        ],
        outputs: [GraphTensor(name: "out", dataType: .fp64, shape: [1, 2, 3, 4, 5, 6, 7, 8, 9, -1])]
    )

    @Test func signaturesComeBackAsTheyWere() throws {
        let text = String(decoding: GraphSignatureText.json(Self.signature), as: UTF8.self)
        #expect(try GraphSignatureText.signature(text) == Self.signature)
        let none = GraphSignature(inputs: [], outputs: [])
        #expect(
            try GraphSignatureText.signature(String(decoding: GraphSignatureText.json(none), as: UTF8.self)) == none
        )
    }

    /// What a worker may say when it lies.
    @Test(arguments: [
        "", "{}", "[]", "null", #"{"inputs":[]}"#, #"{"inputs":{},"outputs":[]}"#, #"{"inputs":[1],"outputs":[]}"#,
        #"{"inputs":[{}],"outputs":[]}"#, #"{"inputs":[{"name":"a","type":"FP32"}],"outputs":[]}"#,
        #"{"inputs":[{"name":"a","type":"FP33","shape":[]}],"outputs":[]}"#,
        #"{"inputs":[{"name":"a","type":"FP32","shape":[-2]}],"outputs":[]}"#,
        #"{"inputs":[{"name":"a","type":"FP32","shape":[1.5]}],"outputs":[]}"#,
        #"{"inputs":[{"name":"a","type":"FP32","shape":[9223372036854775808]}],"outputs":[]}"#,
        #"{"inputs":[{"name":1,"type":"FP32","shape":[]}],"outputs":[]}"#,
        #"{"inputs":[],"outputs":[]}{"#, #"{"inputs":[,],"outputs":[]}"#, #"{"inputs":[}"#,
    ])
    func signaturesThatAreNoneAreFaults(text: String) {
        #expect(throws: WorkerFault.self) { try GraphSignatureText.signature(text) }
    }

    @Test(arguments: [(0, true), (1, false)])
    func signaturesAreBounded(excess: Int, passes: Bool) {
        func text(tensors: Int, name: Int, rank: Int) -> String {
            let shape = repeatElement("1", count: rank).joined(separator: ",")
            let tensor = "{\"name\":\"\(String(repeating: "n", count: name))\",\"type\":\"FP32\",\"shape\":[\(shape)]}"
            return "{\"inputs\":[\(repeatElement(tensor, count: tensors).joined(separator: ","))],\"outputs\":[]}"
        }
        for text in [
            text(tensors: GraphInspection.tensorLimit + excess, name: 1, rank: 1),
            text(tensors: 1, name: WorkerProtocol.nameBytes + excess, rank: 1),
            text(tensors: 1, name: 1, rank: GraphInspection.rankLimit + excess),
        ] {
            #expect(((try? GraphSignatureText.signature(text)) != nil) == passes)
        }
    }

    @Test func argumentsComeBackAsTheyWere() throws {
        var source = TestEngine.source("1/model.onnx", parameters: ["a": "\"", "ö": ""], arenaLimit: 5, outputLimit: 7)
        source.engineSettings = ["k": "v"]
        source.graphLevel = -1
        source.instanceCount = 3
        let files = [
            HostedFile(path: "1/model.onnx", offset: 0, bytes: 5), HostedFile(path: "1/w ö.bin", offset: 64, bytes: 0),
        ]
        var sent = HostedArguments(library: "/a b/lib.so", source: source, files: files)
        for configured in [false, true] {
            if configured {
                sent.configuration = EngineModelConfiguration(
                    inputs: [
                        TensorSpec(name: "i", dataType: .int8, shape: [2, 2], engineShape: [4], isOptional: true)
                    ],
                    outputs: [TensorSpec(name: "o", dataType: .bool, shape: [-1])],
                    maxBatchSize: 8
                )
            }
            let got = try HostedArguments(json: String(decoding: sent.json(directory: ""), as: UTF8.self))
            #expect(got.library == sent.library && got.files == files)
            #expect(got.source.modelName == "m" && got.source.version == 1 && got.source.path == "1/model.onnx")
            #expect(got.source.parameters == source.parameters && got.source.engineSettings == source.engineSettings)
            #expect(got.source.graphLevel == -1 && got.source.instanceCount == 3)
            #expect(got.source.arenaLimit == 5 && got.source.outputLimit == 7)
            #expect(got.configuration?.inputs == sent.configuration?.inputs)
            #expect(got.configuration?.outputs == sent.configuration?.outputs)
            #expect(got.configuration?.maxBatchSize == sent.configuration?.maxBatchSize)
        }
    }
}
