// SPDX-License-Identifier: Apache-2.0
internal import Inference

extension FlagTable {
    private static let positive = ValueKind.integer(1...Int.max)
    private static let positiveOrNone = ValueKind.integer(1...Int.max, unlimited: .max)
    private static let seconds = ValueKind.integer(1...86_400)

    static let limits: [Flag] = requestLimits + connectionLimits

    /// What can be said for all requests, and by `--model-limit` for those of some models.
    static let requestLimits: [Flag] = [
        Flag(
            "max-body-byte-size",
            .limits,
            positive,
            .works(.integer(\.requestLimits.bodyBytes)),
            "Bytes of a request's body, binary tensors included."
        ),
        Flag(
            "max-json-depth",
            .limits,
            .integer(1...1000),
            .works(.integer(\.requestLimits.jsonDepth)),
            "Levels of nesting in a request's JSON; of the data of an infer request, without the three around it."
        ),
        Flag(
            "max-request-inputs",
            .limits,
            positive,
            .works(.integer(\.requestLimits.inputs)),
            "Inputs of a request."
        ),
        Flag(
            "max-request-outputs",
            .limits,
            positive,
            .works(.integer(\.requestLimits.outputs)),
            "Outputs that a request may name."
        ),
        Flag(
            "max-tensor-dimensions",
            .limits,
            positive,
            .works(.integer(\.requestLimits.dimensions)),
            "Dimensions of a tensor."
        ),
        Flag(
            "max-request-parameters",
            .limits,
            positive,
            .works(.integer(\.requestLimits.parameters)),
            "Parameters of a request, and of each of its tensors."
        ),
        Flag(
            "max-string-byte-size",
            .limits,
            positive,
            .works(.integer(\.requestLimits.stringBytes)),
            "Bytes of a name, a request id or a string parameter."
        ),
        Flag(
            "max-body-chunks",
            .limits,
            positive,
            .works(.integer(\.requestLimits.bodyChunks)),
            "Chunks of a chunked upload."
        ),
        Flag(
            "max-tensor-elements",
            .limits,
            positiveOrNone,
            .works(.integer(\.requestLimits.elements)),
            "Elements of an input."
        ),
        Flag(
            "max-request-batch-size",
            .limits,
            positiveOrNone,
            .works(.integer(\.requestLimits.batch)),
            "Batch of a request to a model that batches; the model's own maximum holds too."
        ),
    ]

    private static let connectionLimits: [Flag] = [
        Flag(
            "max-connection-in-flight-byte-size",
            .limits,
            positive,
            .works(.integer(\.connectionLimits.bytesInFlightPerConnection)),
            "Bytes in flight of one connection."
        ),
        Flag(
            "max-response-backlog-byte-size",
            .limits,
            positive,
            .works(.integer(\.connectionLimits.responseBacklogBytes)),
            "Bytes of a stream's responses that may wait for a slow reader before the request is cancelled."
        ),
        Flag(
            "max-in-flight-memory-percent",
            .limits,
            .integer(1...100),
            .works(.integer(\.connectionLimits.bytesInFlightPercentOfMemory)),
            "Share of the machine's memory that all requests in flight may fill."
        ),
        Flag(
            "max-in-flight-requests",
            .limits,
            positiveOrNone,
            .works(.integer(\.connectionLimits.requestsInFlight)),
            "Requests in flight."
        ),
        Flag(
            "max-connections-per-address",
            .limits,
            positiveOrNone,
            .works(.integer(\.connectionLimits.connectionsPerAddress)),
            "Connections from one address."
        ),
        Flag(
            "max-connections",
            .limits,
            positive,
            .works(.integer(\.connectionLimits.connections)),
            "Connections; beyond three quarters, those that have proven nothing make room for new ones."
        ),
        Flag(
            "max-header-byte-size",
            .limits,
            positive,
            .works(.integer(\.connectionLimits.headerFieldBytes)),
            "Bytes of one header, its name and its value together."
        ),
        Flag(
            "max-header-list-byte-size",
            .limits,
            positive,
            .works(.integer(\.connectionLimits.headerListBytes)),
            "Bytes of all headers of a request."
        ),
        Flag(
            "max-header-count",
            .limits,
            positive,
            .works(.integer(\.connectionLimits.headerCount)),
            "Headers of a request."
        ),
        Flag(
            "header-timeout-secs",
            .limits,
            seconds,
            .works(.integer(\.connectionLimits.headerSeconds)),
            "Seconds that a request's headers may take to arrive."
        ),
        Flag(
            "body-timeout-secs",
            .limits,
            seconds,
            .works(.integer(\.connectionLimits.bodySeconds)),
            "Seconds that a request's body may take to arrive."
        ),
        Flag(
            "idle-timeout-secs",
            .limits,
            seconds,
            .works(.integer(\.connectionLimits.idleSeconds)),
            "Seconds that a connection may be idle."
        ),
        Flag(
            "request-deadline-secs",
            .limits,
            .integer(1...86_400, unlimited: 0),
            .works(.integer(\.connectionLimits.deadlineSeconds)),
            "Seconds that a request may take."
        ),
    ]

    static let modelLimits: [Flag] = [
        Flag(
            "model-limit",
            .limits,
            .setting(group: "models", groupRequired: true),
            .works(.table(\.modelLimits)),
            "Tighter limit for the models that a pattern with * and ? matches, as in fraud-*,max-body-byte-size=65536: "
                + "any limit of a request, from max-body-byte-size to max-request-batch-size, and http-max-input-size. "
                + "May be given more than once; the tightest counts."
        )
    ]
}
