// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore

extension ControlDocuments {
    /// `{"model_stats":[…]}`; the models in the order given.
    package static func statistics(_ models: [ModelStatisticsSnapshot]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeStaticString("{\"model_stats\":")
        buffer.writeJSONArray(models, writeModel)
        buffer.writeInteger(UInt8(ascii: "}"))
        return buffer
    }

    private static func writeModel(_ model: ModelStatisticsSnapshot, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("{\"name\":")
        buffer.writeJSONString(model.name)
        buffer.writeJSONKey("version")
        buffer.writeJSONString(String(model.version))
        buffer.writeJSONKey("last_inference")
        buffer.writeJSONInteger(model.lastInference)
        buffer.writeJSONKey("inference_count")
        buffer.writeJSONInteger(model.inferenceCount)
        buffer.writeJSONKey("execution_count")
        buffer.writeJSONInteger(model.executionCount)
        buffer.writeJSONKey("inference_stats")
        writeDurations(
            [
                ("success", model.success), ("fail", model.fail), ("queue", model.queue),
                ("compute_input", model.computeInput), ("compute_infer", model.computeInfer),
                ("compute_output", model.computeOutput), ("cache_hit", model.cacheHit),
                ("cache_miss", model.cacheMiss),
            ],
            into: &buffer
        )
        buffer.writeInteger(UInt8(ascii: "}"))
        writeResponses(model.responses, into: &buffer)
        writeBatches(model.batches, into: &buffer)
        // Triton lists what it holds on devices; on a CPU the list is empty there too.
        buffer.writeStaticString(",\"memory_usage\":[]}")
    }

    private static func writeResponses(
        _ responses: [Int: ModelStatisticsSnapshot.Response],
        into buffer: inout ByteBuffer
    ) {
        buffer.writeJSONKey("response_stats")
        buffer.writeInteger(UInt8(ascii: "{"))
        for (position, entry) in responses.sorted(by: { $0.key < $1.key }).enumerated() {
            if position > 0 { buffer.writeInteger(UInt8(ascii: ",")) }
            buffer.writeJSONString(String(entry.key))
            buffer.writeInteger(UInt8(ascii: ":"))
            let response = entry.value
            writeDurations(
                [
                    ("compute_infer", response.computeInfer), ("compute_output", response.computeOutput),
                    ("success", response.success), ("fail", response.fail),
                    ("empty_response", response.emptyResponse), ("cancel", response.cancel),
                ],
                into: &buffer
            )
            buffer.writeInteger(UInt8(ascii: "}"))
        }
        buffer.writeInteger(UInt8(ascii: "}"))
    }

    private static func writeBatches(_ batches: [Int: ModelStatisticsSnapshot.Batch], into buffer: inout ByteBuffer) {
        buffer.writeJSONKey("batch_stats")
        buffer.writeJSONArray(batches.sorted { $0.key < $1.key }) { entry, buffer in
            buffer.writeStaticString("{\"batch_size\":")
            buffer.writeJSONInteger(entry.key)
            let batch = entry.value
            writeDurations(
                [
                    ("compute_input", batch.computeInput), ("compute_infer", batch.computeInfer),
                    ("compute_output", batch.computeOutput),
                ],
                continuing: true,
                into: &buffer
            )
            buffer.writeInteger(UInt8(ascii: "}"))
        }
    }

    /// - Parameter continuing: whether the object is open already; its brace is never closed here.
    private static func writeDurations(
        _ durations: [(name: StaticString, value: DurationStatistic)],
        continuing: Bool = false,
        into buffer: inout ByteBuffer
    ) {
        if !continuing { buffer.writeInteger(UInt8(ascii: "{")) }
        for (index, duration) in durations.enumerated() {
            buffer.writeJSONKey(duration.name, first: index == 0 && !continuing)
            buffer.writeStaticString("{\"count\":")
            buffer.writeJSONInteger(duration.value.count)
            buffer.writeJSONKey("ns")
            buffer.writeJSONInteger(duration.value.nanoseconds)
            buffer.writeInteger(UInt8(ascii: "}"))
        }
    }
}
