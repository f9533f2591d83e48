// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import GRPCServer
import Inference
import InferenceProtos
import SwiftProtobuf
import TestSupport
import Testing

/// Which requests are refused, with which words; the words are Triton's where it has some.
@Suite struct InferRequestReaderTests {
    private func refusal(
        limits: RequestLimits = RequestLimits(profile: .secure),
        sharedMemory: (any SharedMemoryControl)? = nil,
        _ change: (inout Request) -> Void
    ) -> String? {
        var request = Request.plain()
        change(&request)
        let bytes = request.bytes
        return message { () throws(ServingError) in
            _ = try decode(bytes, limits: limits, sharedMemory: sharedMemory)
        }
    }

    @Test(
        arguments: [
            (
                "sequence_id", .boolParam(true),
                "invalid value type for 'sequence_id' parameter, expected int64_param or string_param."
            ),
            (
                "sequence_id", .uint64Param(1),
                "invalid value type for 'sequence_id' parameter, expected int64_param or string_param."
            ),
            (
                "sequence_id", nil,
                "invalid value type for 'sequence_id' parameter, expected int64_param or string_param."
            ),
            (
                "sequence_id", .stringParam(String(repeating: "x", count: 129)),
                "string correlation ID cannot be longer than 128 characters"
            ),
            ("sequence_id", .stringParam(String(repeating: "x", count: 128)), nil),
            (
                "sequence_start", .int64Param(1),
                "invalid value type for 'sequence_start' parameter, expected bool_param."
            ),
            (
                "sequence_end", .stringParam("true"),
                "invalid value type for 'sequence_end' parameter, expected bool_param."
            ),
            (
                "priority", .stringParam("1"),
                "invalid value type for 'priority' parameter, expected int64_param or uint64_param."
            ),
            ("priority", .int64Param(-1), "invalid value for 'priority', expected value >= 0."),
            ("priority", .uint64Param(.max), nil),
            ("timeout", .uint64Param(1), "invalid value type for 'timeout' parameter, expected int64_param."),
            ("timeout", .int64Param(-1), "invalid value for 'timeout', expected value >= 0."),
            (
                "triton_enable_empty_final_response", .int64Param(1),
                "invalid value type for 'triton_enable_empty_final_response' parameter, expected bool_param."
            ),
            (
                "triton_x", .boolParam(true),
                "parameter keys starting with 'triton_' are reserved for Triton usage. Only the following keys "
                    + "starting with 'triton_' are allowed: triton_enable_empty_final_response"
            ),
            (
                "custom", .uint64Param(1),
                "invalid value type for 'custom' parameter, expected int64_param, bool_param, or string_param."
            ),
            (
                "custom", nil,
                "invalid value type for 'custom' parameter, expected int64_param, bool_param, or string_param."
            ),
            ("custom", .doubleParam(1.5), nil),
        ] as [(String, Inference_InferParameter.OneOf_ParameterChoice?, String?)]
    )
    func requestParameter(name: String, value: Inference_InferParameter.OneOf_ParameterChoice?, text: String?) {
        #expect(refusal { $0.parameters[name] = .init(value) } == text)
    }

    @Test func parametersAreTaken() throws {
        var request = Request.plain(id: "7")
        request.modelVersion = "3"
        request.parameters = [
            "sequence_id": .init(.int64Param(-1)), "sequence_start": .init(.boolParam(true)),
            "sequence_end": .init(.boolParam(true)), "priority": .init(.uint64Param(9)),
            "timeout": .init(.int64Param(11)), "triton_enable_empty_final_response": .init(.boolParam(true)),
            "a": .init(.boolParam(true)), "b": .init(.int64Param(-2)), "c": .init(.doubleParam(2.5)),
            "d": .init(.stringParam("text")),
        ]
        let decoded = try decode(request.bytes)
        let fields = decoded.fields
        #expect(decoded.wantsEmptyFinalResponse)
        #expect(fields.id == "7")
        #expect(fields.correlationID == .number(.max))
        #expect(fields.startsSequence && fields.endsSequence)
        #expect(fields.priority == 9)
        #expect(fields.timeoutMicroseconds == 11)
        #expect(
            fields.parameters.sorted { $0.name < $1.name } == [
                Parameter(name: "a", value: .bool(true)), Parameter(name: "b", value: .int64(-2)),
                Parameter(name: "c", value: .double(2.5)), Parameter(name: "d", value: .string("text")),
            ]
        )
    }

    @Test(
        arguments: [
            (.int64Param(0), .none), (.int64Param(5), .number(5)), (.stringParam(""), .none),
            (.stringParam("s"), .string("s")),
        ] as [(Inference_InferParameter.OneOf_ParameterChoice, CorrelationID)]
    )
    func correlation(value: Inference_InferParameter.OneOf_ParameterChoice, id: CorrelationID) throws {
        var request = Request.plain()
        request.parameters["sequence_id"] = .init(value)
        #expect(try decode(request.bytes).fields.correlationID == id)
    }

    @Test(
        arguments: [
            (
                "x",
                "failed to get model version from specified version string 'x' (details: stol), version should "
                    + "be an integral value > 0"
            ),
            (
                "99999999999999999999",
                "failed to get model version from specified version string '99999999999999999999' (details: "
                    + "stol), version should be an integral value > 0"
            ),
            ("-1", "invalid model version specified '-1' , version should be an integral value > 0"),
            ("0", "invalid model version specified '0' , version should be an integral value > 0"),
            ("1", nil), ("", nil),
        ] as [(String, String?)]
    )
    func version(text: String, refused: String?) {
        #expect(refusal { $0.modelVersion = text } == refused)
    }

    @Test func tensorFormsAreNotMixed() {
        let text = refusal {
            $0.inputs = [
                .named("INPUT", "FP32", [1]) { $0.fp32Contents = [1] }, .named("OTHER", "FP32", [2]),
            ]
        }
        #expect(
            text == "contents field must not be specified when using raw_input_contents for 'INPUT' for model 'plain'"
        )
    }

    @Test func missingDataIsNamed() {
        let text = refusal { $0.inputs.append(.named("OTHER", "FP32", [2])) }
        #expect(text == "unable to find data for input tensor 'OTHER' for model 'plain' in request.")
    }

    @Test func namesStandOnce() {
        #expect(
            refusal {
                $0.id = "7"
                $0.inputs.append($0.inputs[0])
                $0.rawInputContents.append($0.rawInputContents[0])
            } == "[request id: 7] input 'INPUT' already exists in request"
        )
        #expect(
            refusal { $0.outputs = [.with { $0.name = "A" }, .with { $0.name = "A" }] }
                == "[request id: <id_unknown>] output 'A' already exists in request"
        )
    }

    @Test(
        arguments: [
            ("FP31", [1], "invalid datatype for input INPUT: 'FP31'"),
            ("", [1], "invalid datatype for input INPUT: ''"),
            ("FP32", [-1], "invalid shape for input 'INPUT': shape [-1] contains one or more invalid dimensions"),
            (
                "FP32", [1 << 40, 1 << 40],
                "invalid shape for input 'INPUT': shape [1099511627776,1099511627776] causes total element count "
                    + "to exceed maximum size of 9223372036854775807"
            ),
            ("FP32", [0, 1 << 40, 1 << 40], nil),
            ("FP32", [], nil),
        ] as [(String, [Int64], String?)]
    )
    func shape(datatype: String, shape: [Int64], text: String?) {
        #expect(refusal { $0.inputs = [.named("INPUT", datatype, shape)] } == text)
    }

    @Test(
        arguments: [
            (.int64Param(0), "invalid value for 'classification' parameter, expected >= 0"),
            (.boolParam(true), "invalid value type for 'classification' parameter, expected int64_param"),
            (.int64Param(1), nil),
        ] as [(Inference_InferParameter.OneOf_ParameterChoice, String?)]
    )
    func classification(value: Inference_InferParameter.OneOf_ParameterChoice, text: String?) {
        let got = refusal {
            $0.outputs = [
                .with {
                    $0.name = "O"
                    $0.parameters["classification"] = .init(value)
                }
            ]
        }
        #expect(got == text)
    }

    private static let slice: [String: Inference_InferParameter] = [
        "shared_memory_region": .init(.stringParam("region")), "shared_memory_offset": .init(.int64Param(4)),
        "shared_memory_byte_size": .init(.int64Param(8)),
    ]

    @Test(
        arguments: [
            (
                "shared_memory_region", .boolParam(true),
                "invalid value type for 'shared_memory_region' parameter for tensor 'INPUT', expected string_param."
            ),
            ("shared_memory_region", .stringParam("other"), "Unable to find shared memory region: 'other'"),
            (
                "shared_memory_offset", .stringParam("4"),
                "invalid value type for 'shared_memory_offset' parameter for tensor 'INPUT', expected int64_param."
            ),
            ("shared_memory_offset", .int64Param(-1), "Invalid offset for shared memory region: 'region'"),
            (
                "shared_memory_byte_size", .uint64Param(8),
                "invalid value type for 'shared_memory_byte_size' parameter for tensor 'INPUT', expected int64_param."
            ),
            (
                "shared_memory_byte_size", .int64Param(-1),
                "Invalid offset + byte size for shared memory region: 'region'"
            ),
            ("unknown", .uint64Param(8), nil),
        ] as [(String, Inference_InferParameter.OneOf_ParameterChoice, String?)]
    )
    func sharedMemoryParameter(
        name: String,
        value: Inference_InferParameter.OneOf_ParameterChoice,
        text: String?
    ) {
        var parameters = Self.slice
        parameters[name] = .init(value)
        let got = refusal(sharedMemory: ScriptedMemory()) {
            $0.inputs[0].parameters = parameters
            $0.rawInputContents = []
        }
        #expect(got == text)
    }

    @Test func incompleteSharedMemory() {
        func refused(without name: String) -> String? {
            var parameters = Self.slice
            parameters[name] = nil
            return refusal(sharedMemory: ScriptedMemory()) {
                $0.inputs[0].parameters = parameters
                $0.rawInputContents = []
            }
        }
        #expect(
            refused(without: "shared_memory_region")
                == "'shared_memory_offset' can not be specified without 'shared_memory_region' parameter for "
                + "tensor 'INPUT'"
        )
        #expect(
            refused(without: "shared_memory_byte_size")
                == "'shared_memory_byte_size' must be specified along with 'shared_memory_region' parameter for "
                + "tensor 'INPUT'"
        )
        #expect(refused(without: "shared_memory_offset") == nil)
        #expect(
            refusal(sharedMemory: ScriptedMemory()) {
                $0.inputs[0].parameters = ["shared_memory_byte_size": .init(.int64Param(8))]
            }
                == "'shared_memory_byte_size' can not be specified without 'shared_memory_region' parameter for "
                + "tensor 'INPUT'"
        )
    }

    /// Raw entries belong, in order, to the inputs that are not in shared memory.
    @Test func sharedMemoryTakesNoRawEntry() throws {
        var request = Request.plain()
        request.inputs.insert(.named("SHARED", "FP32", [2]), at: 0)
        request.inputs[0].parameters = Self.slice
        request.outputs = [
            .with {
                $0.name = "OUTPUT"
                $0.parameters = Self.slice
            }
        ]
        let fields = try decode(request.bytes, sharedMemory: ScriptedMemory()).fields
        #expect(fields.inputs.map(\.name) == ["SHARED", "INPUT"])
        #expect(fields.inputs[0].bytes.array == [4, 5, 6, 7, 8, 9, 10, 11])
        #expect(fields.inputs[1].bytes.array == [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
        #expect(
            fields.requestedOutputs[0].sharedMemory == SharedMemorySlice(region: "region", offset: 4, byteSize: 8)
        )
    }

    @Test func sharedMemoryExcludesOtherForms() {
        #expect(
            refusal(sharedMemory: ScriptedMemory()) {
                $0.inputs[0].parameters = Self.slice
                $0.inputs[0].contents.fp32Contents = [1]
            } == "unexpected 'content' provided when using shared memory for input tensor 'INPUT' for model 'plain'"
        )
        #expect(
            refusal(sharedMemory: ScriptedMemory()) {
                $0.outputs = [
                    .with {
                        $0.name = "O"
                        $0.parameters = Self.slice
                        $0.parameters["classification"] = .init(.int64Param(1))
                    }
                ]
            } == "output can't set both 'shared_memory_region' and 'classification'"
        )
        #expect(refusal { $0.inputs[0].parameters = Self.slice } == "Client shared memory is disabled.")
        #expect(
            refusal {
                $0.outputs = [
                    .with {
                        $0.name = "O"
                        $0.parameters = Self.slice
                    }
                ]
            } == "Client shared memory is disabled."
        )
    }
}
