// SPDX-License-Identifier: Apache-2.0
import Inference
import TestSupport
import Testing

@testable import HTTPServer

@Suite struct RequestParameterTests {
    private static func fields(_ parameters: String) throws(ServingError) -> InferenceRequest.Fields {
        try readRequest(
            "{\"parameters\":\(parameters),\"inputs\":["
                + "{\"name\":\"IN\",\"shape\":[1],\"datatype\":\"INT8\",\"data\":[1]}]}"
        ).fields
    }

    @Test func givesTheKnownOnesTheirMeaning() throws {
        let fields = try Self.fields(
            "{\"sequence_id\":5,\"sequence_start\":true,\"sequence_end\":true,\"priority\":2,\"timeout\":1000}"
        )
        #expect(fields.correlationID == .number(5))
        #expect(fields.startsSequence && fields.endsSequence)
        #expect(fields.priority == 2)
        #expect(fields.timeoutMicroseconds == 1000)
        #expect(fields.parameters.isEmpty)
    }

    @Test(arguments: [
        ("0", CorrelationID.none), ("\"\"", .none), ("18446744073709551615", .number(.max)),
        ("\"abc\"", .string("abc")),
    ])
    func readsSequenceIDs(_ value: String, _ id: CorrelationID) throws {
        #expect(try Self.fields("{\"sequence_id\":\(value)}").correlationID == id)
    }

    @Test func boundsSequenceIDs() throws {
        let atLimit = String(repeating: "s", count: 128)
        #expect(try Self.fields("{\"sequence_id\":\"\(atLimit)\"}").correlationID == .string(atLimit))
        #expect(
            message { () throws(ServingError) in _ = try Self.fields("{\"sequence_id\":\"\(atLimit)s\"}") }
                == "string correlation ID cannot be longer than 128 characters"
        )
        let error = #expect(throws: ServingError.self) { try Self.fields("{\"sequence_id\":\"\(atLimit)s\"}") }
        #expect(error?.code == .invalidArgument)
    }

    @Test func keepsTheOthers() throws {
        let fields = try Self.fields(
            "{\"s\":\"x\\n\",\"i\":-3,\"b\":false,\"d\":1.5,\"u\":18446744073709551615,\"m\":9223372036854775807}"
        )
        #expect(
            fields.parameters == [
                Parameter(name: "s", value: .string("x\n")), Parameter(name: "i", value: .int64(-3)),
                Parameter(name: "b", value: .bool(false)), Parameter(name: "d", value: .double(1.5)),
                Parameter(name: "u", value: .double(0x1p64)),
                Parameter(name: "m", value: .int64(.max)),
            ]
        )
    }

    @Test func takesNullForNone() throws {
        #expect(try Self.fields("null").parameters.isEmpty)
    }

    @Test(arguments: [
        (
            "{\"triton_x\":1}",
            "parameter keys starting with 'triton_' are reserved for Triton usage and should not be specified."
        ),
        ("{\"x\":[]}", "parameter 'x' has invalid type. It should be either 'int', 'bool', or 'string'."),
        ("{\"x\":null}", "parameter 'x' has invalid type. It should be either 'int', 'bool', or 'string'."),
        ("{\"x\":1,\"x\":2}", "duplicate member 'x' in request JSON at 21"),
        ("{\"timeout\":1,\"timeout\":2}", "duplicate member 'timeout' in request JSON at 27"),
        ("{\"sequence_id\":-1}", "Unable to parse 'sequence_id': attempt to access JSON non-string as string"),
        ("{\"sequence_id\":true}", "Unable to parse 'sequence_id': attempt to access JSON non-string as string"),
        ("{\"sequence_start\":1}", "Unable to parse 'sequence_start': attempt to access JSON non-boolean as boolean"),
        (
            "{\"sequence_end\":\"true\"}",
            "Unable to parse 'sequence_end': attempt to access JSON non-boolean as boolean"
        ),
        (
            "{\"priority\":-1}",
            "Unable to parse 'priority': attempt to access JSON non-unsigned-integer as unsigned-integer"
        ),
        (
            "{\"timeout\":1.5}",
            "Unable to parse 'timeout': attempt to access JSON non-unsigned-integer as unsigned-integer"
        ),
        (
            "{\"binary_data_output\":0}",
            "Unable to parse 'binary_data_output': attempt to access JSON non-boolean as boolean"
        ),
        ("[]", "Unable to parse 'parameters': attempt to access JSON non-object as object"),
    ])
    func refuses(_ parameters: String, _ text: String) {
        #expect(message { () throws(ServingError) in _ = try Self.fields(parameters) } == text)
    }
}
