// SPDX-License-Identifier: Apache-2.0
import InferenceProtos
import SwiftProtobuf
import Testing

@testable import ModelRepository

@Suite struct ConfigJSONTests {
    /// What tritonserver answers for such a configuration, with the fields that newer versions have.
    @Test func printsAsTriton() throws {
        let text = """
            name: "simple" platform: "onnxruntime_onnx" backend: "onnxruntime" max_batch_size: 8
            version_policy { latest { num_versions: 1 } }
            input { name: "IN" data_type: TYPE_INT32 dims: [ 16, -1 ] reshape { shape: [ ] } }
            output { name: "OUT" data_type: TYPE_STRING dims: 16 }
            optimization { input_pinned_memory { enable: true } output_pinned_memory { enable: true } }
            dynamic_batching { priority_queue_policy { key: 10 value { } } priority_queue_policy { key: 9 value { } } }
            parameters { key: "b" value { string_value: "x\\"\\\\/\\n\\001é" } } parameters { key: "a" value { } }
            """
        let expected =
            #"{"name":"simple","platform":"onnxruntime_onnx","backend":"onnxruntime","runtime":"","#
            + #""version_policy":{"latest":{"num_versions":1}},"max_batch_size":8,"#
            + #""input":[{"name":"IN","data_type":"TYPE_INT32","format":"FORMAT_NONE","dims":[16,-1],"#
            + #""reshape":{"shape":[]},"is_shape_tensor":false,"allow_ragged_batch":false,"optional":false,"#
            + #""is_non_linear_format_io":false}],"#
            + #""output":[{"name":"OUT","data_type":"TYPE_STRING","dims":[16],"label_filename":"","#
            + #""is_shape_tensor":false,"is_non_linear_format_io":false}],"batch_input":[],"batch_output":[],"#
            + #""optimization":{"priority":"PRIORITY_DEFAULT","input_pinned_memory":{"enable":true},"#
            + #""output_pinned_memory":{"enable":true},"gather_kernel_buffer_threshold":0,"eager_batching":false},"#
            + #""dynamic_batching":{"preferred_batch_size":[],"max_queue_delay_microseconds":0,"#
            + #""preserve_ordering":false,"priority_levels":0,"default_priority_level":0,"priority_queue_policy":{"#
            + #""9":{"timeout_action":"REJECT","default_timeout_microseconds":0,"allow_timeout_override":false,"#
            + #""max_queue_size":0},"#
            + #""10":{"timeout_action":"REJECT","default_timeout_microseconds":0,"allow_timeout_override":false,"#
            + #""max_queue_size":0}}},"instance_group":[],"default_model_filename":"","cc_model_filenames":{},"#
            + #""metric_tags":{},"parameters":{"a":{"string_value":""},"#
            + #""b":{"string_value":"x\"\\/\n\u0001é"}},"model_warmup":[]}"#
        #expect(ModelConfigJSON.print(try ModelConfigText.parse(Array(text.utf8), file: "").config) == expected)
    }

    /// Triton takes protobuf's quotes off 64-bit integers, but not everywhere.
    @Test func quotesTheIntegersThatTritonForgot() throws {
        let text = """
            instance_group { secondary_devices { device_id: 3 } }
            sequence_batching { oldest { max_queue_delay_microseconds: 18446744073709551615 }
                state { dims: 4 initial_state { dims: [ 5 ] zero_data: false } } }
            optimization { cuda { graph_spec { input { key: "a" value { dim: 6 } } } } }
            """
        let json = ModelConfigJSON.print(try ModelConfigText.parse(Array(text.utf8), file: "").config)
        #expect(json.contains(#""device_id":"3""#))
        #expect(
            json.contains(#""initial_state":[{"data_type":"TYPE_INVALID","dims":["5"],"zero_data":false,"name":""}]"#)
        )
        #expect(json.contains(#""dims":[4]"#))
        #expect(json.contains(#""input":{"a":{"dim":["6"]}}"#))
        #expect(json.contains(#""max_queue_delay_microseconds":18446744073709551615"#))
    }

    @Test(arguments: [
        (0.0 as Float, "0"), (1, "1"), (0.5, "0.5"), (-2.25, "-2.25"), (100_000, "100000"), (1e6, "1000000.0"),
        (1_234_567, "1234567"), (16_777_216, "16777216"), (1e20, "100000000000000000000.0"), (1e21, "1e21"),
        (1.5e30, "1.5e30"), (0.1, "0.1"), (1e-5, "0.00001"), (1e-6, "0.000001"), (1e-7, "1e-7"),
        (.infinity, "\"Infinity\""),
        (-.infinity, "\"-Infinity\""), (.nan, "\"NaN\""),
    ])
    func floats(value: Float, text: String) { #expect(JSONNumberText.text(value) == text) }

    @Test(arguments: [(1e14, "100000000000000"), (1e15, "1000000000000000.0"), (123.456, "123.456"), (-0.0, "-0.0")])
    func doubles(value: Double, text: String) { #expect(JSONNumberText.text(value) == text) }

    @Test(arguments: [
        #"{"max_batch_size": 8}"#, #"{"maxBatchSize": 8}"#, #"{"maxBatchSize": "8"}"#, #"{"max_batch_size": 8.0}"#,
        #"{"max_batch_size": 0.8e1}"#, " {\"max\\u005fbatch_size\" :8 , \"name\": null}\n",
    ])
    func oneNumberHoweverWritten(text: String) throws {
        #expect(try ModelConfigJSON.parse(text).config == .with { $0.maxBatchSize = 8 })
    }

    @Test(arguments: ["\"TYPE_FP32\"", "\"type_fp32\"", "11", "11.0"])
    func enumsHoweverWritten(literal: String) throws {
        let config = try ModelConfigJSON.parse(#"{"input": [{"data_type": \#(literal), "dims": ["3", 224]}]}"#).config
        #expect(
            config.input == [
                .with {
                    $0.dataType = .typeFp32; $0.dims = [3, 224]
                }
            ]
        )
    }

    @Test func maps() throws {
        let config = try ModelConfigJSON.parse(
            #"{"parameters": {"a": {"string_value": "é\ud83d\udee1\/"}},"dynamicBatching": {"priority_queue_policy": {"2": {"maxQueueSize": 5}}}}"#
        ).config
        #expect(config.parameters["a"]?.stringValue == "é🛡/")
        #expect(config.dynamicBatching.priorityQueuePolicy[2]?.maxQueueSize == 5)
    }

    @Test(arguments: [
        ("", 1, 1, "the configuration takes an object, found the end of the text"),
        ("[]", 1, 1, "the configuration takes an object, found an array"),
        ("{} {}", 1, 4, "expected the end of the text, found an object"),
        ("{\"nme\": 1}", 1, 2, "ModelConfig has no field 'nme', did you mean 'name'?"),
        ("{\"MaxBatchSize\": 1}", 1, 2, "ModelConfig has no field 'MaxBatchSize', did you mean 'max_batch_size'?"),
        ("{\"name\": 5}", 1, 10, "'name' takes a string, found the number '5'"),
        ("{\n  \"name\": \"a\",\n  \"name\": \"b\"}", 3, 3, "field 'name' may be given only once"),
        ("{\"maxBatchSize\": 1, \"max_batch_size\": 1}", 1, 21, "field 'max_batch_size' may be given only once"),
        ("{\"input\": [], \"input\": [{}], \"input\": [{}]}", 1, 30, "field 'input' may be given only once"),
        ("{\"max_batch_size\": 1.5}", 1, 20, "'max_batch_size' takes a 32-bit integer, found the number '1.5'"),
        (
            "{\"max_batch_size\": 2147483648}", 1, 20,
            "'max_batch_size' takes a 32-bit integer, found the number '2147483648'"
        ),
        (
            "{\"input\": [{\"dims\": [-9223372036854775809]}]}", 1, 22,
            "'dims' takes a 64-bit integer, found the number '-9223372036854775809'"
        ),
        ("{\"max_batch_size\": \"eight\"}", 1, 20, "'max_batch_size' takes a 32-bit integer, found the string 'eight'"),
        ("{\"max_batch_size\": 08}", 1, 20, "not JSON: the number '08'"),
        ("{\"max_batch_size\": +8}", 1, 20, "not JSON: no value starts with '+'"),
        ("{\"max_batch_size\": 1.}", 1, 20, "not JSON: the number '1.'"),
        ("{\"max_batch_size\": NaN}", 1, 20, "not JSON: no value starts with 'N'"),
        ("{\"input\": {}}", 1, 11, "'input' takes an array, found an object"),
        ("{\"input\": [null]}", 1, 12, "'input' takes an object, found 'null'"),
        ("{\"input\": [{\"optional\": \"true\"}]}", 1, 25, "'optional' takes true or false, found the string 'true'"),
        ("{\"input\": [{\"data_type\": \"FP32\"}]}", 1, 26, "DataType has no value 'FP32'"),
        ("{\"input\": [{\"data_type\": 99}]}", 1, 26, "DataType has no value '99'"),
        ("{\"parameters\": {\"a\": {}, \"a\": {}}}", 1, 26, "'parameters' has the key 'a' twice"),
        ("{\"parameters\": {\"a\": \"b\"}}", 1, 22, "'parameters' takes an object, found the string 'b'"),
        (
            "{\"dynamic_batching\": {\"priority_queue_policy\": {\"x\": {}}}}", 1, 49,
            "'priority_queue_policy' takes an unsigned 64-bit integer, found the string 'x'"
        ),
        (
            "{\"dynamic_batching\": {}, \"sequence_batching\": {}}", 1, 26,
            "field 'sequence_batching' excludes 'dynamic_batching': both are choices of 'scheduling_choice'"
        ),
        ("{\"name\" \"a\"}", 1, 9, "expected ':' after 'name', found the string 'a'"),
        ("{\"name\": \"a\",}", 1, 14, "expected a member's name, found '}'"),
        ("{\"name\": \"a\"", 1, 13, "expected ',' or '}', found the end of the text"),
        ("{\"name\": \"a", 1, 10, "not JSON: the string that starts here is not closed"),
        ("{\"name\": \"a\tb\"}", 1, 12, "not JSON: a control character in a string"),
        ("{\"name\": \"\\x41\"}", 1, 11, "not JSON: an unknown escape in a string"),
        ("{\"name\": 'a'}", 1, 10, "not JSON: no value starts with '''"),
        ("{\"name\": nil}", 1, 10, "not JSON: 'nil'"),
        ("{\"\u{212A}ind\": 1}", 1, 2, "ModelConfig has no field '\u{212A}ind'"),
    ])
    func errorsHaveAPlace(text: String, line: Int, column: Int, message: String) throws {
        let error = try #require(throws: ConfigSyntaxError.self) { try ModelConfigJSON.parse(text) }
        #expect(error.message == message)
        #expect(error.line == line && error.column == column, "\(error)")
    }
}
