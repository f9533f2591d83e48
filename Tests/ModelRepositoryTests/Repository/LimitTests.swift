// SPDX-License-Identifier: Apache-2.0
import InferenceProtos
import ModelRepository
import SwiftProtobuf
import Testing

@Suite struct LimitTests {
    private struct Case: CustomTestStringConvertible {
        var field: String
        /// `count` of what is limited.
        var text: @Sendable (_ count: Int) -> String
        var limit: @Sendable (inout RepositoryLimits) -> Void

        var testDescription: String { field }
    }

    private static let bound = 3

    private static func many(_ text: String) -> @Sendable (Int) -> String {
        { count in (0..<count).map { "\(text.replacing("#", with: "\($0)")) " }.joined() }
    }

    private static let cases = [
        Case(field: "input", text: many(#"input { name: "i#" data_type: TYPE_FP32 dims: 1 }"#)) { $0.inputs = bound },
        Case(field: "output", text: many(#"output { name: "o#" data_type: TYPE_FP32 dims: 1 }"#)) {
            $0.outputs = bound
        },
        Case(
            field: "input[0].dims",
            text: { #"input { name: "i" data_type: TYPE_FP32 dims: \#([Int](repeating: 1, count: $0)) }"# }
        ) { $0.dimensions = bound },
        Case(
            field: "output[0].reshape.shape",
            text: {
                #"output { name: "o" data_type: TYPE_FP32 dims: 1 "#
                    + "reshape { shape: \([Int](repeating: 1, count: $0)) } }"
            }
        ) { $0.dimensions = bound },
        Case(
            field: "input[0].name",
            text: { #"input { name: "\#(String(repeating: "x", count: $0))" data_type: TYPE_FP32 dims: 1 }"# }
        ) { $0.nameBytes = bound },
        Case(field: "instance_group", text: { "instance_group { kind: KIND_CPU count: \($0) }" }) {
            $0.instances = bound
        },
        Case(field: "instance_group", text: many("instance_group { kind: KIND_CPU }")) { $0.instanceGroups = bound },
        Case(field: "parameters", text: many(##"parameters { key: "k#" value { string_value: "v" } }"##)) {
            $0.entries = bound
        },
        Case(field: "metric_tags", text: many(#"metric_tags { key: "k#" value: "v" }"#)) { $0.entries = bound },
        Case(
            field: "dynamic_batching.preferred_batch_size",
            text: { "dynamic_batching { preferred_batch_size: \([Int](repeating: 1, count: $0)) }" }
        ) { $0.entries = bound },
        Case(
            field: "dynamic_batching.max_queue_delay_microseconds",
            text: { "dynamic_batching { max_queue_delay_microseconds: \($0) }" }
        ) { $0.queueDelayMicroseconds = UInt64(bound) },
        Case(
            field: "sequence_batching.direct.max_queue_delay_microseconds",
            text: { "sequence_batching { direct { max_queue_delay_microseconds: \($0) } }" }
        ) { $0.queueDelayMicroseconds = UInt64(bound) },
        Case(
            field: "sequence_batching.oldest.max_queue_delay_microseconds",
            text: {
                "sequence_batching { oldest { max_candidate_sequences: 1 max_queue_delay_microseconds: \($0) } }"
            }
        ) { $0.queueDelayMicroseconds = UInt64(bound) },
    ]

    @Test(arguments: cases.indices)
    func boundsEachField(index: Int) throws {
        let test = Self.cases[index]
        var limits = RepositoryLimits()
        test.limit(&limits)
        for count in [Self.bound, Self.bound + 1] {
            let hasGroup = test.field == "instance_group"
            let config = try Inference_ModelConfig(
                textFormatString: #"name: "M" backend: "b" max_batch_size: 1 version_policy { all { } } "#
                    + (hasGroup ? "" : "instance_group { kind: KIND_CPU } ") + test.text(count)
            )
            let problems = ConfigValidator.problems(in: config, stage: .complete, limits: limits)
            #expect(problems.map(\.path) == (count > Self.bound ? [test.field] : []))
        }
    }

    @Test func noRequestIsKeptForYears() throws {
        let config = try Inference_ModelConfig(
            textFormatString: #"name: "M" backend: "b" version_policy { all { } } instance_group { kind: KIND_CPU } "#
                + "dynamic_batching { max_queue_delay_microseconds: \(UInt64.max) }"
        )
        #expect(
            ConfigValidator.problems(in: config, stage: .complete).map(\.message) == [
                "'dynamic_batching.max_queue_delay_microseconds' of model 'M' is 18446744073709551615, "
                    + "at most 3600000000 is allowed"
            ]
        )
    }

    @Test func countsInstancesWithoutOverflow() throws {
        let groups = String(repeating: "instance_group { kind: KIND_CPU count: 2147483647 } ", count: 256)
        let config = try Inference_ModelConfig(
            textFormatString: #"name: "M" backend: "b" version_policy { all { } } "# + groups
        )
        let problems = ConfigValidator.problems(in: config, stage: .complete)
        #expect(
            problems.map(\.message) == ["model 'M' specifies 549755813632 instances, at most 1024 are allowed"]
        )
    }
}
