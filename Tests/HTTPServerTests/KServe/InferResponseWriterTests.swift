// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import TestSupport
import Testing

@testable import HTTPServer

@Suite struct InferResponseWriterTests {
    private static func write(
        _ outputs: [OutputTensor],
        id: String = "",
        parameters: [Parameter] = [],
        binary: Bool = false
    ) throws(ServingError) -> (text: String, headerLength: Int?) {
        var buffer = ByteBuffer()
        let length = try InferResponseWriter.write(
            InferenceResponse(outputs: outputs, parameters: parameters),
            requestID: id,
            modelName: "m",
            version: 3,
            plan: OutputPlan(binaryByDefault: binary),
            into: &buffer
        )
        return (String(decoding: buffer.readableBytesView, as: Unicode.ASCII.self), length)
    }

    /// What stands in `data` for one output.
    private static func data(_ output: OutputTensor) throws -> String {
        let text = try write([output]).text
        let start = try #require(text.firstRange(of: "\"data\":")).upperBound
        return String(text[start...].dropLast(3))
    }

    @Test func writesTheMembersInTritonsOrder() throws {
        let outputs = [
            tensor(name: "A", .int32, [1, 2], [Int32(1), -2]), tensor(name: "B", .bool, [2], [UInt8(0), 2]),
        ]
        let parameters = [
            Parameter(name: "b", value: .bool(true)), Parameter(name: "i", value: .int64(-1)),
            Parameter(name: "u", value: .uint64(.max)), Parameter(name: "d", value: .double(0.5)),
            Parameter(name: "s", value: .string("x\"y")),
        ]
        let (text, length) = try Self.write(outputs, id: "r\n1", parameters: parameters)
        #expect(length == nil)
        #expect(
            text == """
                {"id":"r\\n1","model_name":"m","model_version":"3",\
                "parameters":{"b":true,"i":-1,"u":18446744073709551615,"d":0.5,"s":"x\\"y"},\
                "outputs":[{"name":"A","datatype":"INT32","shape":[1,2],"data":[1,-2]},\
                {"name":"B","datatype":"BOOL","shape":[2],"data":[false,true]}]}
                """
        )
    }

    @Test func putsBinaryOutputsAfterTheJSON() throws {
        let outputs = [
            tensor(name: "A", .uint8, [2], Array("xy".utf8)), tensor(name: "B", .uint8, [1], Array("z".utf8)),
        ]
        let (text, length) = try Self.write(outputs, binary: true)
        let json = """
            {"model_name":"m","model_version":"3","outputs":[\
            {"name":"A","datatype":"UINT8","shape":[2],"parameters":{"binary_data_size":2}},\
            {"name":"B","datatype":"UINT8","shape":[1],"parameters":{"binary_data_size":1}}]}
            """
        #expect(text == json + "xyz")
        #expect(length == json.utf8.count)
    }

    @Test func emptyBinaryOutputsNeedNoHeader() throws {
        let (text, length) = try Self.write([tensor(name: "A", .fp32, [0], [Float]())], binary: true)
        #expect(length == nil)
        #expect(text.contains("\"shape\":[0],\"parameters\":{\"binary_data_size\":0}"))
    }

    @Test func writesNoOutputs() throws {
        #expect(try Self.write([]).text == "{\"model_name\":\"m\",\"model_version\":\"3\",\"outputs\":[]}")
    }

    @Test func appendsToWhatIsThere() throws {
        var buffer = ByteBuffer(string: "head")
        let length = try InferResponseWriter.write(
            InferenceResponse(outputs: [tensor(name: "A", .uint8, [1], [UInt8(65)])]),
            requestID: "",
            modelName: "m",
            version: 1,
            plan: OutputPlan(binaryByDefault: true),
            into: &buffer
        )
        #expect(buffer.readableBytes == 4 + (length ?? 0) + 1)
    }

    @Test func writesIntegersToTheirEnds() throws {
        #expect(try Self.data(tensor(.uint8, [3], [UInt8(0), 10, 255])) == "[0,10,255]")
        #expect(try Self.data(tensor(.uint16, [1], [UInt16.max])) == "[65535]")
        #expect(try Self.data(tensor(.uint32, [1], [UInt32.max])) == "[4294967295]")
        #expect(try Self.data(tensor(.uint64, [1], [UInt64.max])) == "[18446744073709551615]")
        #expect(try Self.data(tensor(.int8, [2], [Int8.min, .max])) == "[-128,127]")
        #expect(try Self.data(tensor(.int16, [1], [Int16.min])) == "[-32768]")
        #expect(try Self.data(tensor(.int32, [1], [Int32.min])) == "[-2147483648]")
        #expect(try Self.data(tensor(.int64, [2], [Int64.min, .max])) == "[-9223372036854775808,9223372036854775807]")
        #expect(try Self.data(tensor(.int8, [1, 0], [Int8]())) == "[]")
    }

    @Test func writesTheShortestFloats() throws {
        let floats: [Float] = [0, -0.0, 1, -65536, 65535, 0.1, 16777216, .nan, .infinity, -.infinity]
        #expect(
            try Self.data(tensor(.fp32, [10], floats))
                == "[0.0,-0.0,1.0,-65536.0,65535.0,0.1,16777216.0,NaN,Infinity,-Infinity]"
        )
        let placed: [Float] = [1e16, 1e15, 0.00001, 0.000001, 1.5e-7, 123.5, 12345678, 3.4028235e38]
        #expect(
            try Self.data(tensor(.fp32, [8], placed))
                == "[1e16,1000000000000000.0,0.00001,1e-6,1.5e-7,123.5,12345678.0,3.4028235e38]"
        )
        let doubles: [Double] = [0.1, 1.0 / 3, 1e300, .leastNonzeroMagnitude, -0.0]
        #expect(try Self.data(tensor(.fp64, [5], doubles)) == "[0.1,0.3333333333333333,1e300,5e-324,-0.0]")
    }

    @Test func floatsReadBackAsTheyWere() throws {
        var generator = SplitMix64(seed: 3)
        let floats = (0..<5000).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: generator.next())) }
        let doubles = (0..<5000).map { _ in Double(bitPattern: generator.next()) }
        func readBack(_ output: OutputTensor) throws -> TensorBytes {
            try readRequest(
                "{\"inputs\":[{\"name\":\"I\",\"shape\":[5000],\"datatype\":\"\(output.dataType.wireName)\",\"data\":"
                    + Self.data(output) + "}]}"
            ).fields.inputs[0].bytes
        }
        let floatsAgain = try readBack(tensor(.fp32, [5000], floats)).values(Float.self)
        let doublesAgain = try readBack(tensor(.fp64, [5000], doubles)).values(Double.self)
        #expect(zip(floats, floatsAgain).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) })
        #expect(zip(doubles, doublesAgain).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) })
    }

    /// The standard library prints the shortest digits too, by another algorithm.
    @Test func printsNoMoreDigitsThanTheStandardLibrary() {
        var generator = SplitMix64(seed: 7)
        let digits = { (text: String) in
            let mantissa = text.split(separator: "e")[0].filter(\.isNumber).drop { $0 == "0" }
            return String(mantissa.reversed().drop { $0 == "0" }.reversed())
        }
        let powers = (-1074...1023).map { Double(sign: .plus, exponent: $0, significand: 1) }
        let doubles = powers + (0..<20_000).map { _ in Double(bitPattern: generator.next() >> 1) }
        for value in doubles where value.isFinite && value > 0 {
            let found = DecimalTables.shared.withView { ShortestDecimal(value, $0) }
            #expect(digits("\(found.digits)") == digits(value.description))
        }
        let floats = (0..<20_000).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: generator.next() >> 33)) }
        for value in powers.map({ Float($0) }) + floats where value.isFinite && value > 0 {
            let found = DecimalTables.shared.withView { ShortestDecimal(value, $0) }
            #expect(digits("\(found.digits)") == digits(value.description))
        }
    }

    @Test func writesStrings() throws {
        let elements = ["plain", "", "q\"\\/\u{1}\u{8}\t\n\u{C}\r\u{1F}\u{7F}"].map { Array($0.utf8) }
        let bytes = try #require(BytesTensor.encode(elements))
        let output = OutputTensor(name: "S", dataType: .bytes, shape: [3], bytes: bytes)
        #expect(
            try Self.data(output) == "[\"plain\",\"\",\"q\\\"\\\\/\\u0001\\b\\t\\n\\f\\r\\u001F\u{7F}\"]"
        )
    }

    @Test func passesOnStringsThatAreNotUTF8() throws {
        let bytes = try #require(BytesTensor.encode([[0xFF, 0x41, 0xC3]]))
        var buffer = ByteBuffer()
        _ = try InferResponseWriter.write(
            InferenceResponse(outputs: [OutputTensor(name: "S", dataType: .bytes, shape: [1], bytes: bytes)]),
            requestID: "",
            modelName: "m",
            version: 1,
            plan: OutputPlan(binaryByDefault: false),
            into: &buffer
        )
        let written = Array(buffer.readableBytesView)
        #expect(written.suffix(10) == [0x5B, 0x22, 0xFF, 0x41, 0xC3, 0x22, 0x5D, 0x7D, 0x5D, 0x7D])
    }

    @Test(arguments: [
        (
            DataType.fp16, 2,
            "sending FP16 data via JSON is not supported. Please use the binary data format for output 'OUT'"
        ),
        (.bf16, 2, "sending BF16 data via JSON is not supported. Please use the binary data format for output 'OUT'"),
        (.fp32, 3, "Failed to write 'data' field: output tensor shape does not match size of output for 'OUT'"),
        (.int8, 2, "Failed to write 'data' field: output tensor shape does not match size of output for 'OUT'"),
        (.bytes, 2, "output tensor shape does not match size of output for 'OUT'"),
    ])
    func refusesAndLeavesTheBufferAlone(_ type: DataType, _ size: Int, _ text: String) {
        var buffer = ByteBuffer(string: "head")
        let output = tensor(type, [1], [UInt8](repeating: 0, count: size))
        let found = message { () throws(ServingError) in
            _ = try InferResponseWriter.write(
                InferenceResponse(outputs: [output]),
                requestID: "",
                modelName: "m",
                version: 1,
                plan: OutputPlan(binaryByDefault: false),
                into: &buffer
            )
        }
        #expect(found == text)
        #expect(buffer.text == "head")
    }

    @Test func plansMixedOutputs() {
        var plan = OutputPlan(binaryByDefault: true)
        plan.list("A", binary: false)
        plan.list("B", binary: true)
        plan.list("C", binary: false)
        #expect(["A", "B", "C"].map(plan.isBinary) == [false, true, false])
    }
}
