// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos
import SwiftProtobuf
import Testing

@testable import ModelRepository

private func parse(_ text: String, limits: ConfigTextLimits = ConfigTextLimits()) throws -> Inference_ModelConfig {
    try ModelConfigText.parse(Array(text.utf8), file: "config.pbtxt", limits: limits).config
}

private func failure(of text: String, limits: ConfigTextLimits = ConfigTextLimits()) throws -> ConfigSyntaxError {
    try #require(throws: ConfigSyntaxError.self) { try parse(text, limits: limits) }
}

@Suite struct TextFormatTests {
    /// Different ways to write one thing.
    @Test(arguments: [
        "input { name: \"a\" data_type: TYPE_FP32 dims: 1 dims: 2 }",
        "input: { name: 'a', data_type: TYPE_FP32; dims: [1, 2] };",
        "input < name:\"a\" data_type:11 dims:[0x1,02] >",
        "input [ { name: \"a\" data_type: TYPE_FP32 dims: [ 1 ] dims: 2 } ]",
        "# a comment\ninput: [ < name: # another\r\n 'a' data_type: TYPE_FP32, dims: [ 1, 2, ] > ]"
            .replacing(", ]", with: " ]"),
        "\u{FEFF}input{name:\"\"\n'a' data_type:0xB dims:[1,0x02]}",
        "input { name: \"\\141\" data_type: TYPE_FP32 dims: 1 dims: [] dims: [2] }",
    ])
    func oneInputHoweverWritten(text: String) throws {
        var expected = Inference_ModelConfig()
        expected.input = [
            .with {
                $0.name = "a"
                $0.dataType = .typeFp32
                $0.dims = [1, 2]
            }
        ]
        #expect(try parse(text) == expected)
    }

    @Test(arguments: [
        (#""\a\b\f\n\r\t\v\\\'\"\?""#, "\u{7}\u{8}\u{C}\n\r\t\u{B}\\'\"?"),
        (#""\0\12\101\1234""#, "\0\nAS4"),
        (#""\x41\x4a\X4A\x4Ag""#, "AJJJg"),
        (#""\303\251""#, "é"),
        (#""\xc3\xa9""#, "é"),
        (#""\u00e9\U0001F6E1""#, "é🛡"),
        (#""\ud83d\udee1""#, "🛡"),
        (#""a" 'b' "c""#, "abc"),
        (#"'"'"#, "\""),
        (#""日本""#, "日本"),
    ])
    func strings(literal: String, value: String) throws {
        #expect(try parse("name: \(literal)").name == value)
    }

    @Test(arguments: [
        ("true", true), ("True", true), ("t", true), ("1", true), ("0x1", true),
        ("false", false), ("False", false), ("f", false), ("0", false), ("00", false),
    ])
    func booleans(literal: String, value: Bool) throws {
        #expect(try parse("response_cache { enable: \(literal) }").responseCache.enable == value)
    }

    @Test(arguments: [
        ("0", 0), ("-1", -1), ("- 1", -1), ("0x7FFFFFFFFFFFFFFF", Int64.max), ("-9223372036854775808", .min),
        ("0777", 511), ("-0x10", -16),
    ])
    func integers(literal: String, value: Int64) throws {
        #expect(try parse("input { dims: \(literal) }").input[0].dims == [value])
    }

    @Test(arguments: [
        ("1", 1.0), ("1.5", 1.5), ("1.0f", 1), ("2F", 2), (".5", 0.5), ("5.", 5), ("5.f", 5), ("1e3", 1000),
        ("1.e-2", 0.01), ("-2.5E+1", -25), ("inf", .infinity), ("-Infinity", -.infinity), ("010.5", 10.5),
    ])
    func floats(literal: String, value: Double) throws {
        let config = try parse("model_metrics { metric_control { histogram_options { buckets: \(literal) } } }")
        #expect(config.modelMetrics.metricControl[0].histogramOptions.buckets == [value])
        let single = try parse("sequence_batching { direct { minimum_slot_utilization: \(literal) } }")
        #expect(single.sequenceBatching.direct.minimumSlotUtilization == Float(value))
    }

    @Test func notANumber() throws {
        #expect(
            try parse("sequence_batching { direct { minimum_slot_utilization: nan } }")
                .sequenceBatching.direct.minimumSlotUtilization.isNaN
        )
    }

    @Test func maps() throws {
        let config = try parse(
            """
            parameters: { key: "a" value: { string_value: "1" } }
            parameters { value { string_value: "2" } key: "b" }
            parameters [ { key: "a" value { string_value: "3" } }, { key: "none" } ]
            dynamic_batching { priority_queue_policy { key: 2 value { max_queue_size: 5 } } }
            """
        )
        #expect(config.parameters.mapValues(\.stringValue) == ["a": "3", "b": "2", "none": ""])
        #expect(config.dynamicBatching.priorityQueuePolicy[2]?.maxQueueSize == 5)
    }

    @Test(arguments: [
        ("nam: 'x'", 1, 1, "ModelConfig has no field 'nam', did you mean 'name'?"),
        ("input {\n  datatype: TYPE_FP32\n}", 2, 3, "ModelInput has no field 'datatype', did you mean 'data_type'?"),
        ("zebra_crossing: 1", 1, 1, "ModelConfig has no field 'zebra_crossing'"),
        ("name: 'a'\nname: 'b'", 2, 1, "field 'name' may be given only once"),
        (
            "dynamic_batching { }\nsequence_batching { }", 2, 1,
            "field 'sequence_batching' excludes 'dynamic_batching': both are choices of 'scheduling_choice'"
        ),
        ("name: 5", 1, 7, "'name' takes a string, found '5'"),
        ("name: é", 1, 7, "'name' takes a string, found the byte 0xc3"),
        ("name: 'é' x", 1, 11, "ModelConfig has no field 'x'"),
        ("name 'a'", 1, 6, "expected ':' after 'name', found a string"),
        ("max_batch_size: 'x'", 1, 17, "'max_batch_size' takes a 32-bit integer, found a string"),
        ("max_batch_size: 1.5", 1, 17, "'max_batch_size' takes a 32-bit integer, found '1.5'"),
        ("max_batch_size: 8x", 1, 17, "'max_batch_size' takes a 32-bit integer, found '8x'"),
        ("max_batch_size: 08", 1, 17, "'max_batch_size' takes a 32-bit integer, found '08'"),
        ("max_batch_size: [1]", 1, 17, "'max_batch_size' takes a 32-bit integer, found '['"),
        (
            "max_batch_size: 2147483648", 1, 17,
            "'2147483648' does not fit 'max_batch_size', which is a 32-bit integer"
        ),
        (
            "max_batch_size: -2147483649", 1, 17,
            "'-2147483649' does not fit 'max_batch_size', which is a 32-bit integer"
        ),
        (
            "input { dims: 9223372036854775808 }", 1, 15,
            "'9223372036854775808' does not fit 'dims', which is a 64-bit integer"
        ),
        (
            "input { dims: 0x10000000000000000 }", 1, 15,
            "'0x10000000000000000' does not fit 'dims', which is a 64-bit integer"
        ),
        (
            "dynamic_batching { priority_levels: -1 }", 1, 37,
            "'priority_levels' takes an unsigned 64-bit integer, found '-'"
        ),
        (
            "model_warmup { count: 4294967296 }", 1, 23,
            "'4294967296' does not fit 'count', which is an unsigned 32-bit integer"
        ),
        ("input { data_type: FP32 }", 1, 20, "DataType has no value 'FP32'"),
        ("input { data_type: TYPE_FP33 }", 1, 20, "DataType has no value 'TYPE_FP33', did you mean 'TYPE_FP32'?"),
        ("input { data_type: 15 }", 1, 20, "DataType has no value 15"),
        ("input { optional: yes }", 1, 19, "'optional' takes true or false, found 'yes'"),
        ("input { optional: 2 }", 1, 19, "'optional' takes true or false, found '2'"),
        ("input: 5", 1, 8, "'input' takes a message in braces, found '5'"),
        ("input {", 1, 7, "the message that starts here is not closed by '}'"),
        ("input < }", 1, 9, "expected the name of a field, found '}'"),
        ("}", 1, 1, "expected the name of a field, found '}'"),
        ("input { dims: [1 2] }", 1, 18, "expected ',' or ']' in the list of 'dims', found '2'"),
        ("input { dims: [1,] }", 1, 18, "'dims' takes a 64-bit integer, found ']'"),
        ("input { dims: [1", 1, 15, "the list that starts here is not closed by ']'"),
        ("name: 'a", 1, 7, "the string that starts here is not closed"),
        ("name: 'a\n'", 1, 7, "a string may not run over the end of its line"),
        (#"name: "a\q""#, 1, 9, "unknown escape in a string"),
        (#"name: "\400""#, 1, 8, "an octal escape ends at \\377"),
        (#"name: "\xg""#, 1, 8, "\\x needs one or two hexadecimal digits"),
        (#"name: "\u12""#, 1, 8, "\\u needs 4 hexadecimal digits"),
        (#"name: "\ud83d""#, 1, 8, "an escape names no Unicode character"),
        (#"name: "\ud83d\u0041""#, 1, 8, "half of a surrogate pair in a string"),
        (#"name: "\U00110000""#, 1, 8, "an escape names no Unicode character"),
        (#"name: "\377""#, 1, 7, "the string of 'name' is not UTF-8"),
        ("[com.example.x]: 1", 1, 1, "a model configuration has no extensions"),
        ("name: 'a',, platform: 'b'", 1, 11, "expected the name of a field, found ','"),
    ])
    func errorsHaveAPlace(text: String, line: Int, column: Int, message: String) throws {
        let error = try failure(of: text)
        #expect(error.message == message)
        #expect(error.line == line && error.column == column, "\(error)")
        #expect(error.description == "config.pbtxt:\(line):\(column): \(message)")
    }

    @Test func hostileNamesAreShownShortAndPrintable() throws {
        let error = try failure(of: String(repeating: "x", count: 100_000) + ": 1")
        #expect(error.message.utf8.count < 200)
        let json = try #require(throws: ConfigSyntaxError.self) { try ModelConfigJSON.parse("{\"a\\u202eb\\n\": 1}") }
        #expect(json.message == "ModelConfig has no field 'a\u{FFFD}b\u{FFFD}'")
    }
}

@Suite struct ConfigTextLimitTests {
    @Test func bytes() throws {
        let limits = ConfigTextLimits()
        let text = "name: 'a' #" + String(repeating: "x", count: limits.bytes - 11)
        #expect(try parse(text).name == "a")
        #expect(try failure(of: text + "x").message == "the configuration is longer than 1048576 bytes")
        let tensor = TensorBytes(Array((text + "x").utf8))
        #expect(throws: ConfigSyntaxError.self) { try ModelConfigText.parse(tensor, file: "f") }
        #expect(throws: ConfigSyntaxError.self) {
            try ModelConfigJSON.parse("{}" + String(repeating: " ", count: limits.bytes - 1))
        }
        #expect(try ModelConfigJSON.parse("{}" + String(repeating: " ", count: limits.bytes - 2)).config == .init())
    }

    @Test func depth() throws {
        var limits = ConfigTextLimits()
        limits.depth = 4
        // ModelConfig, sequence_batching, state, initial_state.
        let text = "sequence_batching { state { initial_state { name: 'a' } } }"
        let json = #"{"sequence_batching": {"state": [{"initial_state": [{"name": "a"}]}]}}"#
        #expect(try parse(text, limits: limits).sequenceBatching.state[0].initialState[0].name == "a")
        #expect(try ModelConfigJSON.parse(json, limits: limits).config == parse(text, limits: limits))
        limits.depth = 3
        #expect(try failure(of: text, limits: limits).message == "messages nested more than 3 deep")
        #expect(throws: ConfigSyntaxError.self) { try ModelConfigJSON.parse(json, limits: limits) }
    }

    @Test func values() throws {
        let limits = ConfigTextLimits()
        // One value is the input itself.
        let most = String(repeating: "1,", count: limits.values - 2) + "1"
        #expect(try parse("input { dims: [\(most)] }").input[0].dims.count == limits.values - 1)
        let error = try failure(of: "input { dims: [\(most),1] }")
        #expect(error.message == "more than 65536 values in one configuration")
        // In JSON the lists' fields count too: input, its element and dims.
        let mostJSON = String(repeating: "1,", count: limits.values - 4) + "1"
        #expect(
            try ModelConfigJSON.parse("{\"input\":[{\"dims\":[\(mostJSON)]}]}").config.input[0].dims.count == 65_533
        )
        #expect(throws: ConfigSyntaxError.self) {
            try ModelConfigJSON.parse("{\"input\":[{\"dims\":[\(mostJSON),1]}]}")
        }
    }
}
