// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOCore
import TestSupport
import Testing

@testable import HTTPServer

@Suite struct ControlDocumentTests {
    @Test func writesErrors() {
        #expect(ControlDocuments.error("no 'x'\n\"\\").text == "{\"error\":\"no 'x'\\n\\\"\\\\\"}")
    }

    @Test func writesServerMetadata() {
        #expect(
            ControlDocuments.serverMetadata(name: "triton", version: "2.0").text == """
                {"name":"triton","version":"2.0","extensions":["classification","model_repository",\
                "model_repository(unload_dependents)","schedule_policy","model_configuration",\
                "system_shared_memory","cuda_shared_memory","binary_tensor_data","parameters","statistics","trace",\
                "logging"]}
                """
        )
    }

    @Test func writesModelMetadata() {
        let metadata = ModelMetadata(
            name: "m",
            versions: [1, 3],
            platform: "onnxruntime_onnx",
            inputs: [TensorSpec(name: "I", dataType: .fp32, shape: [-1, 4])],
            outputs: [TensorSpec(name: "O", dataType: .bytes, shape: [])]
        )
        #expect(
            ControlDocuments.modelMetadata(metadata).text == """
                {"name":"m","versions":["1","3"],"platform":"onnxruntime_onnx",\
                "inputs":[{"name":"I","datatype":"FP32","shape":[-1,4]}],\
                "outputs":[{"name":"O","datatype":"BYTES","shape":[]}]}
                """
        )
    }

    @Test func writesTheRepositoryIndex() {
        let entries = [
            RepositoryIndexEntry(name: "a"), RepositoryIndexEntry(name: "b", version: 1, state: .ready),
            RepositoryIndexEntry(name: "c", version: 2, state: .unavailable, reason: "unloaded"),
        ]
        #expect(
            ControlDocuments.repositoryIndex(entries).text == """
                [{"name":"a"},{"name":"b","version":"1","state":"READY"},\
                {"name":"c","version":"2","state":"UNAVAILABLE","reason":"unloaded"}]
                """
        )
        #expect(ControlDocuments.repositoryIndex([]).text == "[]")
    }

    @Test func writesStatistics() {
        var model = ModelStatisticsSnapshot(name: "m", version: 1)
        model.lastInference = 5
        model.inferenceCount = 4
        model.executionCount = 3
        model.success = DurationStatistic(count: 1, nanoseconds: 2)
        var batch = ModelStatisticsSnapshot.Batch()
        batch.computeInfer = DurationStatistic(count: 7, nanoseconds: 8)
        model.batches = [4: batch, 1: ModelStatisticsSnapshot.Batch()]
        model.responses = [0: ModelStatisticsSnapshot.Response()]
        let none = "{\"count\":0,\"ns\":0}"
        #expect(
            ControlDocuments.statistics([model]).text == """
                {"model_stats":[{"name":"m","version":"1","last_inference":5,"inference_count":4,"execution_count":3,\
                "inference_stats":{"success":{"count":1,"ns":2},"fail":\(none),"queue":\(none),\
                "compute_input":\(none),"compute_infer":\(none),"compute_output":\(none),"cache_hit":\(none),\
                "cache_miss":\(none)},\
                "response_stats":{"0":{"compute_infer":\(none),"compute_output":\(none),"success":\(none),\
                "fail":\(none),"empty_response":\(none),"cancel":\(none)}},\
                "batch_stats":[{"batch_size":1,"compute_input":\(none),"compute_infer":\(none),\
                "compute_output":\(none)},\
                {"batch_size":4,"compute_input":\(none),"compute_infer":{"count":7,"ns":8},"compute_output":\(none)}],\
                "memory_usage":[]}]}
                """
        )
        #expect(ControlDocuments.statistics([]).text == "{\"model_stats\":[]}")
    }
}

@Suite struct ControlBodyTests {
    private static func bytes(_ text: String) -> TensorBytes { TensorBytes(Array(text.utf8)) }

    @Test(arguments: [
        ("", false), ("{}", false), ("{\"ready\":true}", true), ("{\"ready\":false,\"x\":[1]}", false), ("[]", false),
    ])
    func readsIndexBodies(_ body: String, _ readyOnly: Bool) throws {
        #expect(try ControlBodies.indexReadyOnly(Self.bytes(body), limits: secureLimits) == readyOnly)
    }

    @Test(arguments: [
        ("{\"ready\":1}", "Invalid value for 'ready': expected a boolean"),
        ("{\"ready\":true,\"ready\":true}", "duplicate member 'ready' in request JSON at 14"),
        (" ", "failed to parse the request JSON buffer: The document is empty. at 1"),
        (
            "{\"ready\":true",
            "failed to parse the request JSON buffer: Missing a comma or } after an object member. at 13"
        ),
    ])
    func refusesIndexBodies(_ body: String, _ text: String) {
        #expect(
            message { () throws(ServingError) in
                _ = try ControlBodies.indexReadyOnly(Self.bytes(body), limits: secureLimits)
            } == text
        )
    }

    @Test(arguments: [
        ("", false), ("{\"parameters\":{\"unload_dependents\":true}}", true),
        ("{\"parameters\":{\"other\":{}}}", false),
        ("{\"parameters\":null}", false),
    ])
    func readsUnloadBodies(_ body: String, _ dependents: Bool) throws {
        #expect(try ControlBodies.unloadDependents(Self.bytes(body), limits: secureLimits) == dependents)
    }

    /// As in Triton, which finds no member in what is no object.
    @Test(arguments: ["[]", "1", "null", "\"parameters\"", "[{\"parameters\":1}]"])
    func takesADocumentThatIsNoObjectForAnEmptyOne(_ body: String) throws {
        #expect(try !ControlBodies.indexReadyOnly(Self.bytes(body), limits: secureLimits))
        #expect(try !ControlBodies.unloadDependents(Self.bytes(body), limits: secureLimits))
        let load = try ControlBodies.load(Self.bytes(body), limits: secureLimits)
        #expect(load.configuration == nil && load.files.isEmpty)
    }

    @Test func refusesUnloadBodies() {
        #expect(
            message { () throws(ServingError) in
                _ = try ControlBodies.unloadDependents(
                    Self.bytes("{\"parameters\":{\"unload_dependents\":1}}"),
                    limits: secureLimits
                )
            } == "Unable to parse 'unload_dependents': attempt to access JSON non-boolean as boolean"
        )
    }

    @Test func readsLoadBodies() throws {
        let body = """
            {"parameters":{"config":"{\\"name\\":\\"m\\"}","file:1/model.onnx":"aGVsbG8=","file:a":"\\/w\\u003d=",
            "file:empty":"","file:b":"aGVs\\nbG8"}}
            """
        let parameters = try ControlBodies.load(Self.bytes(body), limits: secureLimits)
        #expect(parameters.configuration == "{\"name\":\"m\"}")
        #expect(
            parameters.files == [
                "1/model.onnx": Array("hello".utf8), "a": [0xFF], "empty": [], "b": Array("hello".utf8),
            ]
        )
        #expect(try ControlBodies.load(Self.bytes(""), limits: secureLimits).configuration == nil)
    }

    @Test(arguments: [
        ("{\"parameters\":{\"config\":{}}}", "attempt to access JSON non-string as string: load parameter 'config'"),
        ("{\"parameters\":{\"x\":\"\"}}", "unexpected error on creating Triton parameter 'x'"),
        ("{\"parameters\":{\"file:a\":\"a\"}}", "load parameter 'file:a' is not valid base64"),
        ("{\"parameters\":{\"file:a\":\"aa=\"}}", "load parameter 'file:a' is not valid base64"),
        ("{\"parameters\":{\"file:a\":\"aa==aa\"}}", "load parameter 'file:a' is not valid base64"),
        ("{\"parameters\":{\"file:a\":\"a*aa\"}}", "load parameter 'file:a' is not valid base64"),
        ("{\"parameters\":{\"file:a\":\"====\"}}", "load parameter 'file:a' is not valid base64"),
        ("{\"parameters\":{\"file:a\":\"\",\"file:a\":\"\"}}", "duplicate member 'file:a' in request JSON at 27"),
        ("{\"parameters\":[]}", "Unable to parse 'parameters': attempt to access JSON non-object as object"),
    ])
    func refusesLoadBodies(_ body: String, _ text: String) {
        #expect(
            message { () throws(ServingError) in
                _ = try ControlBodies.load(Self.bytes(body), limits: secureLimits)
            } == text
        )
    }

    /// As in Triton over HTTP, which calls it an error of its own; over gRPC it is the client's.
    @Test func answersAnUnknownLoadParameterAsTritonDoes() {
        #expect(
            throws: ServingError(.internalError, "unexpected error on creating Triton parameter 'x'")
        ) { try ControlBodies.load(Self.bytes("{\"parameters\":{\"x\":\"\"}}"), limits: secureLimits) }
    }

    @Test func boundsBodies() {
        var limits = secureLimits
        limits.jsonBytes = 10
        let read = { (body: String) in
            message { () throws(ServingError) in _ = try ControlBodies.load(Self.bytes(body), limits: limits) }
        }
        #expect(read("{        }") == nil)
        #expect(
            read("{         }")
                == "request JSON size of 11 bytes exceeds the maximum allowed input size of 10 bytes. Use"
                + " --http-max-input-size to increase the limit."
        )
    }
}
