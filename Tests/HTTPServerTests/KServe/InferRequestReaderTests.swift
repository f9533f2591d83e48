// SPDX-License-Identifier: Apache-2.0
import Inference
import TestSupport
import Testing

@testable import HTTPServer

@Suite struct InferRequestReaderTests {
    static func input(_ members: String) -> String { "{\"inputs\":[{\(members)}]}" }

    @Test func readsABinaryInputInPlace() throws {
        let binary = [Float](arrayLiteral: 1, 2, 3).withUnsafeBytes { Array($0) }
        let decoded = try readRequest(
            """
            {"id":"7","inputs":[{"name":"IN","shape":[1,3],"datatype":"FP32","parameters":{"binary_data_size":12}}],
             "outputs":[{"name":"OUT","parameters":{"binary_data":true}},
             {"name":"TOP","parameters":{"classification":3}}]}
            """,
            binary: binary
        )
        #expect(decoded.fields.id == "7")
        #expect(decoded.fields.inputs.map(\.name) == ["IN"])
        #expect(decoded.fields.inputs[0].dataType == .fp32)
        #expect(decoded.fields.inputs[0].shape == [1, 3])
        #expect(decoded.fields.inputs[0].bytes.values(Float.self) == [1, 2, 3])
        #expect(decoded.fields.requestedOutputs.map(\.name) == ["OUT", "TOP"])
        #expect(decoded.fields.requestedOutputs.map(\.classificationCount) == [0, 3])
        #expect(decoded.outputPlan.isBinary("OUT"))
        #expect(!decoded.outputPlan.isBinary("TOP"))
    }

    @Test func takesBinaryInputsInTheOrderOfTheJSON() throws {
        let decoded = try readRequest(
            """
            {"inputs":[{"name":"B","shape":[2],"datatype":"UINT8","parameters":{"binary_data_size":2}},
            {"name":"E","shape":[0],"datatype":"UINT8","parameters":{"binary_data_size":0}},
            {"name":"J","shape":[1],"datatype":"INT8","data":[-5]},
            {"name":"A","shape":[3],"datatype":"UINT8","parameters":{"binary_data_size":3}}]}
            """,
            binary: [1, 2, 3, 4, 5]
        )
        #expect(decoded.fields.inputs.map(\.bytes.array) == [[1, 2], [], [0xFB], [3, 4, 5]])
    }

    @Test(arguments: [
        ("[[1,2],[3,4]]", "[2,2]"), ("[1,2,3,4]", "[2,2]"), ("[[[[1]],2],[[3,4]],[]]", "[4]"),
        (" [ 1 , 2 ,\n3,\t4 ] ", "[4,1]"),
    ])
    func readsNestedAndFlatArrays(_ data: String, _ shape: String) throws {
        let decoded = try readRequest(
            Self.input("\"name\":\"IN\",\"shape\":\(shape),\"datatype\":\"INT32\",\"data\":\(data)")
        )
        #expect(decoded.fields.inputs[0].bytes.values(Int32.self) == [1, 2, 3, 4])
    }

    @Test func readsDataThatComesFirst() throws {
        let decoded = try readRequest(
            Self.input("\"data\":[\"a\",[\"\\u00e9\",\"\"]],\"datatype\":\"BYTES\",\"shape\":[3],\"name\":\"IN\"")
        )
        #expect(BytesTensor.elements(of: decoded.fields.inputs[0].bytes) == [[97], [0xC3, 0xA9], []])
    }

    @Test func readsEveryTypeAtItsEnds() throws {
        func read<Value: BitwiseCopyable>(_ type: String, _ data: String, _: Value.Type) throws -> [Value] {
            let count = data.split(separator: ",").count
            let json = Self.input("\"name\":\"IN\",\"shape\":[\(count)],\"datatype\":\"\(type)\",\"data\":[\(data)]")
            return try readRequest(json).fields.inputs[0].bytes.values(Value.self)
        }
        #expect(try read("BOOL", "true,false", UInt8.self) == [1, 0])
        #expect(try read("UINT8", "0,255,-0", UInt8.self) == [0, 255, 0])
        #expect(try read("UINT16", "0,65535", UInt16.self) == [0, 65535])
        #expect(try read("UINT32", "0,4294967295", UInt32.self) == [0, .max])
        #expect(try read("UINT64", "0,18446744073709551615", UInt64.self) == [0, .max])
        #expect(try read("INT8", "-128,127", Int8.self) == [-128, 127])
        #expect(try read("INT16", "-32768,32767", Int16.self) == [.min, .max])
        #expect(try read("INT32", "-2147483648,2147483647", Int32.self) == [.min, .max])
        #expect(try read("INT64", "-9223372036854775808,9223372036854775807", Int64.self) == [.min, .max])
        #expect(try read("FP32", "0.1,-3,1e39,-Infinity", Float.self) == [0.1, -3, .infinity, -.infinity])
        #expect(try read("FP64", "0.1,-3,1e39", Double.self) == [0.1, -3, 1e39])
        #expect(try read("FP32", "NaN", Float.self)[0].isNaN)
    }

    @Test(arguments: [
        ("UINT8", "256"), ("UINT8", "-1"), ("UINT16", "65536"), ("UINT32", "4294967296"),
        ("UINT64", "18446744073709551616"), ("UINT64", "-1"), ("INT8", "128"), ("INT8", "-129"), ("INT16", "32768"),
        ("INT32", "2147483648"), ("INT32", "-2147483649"), ("INT64", "9223372036854775808"),
        ("INT64", "-9223372036854775809"),
    ])
    func refusesIntegersOutOfRange(_ type: String, _ value: String) {
        let json = Self.input("\"name\":\"IN\",\"shape\":[2],\"datatype\":\"\(type)\",\"data\":[1,\(value)]")
        #expect(
            message { () throws(ServingError) in _ = try readRequest(json) }
                == "Unable to parse 'data': value \(value) is out of range of \(type) for input 'IN' at element 1"
        )
    }

    @Test(arguments: [
        ("INT32", "1.0", "signed-integer as signed-integer"), ("INT32", "\"1\"", "signed-integer as signed-integer"),
        ("UINT8", "1e1", "unsigned-integer as unsigned-integer"),
        ("UINT8", "true", "unsigned-integer as unsigned-integer"),
        ("FP32", "\"1\"", "number as double"), ("FP64", "null", "number as double"), ("FP32", "{}", "number as double"),
        ("BOOL", "1", "boolean as boolean"), ("BOOL", "\"true\"", "boolean as boolean"),
        ("BYTES", "1", "string as string"),
    ])
    func refusesElementsOfAnotherType(_ type: String, _ element: String, _ text: String) {
        let json = Self.input("\"name\":\"IN\",\"shape\":[1],\"datatype\":\"\(type)\",\"data\":[\(element)]")
        #expect(
            message { () throws(ServingError) in _ = try readRequest(json) }
                == "Unable to parse 'data': attempt to access JSON non-\(text) for input 'IN' at element 0"
        )
    }

    @Test(arguments: [
        (
            "FP16", "[1]",
            "receiving FP16 data via JSON is not supported. Please use the binary data format for input IN"
        ),
        (
            "BF16", "[1]",
            "receiving BF16 data via JSON is not supported. Please use the binary data format for input IN"
        ),
        ("FP33", "[1]", "invalid datatype for input IN: 'FP33'"),
        (
            "INT8", "[]",
            "Failed to parse 'data' field: shape does not match true shape for input 'IN':"
                + " shape [1] has 1 elements, 'data' has 0"
        ),
        (
            "INT8", "[1,2]",
            "Unable to parse 'data': Shape does not match true shape of 'data' field for input 'IN':"
                + " more than the 1 elements of shape [1]"
        ),
        (
            "BYTES", "[]",
            "Failed to parse 'data' field: shape does not match true shape for input 'IN':"
                + " shape [1] has 1 elements, 'data' has 0"
        ),
        (
            "BYTES", "[\"\",\"\"]",
            "Unable to parse 'data': Shape does not match true shape of 'data' field for input 'IN':"
                + " more than the 1 elements of shape [1]"
        ),
        ("INT8", "1", "Unable to parse 'data': attempt to access JSON non-array as array for input 'IN'"),
        ("INT8", "[1", "failed to parse the request JSON buffer: Missing a comma or ] after an array element."),
        ("FP32", "[1.]", "failed to parse the request JSON buffer: Miss fraction part in number."),
        ("FP32", "[1e999]", "failed to parse the request JSON buffer: Number too big to be stored in double."),
        ("INT8", "[x]", "failed to parse the request JSON buffer: Invalid value."),
        ("INT8", "[1,]", "failed to parse the request JSON buffer: Invalid value: a comma stands before ]. at "),
        ("FP32", "[[1],]", "failed to parse the request JSON buffer: Invalid value: a comma stands before ]. at "),
        ("FP32", "[1, ]", "failed to parse the request JSON buffer: Invalid value: a comma stands before ]. at "),
        ("BYTES", "[\"\",]", "failed to parse the request JSON buffer: Invalid value: a comma stands before ]. at "),
        ("INT8", "[\\]", "failed to parse the request JSON buffer: Invalid value. at "),
    ])
    func refusesData(_ type: String, _ data: String, _ text: String) {
        let json = Self.input("\"name\":\"IN\",\"shape\":[1],\"datatype\":\"\(type)\",\"data\":\(data)")
        #expect(message { () throws(ServingError) in _ = try readRequest(json) }?.hasPrefix(text) == true)
    }

    @Test func refusesAShapeThatTheDataCannotFill() {
        let json = Self.input("\"name\":\"IN\",\"shape\":[1000000],\"datatype\":\"FP32\",\"data\":[1]")
        #expect(
            message { () throws(ServingError) in _ = try readRequest(json) }
                == "Failed to parse 'data' field: shape does not match true shape for input 'IN': shape [1000000] has"
                + " 1000000 elements, 'data' has fewer"
        )
    }

    private static let oneOf =
        "Input must set only one of the following fields: 'data', 'binary_data_size' in 'parameters',"
        + " 'shared_memory_region' in 'parameters'. But"

    @Test(arguments: [
        ("", " no field is set"),
        (",\"data\":[1],\"parameters\":{\"binary_data_size\":4}", " set 'data' 'binary_data_size'"),
        (",\"data\":[1],\"parameters\":{\"shared_memory_region\":\"r\"}", " set 'data' 'shared_memory_region'"),
        (
            ",\"parameters\":{\"binary_data_size\":4,\"shared_memory_region\":\"r\"}",
            " set 'binary_data_size' 'shared_memory_region'"
        ),
    ])
    func wantsExactlyOneContent(_ members: String, _ text: String) {
        let json = Self.input("\"name\":\"IN\",\"shape\":[1],\"datatype\":\"FP32\"\(members)")
        #expect(message { () throws(ServingError) in _ = try readRequest(json) } == Self.oneOf + text)
    }

    private static let good = "\"name\":\"IN\",\"shape\":[1],\"datatype\":\"INT8\",\"data\":[1]"

    @Test(arguments: [
        ("", "failed to parse the request JSON buffer: The document is empty. at 0"),
        ("{}", "Unable to parse 'inputs': attempt to access non-existing object member 'inputs'"),
        ("[]", "Unable to parse 'inputs': attempt to access non-existing object member 'inputs'"),
        ("{\"inputs\":{}}", "Unable to parse 'inputs': attempt to access JSON non-array as array"),
        ("{\"inputs\":[1]}", "Unable to parse 'inputs': attempt to access JSON non-object as object"),
        (
            "{\"inputs\":[{\(good)}],\"outputs\":1}",
            "Unable to parse 'outputs': attempt to access JSON non-array as array"
        ),
        (
            "{\"inputs\":[{\(good)}],\"outputs\":[{}]}",
            "Unable to parse 'name': attempt to access non-existing object member 'name'"
        ),
        ("{\"id\":1,\"inputs\":[{\(good)}]}", "Unable to parse 'id': attempt to access JSON non-string as string"),
        ("{\"id\":\"q\",\"inputs\":[{\(good)},{\(good)}]}", "[request id: q] input 'IN' already exists in request"),
        (
            "{\"inputs\":[{\(good)}],\"outputs\":[{\"name\":\"O\"},{\"name\":\"O\"}]}",
            "[request id: <id_unknown>] output 'O' already exists in request"
        ),
        (
            "{\"inputs\":[{\(good)}]} x",
            "failed to parse the request JSON buffer: The document root must not be followed by other values. at 68"
        ),
        ("{\"id\":\"a\",\"id\":\"b\",\"inputs\":[]}", "duplicate member 'id' in request JSON at 10"),
        ("{\"id\":\"a\",\"\\u0069d\":\"b\",\"inputs\":[]}", "duplicate member 'id' in request JSON at 10"),
        ("{\"inputs\":[{\(good),\"data\":[1]}]}", "duplicate member 'data' in request JSON at 65"),
        (
            input("\"shape\":[1],\"datatype\":\"INT8\",\"data\":[1]"),
            "Unable to parse 'name': attempt to access non-existing object member 'name'"
        ),
        (
            input("\"name\":\"IN\",\"datatype\":\"INT8\",\"data\":[1]"),
            "Unable to parse 'shape': attempt to access non-existing object member 'shape'"
        ),
        (
            input("\"name\":\"IN\",\"shape\":[1],\"data\":[1]"),
            "Unable to parse 'datatype': attempt to access non-existing object member 'datatype'"
        ),
        (
            input("\"name\":\"IN\",\"shape\":[-1],\"datatype\":\"INT8\",\"data\":[1]"),
            "Unable to parse 'shape': attempt to access JSON non-unsigned-integer as unsigned-integer"
        ),
        (
            input("\"name\":\"IN\",\"shape\":[2,9223372036854775808],\"datatype\":\"INT8\",\"data\":[1]"),
            "invalid shape for input 'IN': shape [2,-9223372036854775808] contains one or more invalid dimensions"
        ),
        (
            input("\"name\":\"IN\",\"shape\":[4294967296,4294967296],\"datatype\":\"INT8\",\"data\":[1]"),
            "invalid shape for input 'IN': shape [4294967296,4294967296] causes total element count to exceed maximum"
                + " size of 9223372036854775807"
        ),
        (
            input("\"name\":\"IN\",\"shape\":[4611686018427387904],\"datatype\":\"FP32\",\"data\":[1]"),
            "byte size overflow for input 'IN': element count (4611686018427387904) * data type size (4) exceeds"
                + " maximum allowed size (9223372036854775807)"
        ),
        (
            input("\"name\":\"IN\",\"shape\":[1],\"datatype\":\"INT8\",\"parameters\":{\"binary_data_size\":\"1\"}"),
            "Unable to parse 'binary_data_size': attempt to access JSON non-unsigned-integer as unsigned-integer"
        ),
        (
            input("\"name\":\"IN\",\"shape\":[1],\"datatype\":\"INT8\",\"parameters\":{\"binary_data_size\":1}"),
            "unexpected size for input 'IN', expecting 1 additional bytes for model 'm'"
        ),
        (
            input(
                "\"name\":\"IN\",\"shape\":[1],\"datatype\":\"INT8\",\"parameters\":{\"shared_memory_region\":1}"
            ),
            "Unable to parse 'shared_memory_region': attempt to access JSON non-string as string"
        ),
        (
            input(
                "\"name\":\"IN\",\"shape\":[1],\"datatype\":\"INT8\",\"data\":[1],"
                    + "\"parameters\":{\"shared_memory_region\":\"r\"}"
            ),
            "Input must set only one of the following fields: 'data', 'binary_data_size' in 'parameters',"
                + " 'shared_memory_region' in 'parameters'. But set 'data' 'shared_memory_region'"
        ),
    ])
    func refuses(_ json: String, _ text: String) {
        #expect(message { () throws(ServingError) in _ = try readRequest(json) } == text)
    }

    @Test func countsTheBytesAfterTheJSON() {
        let json = Self.input(
            "\"name\":\"IN\",\"shape\":[2],\"datatype\":\"UINT8\",\"parameters\":{\"binary_data_size\":2}"
        )
        #expect(message { () throws(ServingError) in _ = try readRequest(json, binary: [1, 2]) } == nil)
        #expect(
            message { () throws(ServingError) in _ = try readRequest(json, binary: [1]) }
                == "unexpected size for input 'IN', expecting 1 additional bytes for model 'm'"
        )
        #expect(
            message { () throws(ServingError) in _ = try readRequest(json, binary: [1, 2, 3]) }
                == "unexpected additional input data for model 'm'"
        )
    }

    @Test(arguments: [-1, 11]) func boundsTheHeaderLength(_ length: Int) {
        #expect(
            message { () throws(ServingError) in
                _ = try InferRequestReader.read(
                    body: TensorBytes([UInt8](repeating: 32, count: 10)),
                    inferenceHeaderLength: length,
                    model: DeclaredModel(),
                    limits: secureLimits
                )
            } == "inference header size should be in range (0, 10), got: \(length)"
        )
    }

    @Test(arguments: [
        (
            "\"parameters\":{\"shared_memory_region\":\"r\",\"classification\":1}",
            "Output can't set both 'shared_memory_region' and 'classification'"
        ),
        (
            "\"parameters\":{\"shared_memory_region\":\"r\",\"binary_data\":true}",
            "Output can't set both 'shared_memory_region' and 'binary_data'"
        ),
        (
            "\"parameters\":{\"shared_memory_region\":\"r\",\"shared_memory_offset\":-1}",
            "Unable to parse 'shared_memory_offset': attempt to access JSON non-unsigned-integer as unsigned-integer"
        ),
        (
            "\"parameters\":{\"binary_data\":1}",
            "Unable to parse 'binary_data': attempt to access JSON non-boolean as boolean"
        ),
        ("\"parameters\":[]", "Unable to parse 'parameters': attempt to access JSON non-object as object"),
        (
            "\"parameters\":{\"binary_data\":true,\"binary_data\":true}",
            "duplicate member 'binary_data' in request JSON at 123"
        ),
    ])
    func refusesOutputs(_ members: String, _ text: String) {
        let json = "{\"inputs\":[{\(Self.good)}],\"outputs\":[{\"name\":\"O\",\(members)}]}"
        #expect(message { () throws(ServingError) in _ = try readRequest(json) } == text)
    }

    @Test func anOutputsOwnFlagWinsOverTheDefault() throws {
        let inputs = "\"inputs\":[{\(Self.good)}]"
        let unlisted = try readRequest("{\(inputs),\"parameters\":{\"binary_data_output\":true}}")
        #expect(unlisted.outputPlan.isBinary("ANY"))
        let listed = try readRequest(
            "{\(inputs),\"outputs\":[{\"name\":\"A\"}],\"parameters\":{\"binary_data_output\":true}}"
        )
        #expect(!listed.outputPlan.isBinary("A"))
    }
}
