// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import Testing

@testable import HTTPServer

/// Bodies and documents of the calls about shared memory, traces and the log.
@Suite struct SettingsRouteTests {
    private let limits = RequestLimits(profile: .secure)

    private func bytes(_ text: String) -> TensorBytes { TensorBytes(Array(text.utf8)) }

    private func message(_ body: () throws(ServingError) -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return error.message
        }
    }

    @Test func aRegionIsReadFromItsBody() throws {
        let text = "{\"key\":\"/k\",\"offset\":7,\"byte_size\":18446744073709551615}"
        #expect(
            try ControlBodies.sharedMemoryRegion(bytes(text), named: "r", limits: limits)
                == SharedMemoryRegion(name: "r", key: "/k", offset: 7, byteSize: .max)
        )
        let short = "{\"byte_size\":1,\"key\":\"k\",\"other\":[1]}"
        #expect(try ControlBodies.sharedMemoryRegion(bytes(short), named: "r", limits: limits).offset == 0)
    }

    @Test(arguments: [
        ("", "Shared memory register request has no 'key' field"),
        ("{\"byte_size\":1}", "Shared memory register request has no 'key' field"),
        ("{\"key\":\"k\"}", "Shared memory register request has no 'byte_size' field"),
        ("{\"key\":1}", "Unable to parse 'key': attempt to access JSON non-string as string"),
        (
            "{\"key\":\"k\",\"byte_size\":-1}",
            "Unable to parse 'byte_size': attempt to access JSON non-unsigned-integer as unsigned-integer"
        ),
        (
            "{\"key\":\"k\",\"byte_size\":18446744073709551616}",
            "Unable to parse 'byte_size': attempt to access JSON non-unsigned-integer as unsigned-integer"
        ),
        ("{\"key\":\"k\",\"key\":\"l\"}", "duplicate member 'key' in request JSON at 11"),
    ])
    func aRegionsBodyIsChecked(text: String, expected: String) {
        #expect(
            message { () throws(ServingError) in
                _ = try ControlBodies.sharedMemoryRegion(bytes(text), named: "r", limits: limits)
            } == expected
        )
    }

    @Test func traceChangesAreReadFromTheirBody() throws {
        let text = "{\"trace_level\":[\"TIMESTAMPS\",\"TENSORS\"],\"trace_rate\":\"5\",\"trace_count\":null}"
        let changes = try ControlBodies.traceChanges(bytes(text), limits: limits)
        #expect(changes.count == 3)
        #expect(changes["trace_level"] == .some(["TIMESTAMPS", "TENSORS"]))
        #expect(changes["trace_rate"] == .some(["5"]))
        #expect(changes["trace_count"] == .some(nil))
        #expect(try ControlBodies.traceChanges(bytes(""), limits: limits).isEmpty)
    }

    @Test(arguments: [
        ("{\"trace_rate\":5}", "Unable to parse 'trace_rate': attempt to access JSON non-string as string"),
        ("{\"trace_level\":\"OFF\"}", "Unable to parse 'trace_level': attempt to access JSON non-array as array"),
        ("{\"trace_level\":[1]}", "Unable to parse 'trace_level': attempt to access JSON non-string as string"),
        ("{\"trace_rate\":null,\"trace_rate\":null}", "duplicate member 'trace_rate' in request JSON at 19"),
    ])
    func traceChangesAreChecked(text: String, expected: String) {
        #expect(
            message { () throws(ServingError) in
                _ = try ControlBodies.traceChanges(bytes(text), limits: limits)
            } == expected
        )
    }

    @Test(arguments: [(1024, true), (1025, false)]) func membersAreBounded(count: Int, isGood: Bool) {
        let text = "{" + (0..<count).map { "\"n\($0)\":\"1\"" }.joined(separator: ",") + "}"
        #expect(
            (message { () throws(ServingError) in
                _ = try ControlBodies.traceChanges(bytes(text), limits: limits)
            } == nil) == isGood
        )
        let levels = "{\"trace_level\":[" + Array(repeating: "\"OFF\"", count: count).joined(separator: ",") + "]}"
        #expect(
            (message { () throws(ServingError) in
                _ = try ControlBodies.traceChanges(bytes(levels), limits: limits)
            } == nil) == isGood
        )
    }

    @Test func logChangesAreReadFromTheirBody() throws {
        let text = "{\"log_info\":false,\"log_verbose_level\":4294967295,\"log_format\":\"x\",\"log_file\":null}"
        let changes = try ControlBodies.logChanges(bytes(text), limits: limits)
        #expect(changes.map(\.name) == ["log_info", "log_verbose_level", "log_format"])
        #expect(changes.map(\.value) == [.bool(false), .number(.max), .string("x")])
        let tooLarge = "{\"log_verbose_level\":4294967296}"
        #expect(
            message { () throws(ServingError) in
                _ = try ControlBodies.logChanges(bytes(tooLarge), limits: limits)
            } == "Unable to parse 'log_verbose_level': attempt to access JSON non-unsigned-integer as unsigned-integer"
        )
    }

    @Test func documentsAreAsInTriton() {
        #expect(
            String(
                buffer: ControlDocuments.sharedMemory([
                    SharedMemoryRegion(name: "a\"", key: "/k", offset: 1, byteSize: .max)
                ])
            ) == "[{\"name\":\"a\\\"\",\"key\":\"/k\",\"offset\":1,\"byte_size\":18446744073709551615}]"
        )
        #expect(
            String(
                buffer: ControlDocuments.traceSettings([
                    "trace_mode": ["triton"], "trace_rate": ["1000"], "trace_level": ["OFF"], "trace_file": [""],
                ])
            ) == "{\"trace_level\":[\"OFF\"],\"trace_rate\":\"1000\",\"trace_file\":\"\",\"trace_mode\":\"triton\"}"
        )
        #expect(
            String(
                buffer: ControlDocuments.logSettings([
                    ("log_file", .string("")), ("log_info", .bool(true)), ("log_verbose_level", .number(2)),
                ])
            ) == "{\"log_file\":\"\",\"log_info\":true,\"log_verbose_level\":2}"
        )
    }

    @Test func anOutputInSharedMemoryIsPrintedWithItsPlace() throws {
        var output = OutputTensor(name: "O", dataType: .fp32, shape: [2, 3], bytes: TensorBytes())
        output.sharedMemory = SharedMemorySlice(region: "r", offset: 8, byteSize: 24)
        var buffer = ByteBuffer()
        let length = try InferResponseWriter.write(
            InferenceResponse(outputs: [output]),
            requestID: "",
            modelName: "m",
            version: 1,
            plan: OutputPlan(binaryByDefault: true),
            into: &buffer
        )
        #expect(length == nil)
        #expect(
            String(buffer: buffer)
                == "{\"model_name\":\"m\",\"model_version\":\"1\",\"outputs\":[{\"name\":\"O\",\"datatype\":\"FP32\","
                + "\"shape\":[2,3],\"parameters\":{\"shared_memory_region\":\"r\",\"shared_memory_offset\":8,"
                + "\"shared_memory_byte_size\":24}}]}"
        )
    }

    @Test(arguments: [(100, true), (101, false)]) func sharedInputsAreBoundedTogether(bytes: UInt64, isGood: Bool) {
        var inputs = SharedInputs()
        let refusal = message { () throws(ServingError) in
            try inputs.append(SharedMemorySlice(region: "r", offset: 0, byteSize: 40), toInputAt: 0, limit: 100)
            try inputs.append(SharedMemorySlice(region: "r", offset: 0, byteSize: bytes - 40), toInputAt: 1, limit: 100)
        }
        #expect((refusal == nil) == isGood)
        #expect(inputs.byteCount == (isGood ? 100 : 40))
        var huge = SharedInputs()
        #expect(
            message { () throws(ServingError) in
                try huge.append(SharedMemorySlice(region: "r", offset: 0, byteSize: .max), toInputAt: 0, limit: 100)
            } != nil
        )
    }
}
