// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos
import ModelRepository
import SwiftProtobuf
import Testing

/// One configuration that is wrong in one way, and what is said of it.
struct Refusal: CustomTestStringConvertible {
    var text: String
    var message: String
    var path: String

    init(_ text: String, _ message: String, at path: String) {
        self.text = text
        self.message = message
        self.path = path
    }

    var testDescription: String { message }

    /// Without the fields that a good configuration needs and the text does not set.
    func problems(stage: ConfigValidator.Stage = .complete) throws -> [ConfigProblem] {
        let config = try Inference_ModelConfig(textFormatString: text)
        return ConfigValidator.problems(in: config, stage: stage)
    }

    var expected: ConfigProblem { ConfigProblem(message, at: path) }
}

private let good = """
    name: "M" backend: "custom" max_batch_size: 8 version_policy { latest { num_versions: 1 } }
    instance_group { name: "M_0" kind: KIND_CPU count: 1 }

    """

@Suite struct ConfigValidatorTests {
    @Test func findsNothingWrongWithAGoodConfiguration() throws {
        let text =
            good + """
                input { name: "A" data_type: TYPE_FP32 dims: [ 4, -1 ] reshape { shape: [ 2, 2, -1 ] } }
                input { name: "S" data_type: TYPE_INT32 dims: [ 1 ] reshape { } }
                output { name: "B" data_type: TYPE_STRING dims: 1 }
                batch_input { kind: BATCH_ELEMENT_COUNT target_name: "N" data_type: TYPE_INT32 source_input: "A" }
                batch_output { target_name: "B" kind: BATCH_SCATTER_WITH_INPUT_SHAPE source_input: "A" }
                dynamic_batching {
                    preferred_batch_size: [ 1, 8 ] priority_levels: 2 default_priority_level: 2
                    priority_queue_policy { key: 1 value { timeout_action: DELAY default_timeout_microseconds: 1 } }
                }
                model_metrics { metric_control {
                    metric_identifier { family: "F" } histogram_options { buckets: 1 }
                } }
                """
        #expect(try Refusal(text, "", at: "").problems() == [])
    }

    @Test(arguments: [
        Refusal(
            #"backend: "custom" version_policy { all { } }"#,
            "model configuration must specify 'name'",
            at: "name"
        ),
        Refusal(
            #"name: "M" platform: "caffe" version_policy { all { } }"#,
            "unexpected platform type 'caffe' for M",
            at: "platform"
        ),
        Refusal(
            #"name: "M" version_policy { all { } }"#,
            "unexpected platform type '' for M: set 'backend'",
            at: "platform"
        ),
        Refusal(
            #"name: "M" default_model_filename: "x.onnx" version_policy { all { } }"#,
            "unexpected platform type '' for M: set 'backend', as in backend: \"onnxruntime\"",
            at: "platform"
        ),
        Refusal(
            #"name: "M" backend: "identity" platform: "onnxruntime_onnx" version_policy { all { } }"#,
            "unexpected 'platform' and 'backend' pair, got:onnxruntime_onnx, identity",
            at: "platform"
        ),
        Refusal(
            #"name: "M" backend: "onnxruntime" platform: "custom" version_policy { all { } }"#,
            "unexpected 'platform' and 'backend' pair, got:custom, onnxruntime",
            at: "platform"
        ),
        Refusal(
            #"name: "M" backend: "python" platform: "tensorflow_savedmodel" version_policy { all { } }"#,
            "unexpected 'platform' and 'backend' pair, got:tensorflow_savedmodel, python",
            at: "platform"
        ),
        Refusal(
            #"name: "M" backend: "onnxruntime" platform: "tensorrt_plan" version_policy { all { } }"#,
            "unexpected 'platform' and 'backend' pair, got:tensorrt_plan, onnxruntime",
            at: "platform"
        ),
        Refusal(
            #"name: "M" backend: "pytorch" platform: "libtorch" version_policy { all { } }"#,
            "unexpected 'platform' and 'backend' pair, got:libtorch, pytorch",
            at: "platform"
        ),
        Refusal(
            #"name: "M" backend: "custom" runtime: "../lib.so" version_policy { all { } }"#,
            "backend library name '../lib.so' escapes backend directory",
            at: "runtime"
        ),
        Refusal(
            #"name: "M" backend: "custom" max_batch_size: -1 version_policy { all { } }"#,
            "'max_batch_size' must be non-negative value for M",
            at: "max_batch_size"
        ),
        Refusal(
            #"name: "M" backend: "custom""#,
            "must specify 'version policy' for M",
            at: "version_policy"
        ),
        Refusal(
            #"name: "M" backend: "custom" platform: "ensemble" version_policy { all { } }"#,
            "Ensemble model 'M' must have platform type 'ensemble' and empty backend type",
            at: "backend"
        ),
        Refusal(
            good + "response_cache { enable: true } model_transaction_policy { decoupled: true }",
            "Response Cache does not currently support model M with 'decoupled' transaction policy."
                + " Please disable the response cache.",
            at: "response_cache.enable"
        ),
    ])
    func checksTheModel(refusal: Refusal) throws {
        #expect(try refusal.problems(stage: .beforeAutoComplete).first == refusal.expected)
    }

    @Test(arguments: [
        ("onnxruntime", "onnxruntime_onnx"), ("pytorch", "torch_aoti"), ("identity", ""), ("openvino", "custom"),
    ])
    func takesPairs(backend: String, platform: String) throws {
        let text = "name: \"M\" backend: \"\(backend)\" platform: \"\(platform)\" version_policy { all { } }"
        #expect(try Refusal(text, "", at: "").problems(stage: .beforeAutoComplete) == [])
    }

    @Test(arguments: ["input", "output"])
    func refusesTwoTensorsOfOneName(kind: String) throws {
        let tensor = { (name: String) in "\(kind) { name: \"\(name)\" data_type: TYPE_FP32 dims: 1 } " }
        #expect(try Refusal(good + tensor("X") + tensor("Y"), "", at: "").problems() == [])
        let refusal = Refusal(
            good + tensor("X") + tensor("Y") + tensor("X"),
            "model \(kind) 'X' is specified more than once for M",
            at: "\(kind)[2].name"
        )
        #expect(try refusal.problems() == [refusal.expected])
    }

    @Test func tellsThatNeitherPlatformNorBackendIsGiven() throws {
        let problems = try Refusal(#"name: "M" version_policy { all { } }"#, "", at: "").problems(
            stage: .beforeAutoComplete
        )
        #expect(problems.map(\.message).contains("must specify 'platform' or 'backend' for 'M'"))
    }

    @Test(arguments: [
        Refusal(
            "model_metrics { metric_control { histogram_options { buckets: 1 } } }",
            "metric control must specify 'metric_identifier'",
            at: "model_metrics.metric_control[0]"
        ),
        Refusal(
            "model_metrics { metric_control { metric_identifier { } histogram_options { buckets: 1 } } }",
            "metric identifier must specify non-empty 'family'",
            at: "model_metrics.metric_control[0].metric_identifier.family"
        ),
        Refusal(
            #"model_metrics { metric_control { metric_identifier { family: "F" } } }"#,
            "metric control must specify 'histogram_options'",
            at: "model_metrics.metric_control[0]"
        ),
        Refusal(
            #"model_metrics { metric_control { metric_identifier { family: "F" } histogram_options { } } }"#,
            "histogram options must specify non-empty 'buckets'",
            at: "model_metrics.metric_control[0].histogram_options.buckets"
        ),
        Refusal(
            "dynamic_batching { preferred_batch_size: [ 8, 0 ] }",
            "dynamic batching preferred size must be positive for M",
            at: "dynamic_batching.preferred_batch_size[1]"
        ),
        Refusal(
            "dynamic_batching { preferred_batch_size: 9 }",
            "dynamic batching preferred size must be <= max batch size for M",
            at: "dynamic_batching.preferred_batch_size[0]"
        ),
        Refusal(
            "dynamic_batching { priority_levels: 2 }",
            "default priority level must be in range [1, 2] for M",
            at: "dynamic_batching.default_priority_level"
        ),
        Refusal(
            "dynamic_batching { priority_levels: 2 default_priority_level: 3 }",
            "default priority level must be in range [1, 2] for M",
            at: "dynamic_batching.default_priority_level"
        ),
        Refusal(
            "dynamic_batching { priority_levels: 2 default_priority_level: 2 "
                + "priority_queue_policy { key: 3 value { } } }",
            "priority queue policy must have priority level in range [1, 2] for M",
            at: "dynamic_batching.priority_queue_policy"
        ),
        Refusal(
            "dynamic_batching { priority_levels: 2 default_priority_level: 1 preserve_ordering: true }",
            "Only one priority level is allowed when 'preserve_ordering' is true for M",
            at: "dynamic_batching.priority_levels"
        ),
        Refusal(
            "dynamic_batching { preserve_ordering: true "
                + "default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 1 } }",
            "Queue policy can not have DELAY as timeout action when 'preserve_ordering' is true for M",
            at: "dynamic_batching.preserve_ordering"
        ),
        Refusal(
            "dynamic_batching { priority_levels: 1 default_priority_level: 1 preserve_ordering: true "
                + "priority_queue_policy { key: 1 value { timeout_action: DELAY default_timeout_microseconds: 1 } } }",
            "Queue policy can not have DELAY as timeout action when 'preserve_ordering' is true for M",
            at: "dynamic_batching.preserve_ordering"
        ),
    ])
    func checksMetricsAndDynamicBatching(refusal: Refusal) throws {
        var refusal = refusal
        refusal.text = good + refusal.text
        #expect(try refusal.problems() == [refusal.expected])
    }

    @Test func allowsADelayWithoutATimeoutWhileOrdering() throws {
        let text = good + "dynamic_batching { preserve_ordering: true default_queue_policy { timeout_action: DELAY } }"
        #expect(try Refusal(text, "", at: "").problems() == [])
    }

    @Test(arguments: [
        Refusal(
            #"name: "M" backend: "custom" version_policy { all { } }"#,
            "must specify one or more 'instance group's for M",
            at: "instance_group"
        ),
        Refusal(
            good + #"instance_group { name: "G" kind: KIND_CPU gpus: 0 }"#,
            "instance group G of model M has kind KIND_CPU but specifies one or more GPUs",
            at: "instance_group[1].gpus"
        ),
        Refusal(
            good + #"instance_group { name: "G" kind: KIND_MODEL gpus: 0 }"#,
            "instance group G of model M has kind KIND_MODEL but specifies one or more GPUs",
            at: "instance_group[1].gpus"
        ),
        Refusal(
            good + #"instance_group { name: "G" kind: KIND_GPU }"#,
            "instance group G of model M has kind KIND_GPU but server does not support GPUs",
            at: "instance_group[1].kind"
        ),
        Refusal(
            good + #"instance_group { name: "G" }"#,
            "instance group G of model M has unexpected kind KIND_AUTO",
            at: "instance_group[1].kind"
        ),
        Refusal(
            good + #"instance_group { name: "G" kind: KIND_CPU profile: "0" }"#,
            "instance group G of model M and platform specifies profile field which is only supported for"
                + " TensorRT models",
            at: "instance_group[1].profile"
        ),
    ])
    func checksInstanceGroups(refusal: Refusal) throws {
        #expect(try refusal.problems() == [refusal.expected])
    }

    @Test func throwsTheFirstProblem() throws {
        let config = try Inference_ModelConfig(textFormatString: #"name: "M" backend: "custom" max_batch_size: -1"#)
        #expect(throws: ServingError(.invalidArgument, "'max_batch_size' must be non-negative value for M")) {
            try ConfigValidator.validate(config, stage: .complete)
        }
    }
}
