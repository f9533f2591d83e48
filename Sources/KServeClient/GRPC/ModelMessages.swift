// SPDX-License-Identifier: Apache-2.0

/// The answers about models of `inference.GRPCInferenceService`; numbers are those of `grpc_service.proto`.
extension ProtobufSchema {
    static let modelMetadata = ProtobufSchema(fields: [
        Field(number: 1, name: "name", kind: .text),
        Field(number: 2, name: "versions", kind: .text, isRepeated: true),
        Field(number: 3, name: "platform", kind: .text),
        Field(number: 4, name: "inputs", kind: .message(tensorMetadata), isRepeated: true),
        Field(number: 5, name: "outputs", kind: .message(tensorMetadata), isRepeated: true),
    ])

    private static let tensorMetadata = ProtobufSchema(fields: [
        Field(number: 1, name: "name", kind: .text), Field(number: 2, name: "datatype", kind: .text),
        Field(number: 3, name: "shape", kind: .signed, isRepeated: true),
    ])

    static let repositoryIndex = ProtobufSchema(fields: [
        Field(number: 1, name: "models", kind: .message(indexEntry), isRepeated: true)
    ])

    private static let indexEntry = ProtobufSchema(fields: [
        Field(number: 1, name: "name", kind: .text),
        Field(number: 2, name: "version", kind: .text, isOptional: true),
        Field(number: 3, name: "state", kind: .text, isOptional: true),
        Field(number: 4, name: "reason", kind: .text, isOptional: true),
    ])

    static let modelStatistics = ProtobufSchema(fields: [
        Field(number: 1, name: "model_stats", kind: .message(statisticsOfModel), isRepeated: true)
    ])

    private static let statisticsOfModel = ProtobufSchema(fields: [
        Field(number: 1, name: "name", kind: .text), Field(number: 2, name: "version", kind: .text),
        Field(number: 3, name: "last_inference", kind: .unsigned),
        Field(number: 4, name: "inference_count", kind: .unsigned),
        Field(number: 5, name: "execution_count", kind: .unsigned),
        Field(
            number: 6,
            name: "inference_stats",
            kind: .message(
                durations([
                    "success", "fail", "queue", "compute_input", "compute_infer", "compute_output", "cache_hit",
                    "cache_miss",
                ])
            )
        ),
        Field(
            number: 9,
            name: "response_stats",
            kind: .map(
                durations(["compute_infer", "compute_output", "success", "fail", "empty_response", "cancel"])
            )
        ),
        Field(number: 7, name: "batch_stats", kind: .message(batch), isRepeated: true),
        Field(number: 8, name: "memory_usage", kind: .message(memoryUsage), isRepeated: true),
    ])

    private static let duration = ProtobufSchema(fields: [
        Field(number: 1, name: "count", kind: .unsigned), Field(number: 2, name: "ns", kind: .unsigned),
    ])

    /// A message of durations, numbered from 1.
    private static func durations(_ names: [String]) -> ProtobufSchema {
        ProtobufSchema(
            fields: zip(1..., names).map { Field(number: $0, name: $1, kind: .message(duration)) }
        )
    }

    private static let batch = ProtobufSchema(fields: [
        Field(number: 1, name: "batch_size", kind: .unsigned),
        Field(number: 2, name: "compute_input", kind: .message(duration)),
        Field(number: 3, name: "compute_infer", kind: .message(duration)),
        Field(number: 4, name: "compute_output", kind: .message(duration)),
    ])

    private static let memoryUsage = ProtobufSchema(fields: [
        Field(number: 1, name: "type", kind: .text), Field(number: 2, name: "id", kind: .signed),
        Field(number: 3, name: "byte_size", kind: .unsigned),
    ])
}
