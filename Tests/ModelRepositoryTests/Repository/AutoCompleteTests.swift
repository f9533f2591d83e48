// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos
import ModelRepository
import SwiftProtobuf
import Testing

@Suite struct AutoCompleteTests {
    private static let batching = GraphSignature(
        inputs: [
            GraphTensor(name: "a", dataType: .fp32, shape: [-1, 16]),
            GraphTensor(name: "b", dataType: .int64, shape: [-1]),
        ],
        outputs: [GraphTensor(name: "c", dataType: .bytes, shape: [-1, -1, 2])]
    )
    private static let fixed = GraphSignature(
        inputs: [
            GraphTensor(name: "a", dataType: .fp32, shape: [-1, 16]),
            GraphTensor(name: "s", dataType: .bool, shape: []),
        ],
        outputs: [GraphTensor(name: "c", dataType: .bf16, shape: [1, 10])]
    )

    private static let batchingInputs = """
        input { name: "a" data_type: TYPE_FP32 dims: 16 }
        input { name: "b" data_type: TYPE_INT64 dims: 1 reshape { } }

        """
    private static let batchingOutputs = #"output { name: "c" data_type: TYPE_STRING dims: [ -1, 2 ] } "#
    private static let fixedTensors = """
        input { name: "a" data_type: TYPE_FP32 dims: [ -1, 16 ] }
        input { name: "s" data_type: TYPE_BOOL dims: 1 }
        output { name: "c" data_type: TYPE_BF16 dims: [ 1, 10 ] }
        """

    /// Text of the configuration before and after.
    @Test(arguments: [
        ("", batchingInputs + batchingOutputs + "max_batch_size: 4 dynamic_batching { }"),
        ("max_batch_size: 1", batchingInputs + batchingOutputs + "max_batch_size: 1"),
        ("max_batch_size: 16", batchingInputs + batchingOutputs + "max_batch_size: 16 dynamic_batching { }"),
        (
            "max_batch_size: 16 sequence_batching { }",
            batchingInputs + batchingOutputs + "max_batch_size: 16 sequence_batching { }"
        ),
        (
            "dynamic_batching { max_queue_delay_microseconds: 7 }",
            batchingInputs + batchingOutputs
                + "max_batch_size: 4 dynamic_batching { max_queue_delay_microseconds: 7 }"
        ),
        (
            #"input { name: "mine" }"#,
            #"input { name: "mine" } "# + batchingOutputs + "max_batch_size: 4 dynamic_batching { }"
        ),
        (
            #"output { name: "mine" }"#,
            #"output { name: "mine" } "# + batchingInputs + "max_batch_size: 4 dynamic_batching { }"
        ),
        (
            #"batch_input { }"#,
            #"batch_input { } "# + batchingOutputs + "max_batch_size: 4 dynamic_batching { }"
        ),
        // Both are there: nothing is filled, not even the batch.
        (#"input { name: "mine" } output { name: "mine" }"#, #"input { name: "mine" } output { name: "mine" }"#),
    ])
    func fillsWhatIsMissingOfAModelThatBatches(before: String, after: String) throws {
        var config = try Inference_ModelConfig(textFormatString: before)
        let lines = try AutoComplete.complete(&config, graph: Self.batching, defaultMaxBatchSize: 4)
        #expect(config == (try Inference_ModelConfig(textFormatString: after)))
        #expect(lines.isEmpty == (before == after))
    }

    @Test func fillsAModelThatDoesNotBatch() throws {
        var config = Inference_ModelConfig()
        let lines = try AutoComplete.complete(&config, graph: Self.fixed, defaultMaxBatchSize: 4)
        #expect(config == (try Inference_ModelConfig(textFormatString: Self.fixedTensors)))
        #expect(lines == [#"input: "a", "s", from the model's graph"#, #"output: "c", from the model's graph"#])
    }

    @Test func refusesABatchThatTheGraphHasNoRoomFor() throws {
        var config = try Inference_ModelConfig(textFormatString: #"name: "m" max_batch_size: 2"#)
        #expect(
            throws: ServingError(
                .invalidArgument,
                "autofill failed for model 'm': model does not support batching while non-zero max_batch_size is"
                    + " specified"
            )
        ) {
            try AutoComplete.complete(&config, graph: Self.fixed, defaultMaxBatchSize: 4)
        }
    }

    @Test(arguments: [(0, 0, false), (1, 1, false), (2, 2, true), (-1, 0, false), (Int.max, Int32.max, true)])
    func takesTheDefaultBatch(given: Int, expected: Int32, batches: Bool) throws {
        var config = Inference_ModelConfig()
        _ = try AutoComplete.complete(&config, graph: Self.batching, defaultMaxBatchSize: given)
        #expect(config.maxBatchSize == expected)
        #expect((config.schedulingChoice != nil) == batches)
    }

    @Test(arguments: [
        ("", "version_policy { latest { num_versions: 1 } }"),
        ("version_policy { all { } }", "version_policy { all { } }"),
        ("version_policy { }", "version_policy { latest { num_versions: 1 } }"),
        (
            "max_batch_size: 8 dynamic_batching { }",
            "max_batch_size: 8 dynamic_batching { preferred_batch_size: 8 }"
                + " version_policy { latest { num_versions: 1 } }"
        ),
        ("dynamic_batching { }", "dynamic_batching { } version_policy { latest { num_versions: 1 } }"),
        (
            "max_batch_size: 8 sequence_batching { oldest { } }",
            "max_batch_size: 8 sequence_batching { max_sequence_idle_microseconds: 1000000"
                + " oldest { preferred_batch_size: 8 } } version_policy { latest { num_versions: 1 } }"
        ),
        (
            "max_batch_size: 8 sequence_batching { max_sequence_idle_microseconds: 5 direct { } }",
            "max_batch_size: 8 sequence_batching { max_sequence_idle_microseconds: 5 direct { } }"
                + " version_policy { latest { num_versions: 1 } }"
        ),
    ])
    func normalizes(before: String, after: String) throws {
        var config = try Inference_ModelConfig(textFormatString: before)
        _ = Normalization.normalize(&config)
        let pinned = " optimization { input_pinned_memory { enable: true } output_pinned_memory { enable: true } }"
        #expect(config == (try Inference_ModelConfig(textFormatString: after + pinned)))
    }

    @Test func leavesMemoryAloneThatWasSetAndThatAnEnsembleHasNot() throws {
        var config = try Inference_ModelConfig(
            textFormatString: "optimization { input_pinned_memory { enable: false } } version_policy { all { } }"
        )
        #expect(Normalization.normalize(&config) == [])
        #expect(!config.optimization.inputPinnedMemory.enable && config.optimization.outputPinnedMemory.enable)
        var ensemble = try Inference_ModelConfig(textFormatString: "ensemble_scheduling { }")
        _ = Normalization.normalize(&ensemble)
        _ = Normalization.normalizeInstanceGroups(&ensemble)
        #expect(!ensemble.hasOptimization && ensemble.instanceGroup.isEmpty)
    }

    @Test(arguments: [
        (#"backend: "onnxruntime""#, #"instance_group { name: "m" kind: KIND_CPU count: 2 }"#),
        (#"backend: "python""#, #"instance_group { name: "m" kind: KIND_CPU count: 1 }"#),
        (
            #"backend: "onnxruntime" instance_group { } instance_group { name: "g" count: 5 }"#,
            #"instance_group { name: "m_0" kind: KIND_CPU count: 2 }"#
                + #" instance_group { name: "g" kind: KIND_CPU count: 5 }"#
        ),
        (
            #"backend: "onnxruntime" instance_group { kind: KIND_MODEL } instance_group { kind: KIND_GPU gpus: 1 }"#,
            #"instance_group { name: "m_0" kind: KIND_MODEL count: 1 }"#
                + #" instance_group { name: "m_1" kind: KIND_GPU gpus: 1 count: 1 }"#
        ),
    ])
    func normalizesInstanceGroups(before: String, groups: String) throws {
        var config = try Inference_ModelConfig(textFormatString: #"name: "m" "# + before)
        _ = Normalization.normalizeInstanceGroups(&config)
        #expect(config.instanceGroup == (try Inference_ModelConfig(textFormatString: groups).instanceGroup))
    }
}
