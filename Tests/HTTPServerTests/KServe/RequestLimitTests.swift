// SPDX-License-Identifier: Apache-2.0
import Inference
import TestSupport
import Testing

@testable import HTTPServer

/// Each limit at its value and one beyond.
@Suite struct RequestLimitTests {
    private static func limits(_ change: (inout RequestLimits) -> Void) -> RequestLimits {
        var limits = secureLimits
        change(&limits)
        return limits
    }

    private static func document(_ inputs: Int = 1, dimensions: Int = 1, extra: String = "") -> String {
        let shape = [String](repeating: "1", count: dimensions).joined(separator: ",")
        let list = (0..<inputs).map {
            "{\"name\":\"I\($0)\",\"shape\":[\(shape)],\"datatype\":\"INT8\",\"data\":[1]}"
        }
        return "{\"inputs\":[\(list.joined(separator: ","))]\(extra)}"
    }

    private static func fault(_ json: String, _ limits: RequestLimits) -> String? {
        message { () throws(ServingError) in _ = try readRequest(json, limits: limits) }
    }

    @Test(arguments: [1, 9, 256]) func inputs(_ limit: Int) {
        let limits = Self.limits { $0.inputs = limit }
        #expect(Self.fault(Self.document(limit), limits) == nil)
        #expect(
            Self.fault(Self.document(limit + 1), limits)
                == "number of inputs in request exceeds the maximum of \(limit)"
        )
    }

    @Test(arguments: [1, 9, 256]) func outputs(_ limit: Int) {
        let limits = Self.limits { $0.outputs = limit }
        let outputs = { (count: Int) in
            let list = (0..<count).map { "{\"name\":\"O\($0)\"}" }.joined(separator: ",")
            return Self.document(extra: ",\"outputs\":[\(list)]")
        }
        #expect(Self.fault(outputs(limit), limits) == nil)
        #expect(
            Self.fault(outputs(limit + 1), limits) == "number of outputs in request exceeds the maximum of \(limit)"
        )
    }

    @Test(arguments: [1, 9, 256]) func elements(_ limit: Int) throws {
        let limits = Self.limits { $0.elements = limit }
        let model = DeclaredModel()
        let refusal = "input 'IN' has \(limit + 1) elements, more than the maximum of \(limit)"
        for (count, text) in [(limit, nil), (limit + 1, refusal)] {
            let zeros = [String](repeating: "0", count: count).joined(separator: ",")
            let json = #"{"inputs":[{"name":"IN","shape":[\#(count)],"datatype":"FP32","data":[\#(zeros)]}]}"#
            #expect(Self.fault(json, limits) == text)
            let raw = message { () throws(ServingError) in
                _ = try InferRequestReader.read(
                    body: TensorBytes([UInt8](repeating: 0, count: count * 4)),
                    inferenceHeaderLength: 0,
                    model: model,
                    limits: limits
                )
            }
            #expect(raw == text)
            let generated = message { () throws(ServingError) in
                let body = TensorBytes(Array(#"{"IN":[\#(zeros)]}"#.utf8))
                _ = try GenerateRequestReader.read(body: body, model: model, limits: limits)
            }
            #expect(generated == text)
        }
    }

    @Test(arguments: [1, 8]) func batch(_ limit: Int) {
        let limits = Self.limits { $0.batch = limit }
        let batching = DeclaredModel(maxBatchSize: 64)
        for (count, text) in [
            (limit, nil), (limit + 1, "input 'IN' has a batch of \(limit + 1), more than the maximum of \(limit)"),
        ] {
            let zeros = [String](repeating: "0", count: count).joined(separator: ",")
            let json = #"{"inputs":[{"name":"IN","shape":[\#(count),1],"datatype":"FP32","data":[\#(zeros)]}]}"#
            #expect(
                message { () throws(ServingError) in _ = try readRequest(json, model: batching, limits: limits) }
                    == text
            )
            #expect(Self.fault(json, limits) == nil, "the first dimension of a model that does not batch is no batch")
        }
    }

    @Test(arguments: [1, 8, 16]) func dimensions(_ limit: Int) {
        let limits = Self.limits { $0.dimensions = limit }
        #expect(Self.fault(Self.document(dimensions: limit), limits) == nil)
        #expect(
            Self.fault(Self.document(dimensions: limit + 1), limits)
                == "number of dimensions in request exceeds the maximum of \(limit)"
        )
    }

    @Test(arguments: ["request", "input", "output"]) func parameters(_ place: String) {
        let limits = Self.limits { $0.parameters = 20 }
        let document = { (count: Int) -> String in
            let list = "\"parameters\":{" + (0..<count).map { "\"p\($0)\":1" }.joined(separator: ",") + "}"
            let input = "{\"name\":\"I\",\"shape\":[1],\"datatype\":\"INT8\",\"data\":[1]"
            return switch place {
            case "request": "{\(list),\"inputs\":[\(input)}]}"
            case "input": "{\"inputs\":[\(input),\(list)}]}"
            default: "{\"inputs\":[\(input)}],\"outputs\":[{\"name\":\"O\",\(list)}]}"
            }
        }
        #expect(Self.fault(document(20), limits) == nil)
        #expect(Self.fault(document(21), limits) == "number of parameters in request exceeds the maximum of 20")
    }

    @Test func strings() {
        let limits = Self.limits { $0.stringBytes = 40 }
        let atLimit = String(repeating: "a", count: 40)
        let documents = { (text: String) in
            [
                ("id", Self.document(extra: ",\"id\":\"\(text)\"")),
                ("name", Self.document(extra: ",\"outputs\":[{\"name\":\"\(text)\"}]")),
                ("parameters", Self.document(extra: ",\"parameters\":{\"\(text)\":1}")),
            ]
        }
        for (_, document) in documents(atLimit) { #expect(Self.fault(document, limits) == nil) }
        for (name, document) in documents(atLimit + "a") {
            #expect(Self.fault(document, limits) == "'\(name)' of 41 bytes exceeds the maximum of 40 bytes")
        }
        #expect(Self.fault(Self.document(extra: ",\"parameters\":{\"p\":\"\(atLimit)\"}"), limits) == nil)
        #expect(
            Self.fault(Self.document(extra: ",\"parameters\":{\"p\":\"\(atLimit)a\"}"), limits)
                == "parameter 'p' of 41 bytes exceeds the maximum of 40 bytes"
        )
    }

    @Test func sizeOfTheJSON() {
        let json = Self.document()
        let size = json.utf8.count
        #expect(Self.fault(json, Self.limits { $0.jsonBytes = size }) == nil)
        #expect(
            Self.fault(json, Self.limits { $0.jsonBytes = size - 1 })
                == "request JSON size of \(size) bytes exceeds the maximum allowed input size of \(size - 1) bytes. Use"
                + " --http-max-input-size to increase the limit."
        )
    }

    @Test(arguments: [("FP64", 25, "1"), ("BYTES", 20, "\"123456\"")])
    func sizeOfATensorFromJSON(_ type: String, _ count: Int, _ element: String) {
        let document = { (count: Int) -> String in
            let data = [String](repeating: element, count: count).joined(separator: ",")
            return "{\"inputs\":[{\"name\":\"I\",\"shape\":[\(count)],\"datatype\":\"\(type)\",\"data\":[\(data)]}]}"
        }
        // The document must be below the limit that its tensor meets: 200 bytes of either need less than that of JSON.
        let scale = 20
        let limits = Self.limits { $0.jsonBytes = 200 * scale }
        let size = type == "FP64" ? 8 : 10
        #expect(Self.fault(document(count * scale), limits) == nil)
        #expect(
            Self.fault(document(count * scale + 1), limits)
                == "JSON input 'I' has a byte_size (\(200 * scale + size) bytes) that exceeds the maximum allowed value"
                + " of \(200 * scale) bytes. Use --http-max-input-size to increase the limit."
        )
    }

    @Test func depthOfData() {
        let limits = Self.limits { $0.jsonDepth = 100 }
        let document = { (depth: Int) -> String in
            let data = String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
            return "{\"inputs\":[{\"name\":\"I\",\"shape\":[1],\"datatype\":\"INT8\",\"data\":\(data)}]}"
        }
        #expect(Self.fault(document(100), limits) == nil)
        #expect(
            Self.fault(document(101), limits)?.hasPrefix("JSON nesting depth exceeds maximum allowed limit (100)")
                == true
        )
    }

    @Test func depthOfWhatNobodyAskedFor() {
        let limits = Self.limits { $0.jsonDepth = 10 }
        let document = { (depth: Int) -> String in
            Self.document(
                extra: ",\"x\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            )
        }
        #expect(Self.fault(document(9), limits) == nil)
        #expect(
            Self.fault(document(10), limits)?.hasPrefix("JSON nesting depth exceeds maximum allowed limit (10)") == true
        )
    }
}
