// SPDX-License-Identifier: Apache-2.0
private import Inference
private import Telemetry

extension FlagTable {
    /// What Triton has no flag for.
    static let ownSettings: [Flag] = [
        Flag(
            "profile",
            .buckler,
            .choice(["secure", "triton"]),
            .works(.parsing),
            default: "secure",
            "The defaults of everything else: safe ones, or Triton's."
        ),
        Flag(
            "config",
            .buckler,
            .path,
            .works(.parsing),
            "YAML file with the same settings by the same names; the command line wins over it."
        ),
        Flag("version", .buckler, .none, .works(.parsing), "Print the version and exit."),
        Flag(
            "pre-stop-delay",
            .buckler,
            .integer(0...3600),
            .works(.integer(\.preStopDelaySeconds)),
            "Seconds between turning not ready and beginning to drain, for balancers to notice."
        ),
        Flag(
            "http-fast-path",
            .buckler,
            .bool,
            .works(.bool(\.httpFastPath)),
            "Read ordinary infer requests without the HTTP parser; answers are the same either way."
        ),
        Flag(
            "engine-library",
            .buckler,
            .path,
            .works(.optionalString(\.engineLibrary)),
            default: "that of buckler engine install",
            "Absolute path of ONNX Runtime's library."
        ),
        Flag(
            "model-arena-byte-size",
            .buckler,
            .integer(1 << 20...Int.max, unlimited: .max),
            .works(.integer(\.modelArenaBytes)),
            "Bytes that the engine may hold for one model; a request that needs more fails alone."
        ),
        Flag(
            "max-output-byte-size",
            .buckler,
            .integer(1...Int.max),
            .works(.integer(\.maxOutputBytes)),
            "Bytes that the outputs of one execution may have."
        ),
        Flag(
            "inline-execution-us",
            .buckler,
            .integer(0...100_000),
            .works(.integer(\.inlineExecutionMicroseconds)),
            "Run executions that take no longer on the thread that read the requests; 0 for never."
        ),
        Flag(
            "trace-max-bytes",
            .tracing,
            .integer(1...Int.max),
            .works(.integer(\.trace.limits.fileBytes)),
            "Bytes of all trace files of this server; traces beyond them are dropped and counted."
        ),
        Flag(
            "trace-max-files",
            .tracing,
            .integer(1...Int.max),
            .works(.integer(\.trace.limits.files)),
            "Trace files of this server; traces that need another one are dropped and counted."
        ),
        Flag(
            "client-shm-owner-uids",
            .sharedMemory,
            .nonEmptyString,
            .works(.string(\.sharedMemory.ownerUserIDs)),
            default: "that of the server",
            "Numeric users, separated by commas, whose shared memory may be registered."
        ),
        Flag(
            "max-client-shm-regions",
            .sharedMemory,
            .integer(1...1 << 20),
            .works(.integer(\.sharedMemory.regions)),
            "Regions of shared memory that may be registered at once; each holds a file descriptor."
        ),
        Flag(
            "max-client-shm-name-byte-size",
            .sharedMemory,
            .integer(1...Int.max),
            .works(.integer(\.sharedMemory.nameBytes)),
            "Bytes of the name of a region of shared memory."
        ),
    ]

    private static let positive = ValueKind.integer(1...Int.max)
    private static let positiveOrNone = ValueKind.integer(1...Int.max, unlimited: .max)
    private static let seconds = ValueKind.integer(1...86_400)

    static let limits: [Flag] = [
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
            "Levels of nesting in a request's JSON."
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
            "Connections."
        ),
        Flag(
            "max-header-byte-size",
            .limits,
            positive,
            .works(.integer(\.connectionLimits.headerFieldBytes)),
            "Bytes of one header."
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
}
