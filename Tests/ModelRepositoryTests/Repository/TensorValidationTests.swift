// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos
import ModelRepository
import SwiftProtobuf
import Testing

private let good = """
    name: "M" backend: "custom" max_batch_size: 8 version_policy { all { } }
    instance_group { name: "M_0" kind: KIND_CPU count: 1 }

    """

@Suite struct TensorValidationTests {
    @Test(arguments: ["input", "output"])
    func checksEachTensor(kind: String) throws {
        let rule = "must be integer >= 1, or -1 to indicate a variable-size dimension for M"
        let cases: [(text: String, message: String, path: String)] = [
            ("data_type: TYPE_FP32 dims: 1", "must specify 'name' for M", ""),
            (#"name: "X" dims: 1"#, "'X' must specify 'data_type' for M", ""),
            (#"name: "X" data_type: TYPE_FP32"#, "'X' must specify 'dims' for M", ""),
            (#"name: "X" data_type: TYPE_FP32 dims: [ 1, 0 ]"#, "'X' dimension " + rule, ".dims[1]"),
            (#"name: "X" data_type: TYPE_FP32 dims: -2"#, "'X' dimension " + rule, ".dims[0]"),
            (
                #"name: "X" data_type: TYPE_FP32 dims: 1 reshape { shape: [ 1, 1, 0 ] }"#,
                "'X' reshape dimensions " + rule, ".reshape.shape[2]"
            ),
            (
                #"name: "X" data_type: TYPE_FP32 dims: [ 2, 3 ] reshape { shape: 5 }"#,
                "'X' has different size for dims and reshape for M", ".reshape"
            ),
            (
                #"name: "X" data_type: TYPE_FP32 dims: 2 reshape { }"#,
                "'X' has different size for dims and reshape for M", ".reshape"
            ),
            (
                #"name: "X" data_type: TYPE_FP32 dims: -1 reshape { shape: 1 }"#,
                "'X' has different size for dims and reshape for M", ".reshape"
            ),
            (
                #"name: "X" data_type: TYPE_FP32 dims: [ 2, -1 ] reshape { shape: [ 1, -1 ] }"#,
                "'X' has different size for dims and reshape for M", ".reshape"
            ),
            (
                #"name: "X" data_type: TYPE_FP32 dims: [ -1, -1 ] reshape { shape: -1 }"#,
                "'X' has different number of variable-size dimensions for dims and reshape for M", ".reshape"
            ),
        ]
        for (text, message, path) in cases {
            let refusal = Refusal(
                good + "\(kind) { \(text) }",
                "model \(kind) " + message,
                at: "\(kind)[0]" + path
            )
            #expect(try refusal.problems() == [refusal.expected])
        }
    }

    @Test(arguments: [
        Refusal(
            #"input { name: "X" data_type: TYPE_FP32 dims: [ 1, 1 ] format: FORMAT_NCHW }"#,
            "model input NHWC/NCHW require 3 dims for M",
            at: "input[0].format"
        ),
        Refusal(
            #"input { name: "X" data_type: TYPE_FP32 dims: [ 1, 1, 1, 1 ] format: FORMAT_NHWC }"#,
            "model input NHWC/NCHW require 3 dims for M",
            at: "input[0].format"
        ),
        Refusal(
            #"output { name: "X" data_type: TYPE_FP32 dims: 1 is_shape_tensor: true }"#,
            "shape tensors are only supported for TensorRT platform for M",
            at: "output[0].is_shape_tensor"
        ),
        Refusal(
            #"input { name: "X" data_type: TYPE_FP32 dims: 1 is_non_linear_format_io: true }"#,
            "Non-linear IO format is only supported for the TensorRT platform for M",
            at: "input[0].is_non_linear_format_io"
        ),
        Refusal(
            #"input { name: "X" data_type: TYPE_FP32 dims: [ 4294967296, 4294967296 ] reshape { shape: 1 } }"#,
            "element count for tensor 'X dims' exceeds maximum size of 9223372036854775807 for M",
            at: "input[0].reshape"
        ),
        Refusal(
            #"input { name: "X" data_type: TYPE_FP32 dims: 1 reshape { shape: [ 4294967296, 4294967296 ] } }"#,
            "element count for tensor 'X reshape' exceeds maximum size of 9223372036854775807 for M",
            at: "input[0].reshape"
        ),
        Refusal(
            #"batch_input { kind: BATCH_ITEM_SHAPE data_type: TYPE_INT32 }"#,
            "batch input kind 'BATCH_ITEM_SHAPE' expects 1 source input, got 0 for M",
            at: "batch_input[0].source_input"
        ),
        Refusal(
            #"input { name: "X" data_type: TYPE_FP32 dims: 1 }"#
                + #" batch_input { data_type: TYPE_INT64 source_input: "X" }"#,
            "batch input data type must be TYPE_INT32 or TYPE_FP32 for M",
            at: "batch_input[0].data_type"
        ),
        Refusal(
            #"batch_input { data_type: TYPE_FP32 source_input: "Y" }"#,
            "unknown source input name 'Y' for M",
            at: "batch_input[0].source_input[0]"
        ),
        Refusal(
            #"batch_output { }"#,
            "batch output kind 'BATCH_SCATTER_WITH_INPUT_SHAPE' expects 1 source input, got 0 for M",
            at: "batch_output[0].source_input"
        ),
        Refusal(
            #"batch_output { source_input: "Y" }"#,
            "unknown source input name 'Y' for M",
            at: "batch_output[0].source_input[0]"
        ),
        Refusal(
            #"input { name: "X" data_type: TYPE_FP32 dims: 1 } batch_output { source_input: "X" target_name: "Z" }"#,
            "unknown target output name 'Z' for M",
            at: "batch_output[0].target_name[0]"
        ),
        Refusal(
            #"input { name: "X" data_type: TYPE_FP32 dims: 1 } output { name: "Z" data_type: TYPE_FP32 dims: 1 }"#
                + #" batch_output { source_input: "X" target_name: [ "Z", "Z" ] }"#,
            "target output name 'Z' can only be specified once for M",
            at: "batch_output[0].target_name[1]"
        ),
    ])
    func checksTensorsOfSpecialKinds(refusal: Refusal) throws {
        var refusal = refusal
        refusal.text = good + refusal.text
        #expect(try refusal.problems() == [refusal.expected])
    }

    @Test func checksFieldsThatOnlyTensorRTHas() throws {
        let text =
            #"name: "M" backend: "tensorrt" platform: "tensorrt_plan" version_policy { all { } }"#
            + #" instance_group { name: "G" kind: KIND_CPU profile: "0" }"#
            + #" output { name: "X" data_type: TYPE_FP32 dims: [ 1, 1 ] is_non_linear_format_io: true"#
            + #" is_shape_tensor: true }"#
        let refusal = Refusal(text, "Non-linear IO format output requires 3 dims for M", at: "output[0].dims")
        #expect(try refusal.problems() == [refusal.expected])
    }

    @Test func refusesAScalarWithoutABatch() throws {
        let refusal = Refusal(
            #"name: "M" backend: "custom" version_policy { all { } } instance_group { kind: KIND_CPU }"#
                + #" input { name: "X" data_type: TYPE_FP32 dims: 1 reshape { } }"#,
            "model input 'X' cannot have empty reshape for non-batching model as scalar tensors are not supported"
                + " for M",
            at: "input[0].reshape"
        )
        #expect(try refusal.problems() == [refusal.expected])
    }

    @Test(arguments: [
        ("[ 2, 4, -1, 6 ]", "[ 8, -1, 1, 6 ]"), ("[ -1 ]", "[ -1, 1 ]"), ("[ -1, -1 ]", "[ -1, -1 ]"),
        ("[ 1, 1 ]", "[ ]"),
        ("[ 6 ]", "[ 2, 3 ]"),
    ])
    func allowsAReshape(dims: String, shape: String) throws {
        let text = good + #"input { name: "X" data_type: TYPE_FP32 dims: \#(dims) reshape { shape: \#(shape) } }"#
        #expect(try Refusal(text, "", at: "").problems() == [])
    }

    @Test func leavesTensorsAloneBeforeAutoComplete() throws {
        #expect(try Refusal(good + "input { }", "", at: "").problems(stage: .beforeAutoComplete) == [])
    }

    @Test func convertsTensors() throws {
        let config = try Inference_ModelConfig(
            textFormatString: """
                input { name: "A" data_type: TYPE_STRING dims: [ -1, 2 ] allow_ragged_batch: true optional: true }
                input { name: "B" data_type: TYPE_BF16 dims: 1 reshape { } }
                output { name: "C" data_type: TYPE_BOOL dims: [ 2, 2 ] reshape { shape: 4 } }
                """
        )
        #expect(
            config.tensorInputs() == [
                TensorSpec(name: "A", dataType: .bytes, shape: [-1, 2], isOptional: true, allowsRaggedBatch: true),
                TensorSpec(name: "B", dataType: .bf16, shape: [1], engineShape: []),
            ]
        )
        #expect(config.tensorOutputs() == [TensorSpec(name: "C", dataType: .bool, shape: [2, 2], engineShape: [4])])
        for type in DataType.allCases { #expect(Inference_DataType(type).dataType == type) }
        #expect(Inference_DataType.typeInvalid.dataType == nil)
        #expect(Inference_DataType.UNRECOGNIZED(300).dataType == nil)
    }
}
