// SPDX-License-Identifier: Apache-2.0
import ModelRepository
import Testing

private let good = """
    name: "M" backend: "custom" max_batch_size: 8 version_policy { all { } }
    instance_group { name: "M_0" kind: KIND_CPU count: 1 }

    """

private func control(_ text: String, name: String = "T") -> String {
    #"sequence_batching { control_input { name: "\#(name)" control { \#(text) } } }"#
}

private let controlPath = "sequence_batching.control_input[0].control[0]"

@Suite struct SequenceValidationTests {
    @Test(arguments: [
        Refusal(
            control("kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ]", name: ""),
            "sequence batching control tensor must have a name for M",
            at: "sequence_batching.control_input[0]"
        ),
        Refusal(
            #"sequence_batching { control_input { name: "T" } control_input { name: "T" } }"#,
            "sequence batching control tensor 'T' is specified for multiple control kinds for M",
            at: "sequence_batching.control_input[1].name"
        ),
        Refusal(
            #"""
            sequence_batching {
                control_input { name: "T" control { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } }
                control_input { name: "U" control { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } }
            }
            """#,
            "sequence batching specifies multiple CONTROL_SEQUENCE_START tensors for M",
            at: "sequence_batching.control_input[1].control[0]"
        ),
        Refusal(
            control("kind: CONTROL_SEQUENCE_END"),
            "sequence batching must specify either 'int32_false_true', 'fp32_false_true' or 'bool_false_true' for"
                + " CONTROL_SEQUENCE_END for M",
            at: controlPath
        ),
        Refusal(
            control("kind: CONTROL_SEQUENCE_READY int32_false_true: [ 0, 1 ] bool_false_true: [ false, true ]"),
            "sequence batching specifies more than one from 'int32_false_true', 'fp32_false_true' and"
                + " 'bool_false_true' for CONTROL_SEQUENCE_READY for M",
            at: controlPath
        ),
        Refusal(
            control("kind: CONTROL_SEQUENCE_START int32_false_true: 1"),
            "sequence batching control 'int32_false_true' must have exactly 2 entries for CONTROL_SEQUENCE_START for M",
            at: controlPath + ".int32_false_true"
        ),
        Refusal(
            control("kind: CONTROL_SEQUENCE_START fp32_false_true: [ 0, 1, 2 ]"),
            "sequence batching control 'fp32_false_true' must have exactly 2 entries for CONTROL_SEQUENCE_START for M",
            at: controlPath + ".fp32_false_true"
        ),
        Refusal(
            control("kind: CONTROL_SEQUENCE_START bool_false_true: true"),
            "sequence batching control 'bool_false_true' must have exactly 2 entries for CONTROL_SEQUENCE_START for M",
            at: controlPath + ".bool_false_true"
        ),
        Refusal(
            control("kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_FP32"),
            "unexpected data type for control CONTROL_SEQUENCE_CORRID for M. Allowed data types are TYPE_UINT64,"
                + " TYPE_INT64, TYPE_UINT32, TYPE_INT32 and TYPE_STRING",
            at: controlPath + ".data_type"
        ),
        Refusal(
            control("kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_UINT64 int32_false_true: [ 0, 1 ]"),
            "sequence batching must not specify either 'int32_false_true', 'fp32_false_true' or 'bool_false_true' for"
                + " CONTROL_SEQUENCE_CORRID for M",
            at: controlPath
        ),
        Refusal(
            "sequence_batching { oldest { preferred_batch_size: 0 } }",
            "sequence batching preferred batch size must be positive for M",
            at: "sequence_batching.oldest.preferred_batch_size[0]"
        ),
        Refusal(
            "sequence_batching { oldest { preferred_batch_size: [ 8, 9 ] } }",
            "sequence batching preferred batch size must be <= max batch size for M",
            at: "sequence_batching.oldest.preferred_batch_size[1]"
        ),
        Refusal(
            "sequence_batching { direct { minimum_slot_utilization: 1.5 } }",
            "sequence batching minimum slot utilization must be in range (0.0, 1.0] for M",
            at: "sequence_batching.direct.minimum_slot_utilization"
        ),
        Refusal(
            "sequence_batching { direct { minimum_slot_utilization: -0.5 } }",
            "sequence batching minimum slot utilization must be in range (0.0, 1.0] for M",
            at: "sequence_batching.direct.minimum_slot_utilization"
        ),
        Refusal(
            "sequence_batching { direct { minimum_slot_utilization: nan } }",
            "sequence batching minimum slot utilization must be in range (0.0, 1.0] for M",
            at: "sequence_batching.direct.minimum_slot_utilization"
        ),
        Refusal(
            "sequence_batching { } response_cache { enable: true }",
            "Response Cache does not currently support model M with sequence batching scheduler. Please disable the"
                + " response cache.",
            at: "response_cache.enable"
        ),
    ])
    func checksSequenceBatching(refusal: Refusal) throws {
        var refusal = refusal
        refusal.text = good + refusal.text
        #expect(try refusal.problems() == [refusal.expected])
    }

    @Test func findsNothingWrongWithAGoodConfiguration() throws {
        let text =
            good + #"""
                sequence_batching {
                    direct { minimum_slot_utilization: 1.0 }
                    control_input { name: "S" control { kind: CONTROL_SEQUENCE_START fp32_false_true: [ 0, 1 ] } }
                    control_input { name: "E" control { kind: CONTROL_SEQUENCE_END bool_false_true: [ false, true ] } }
                    control_input { name: "R" control { kind: CONTROL_SEQUENCE_READY int32_false_true: [ 0, 1 ] } }
                    control_input { name: "C" control { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_STRING } }
                }
                """#
        #expect(try Refusal(text, "", at: "").problems() == [])
    }
}
