// SPDX-License-Identifier: Apache-2.0
private import Inference
private import Telemetry

private let noVertexAI = "there is no Vertex AI endpoint"
/// What can be restricted, in Triton's order.
let restrictedNames =
    "health, metadata, inference, shared-memory, model-config, model-repository, statistics, trace, logging"

private let noSageMaker = "there is no SageMaker endpoint"

extension FlagTable {
    /// Triton's flags about what it listens for, but for gRPC. Names and ranges: `command_line_parser.cc`.
    static let http: [Flag] = [
        Flag(
            "allow-http",
            .http,
            .bool,
            .works(.fixed),
            default: "true",
            refusing: ["false": "the HTTP endpoint cannot be turned off yet"],
            "Serve HTTP."
        ),
        Flag(
            "http-address",
            .http,
            .address,
            .works(.string(\.http.address)),
            "Address that HTTP listens on. Triton's default is every address."
        ),
        Flag(
            "http-port",
            .http,
            .port,
            .works(.integer(\.http.port)),
            "Port that HTTP listens on; 0 for any free one."
        ),
        Flag(
            "reuse-http-port",
            .http,
            .bool,
            .works(.fixed),
            default: "false",
            refusing: ["true": "a port is not shared between servers yet"],
            "Let several servers listen on the HTTP port."
        ),
        Flag(
            "http-header-forward-pattern",
            .http,
            .string,
            .works(.optionalString(\.httpHeaderForwardPattern)),
            "Regular expression for names of headers that become parameters of the request; empty for none."
        ),
        Flag(
            "http-thread-count",
            .http,
            .integer(0...1024),
            .works(.integer(\.httpThreadCount)),
            "Threads that serve connections; 0 for one a core. Triton's default is 8."
        ),
        Flag(
            "http-max-input-size",
            .http,
            .integer(1...Int.max),
            .works(.jsonBytes),
            "Bytes of a request's JSON, and of any body after decompression."
        ),
        Flag(
            "http-restricted-api",
            .http,
            .restriction,
            .works(.each(\.httpRestrictedAPIs)),
            showing: .names,
            "Ask for a header on some routes: \(restrictedNames)."
        ),
    ]

    static let cloudPlatforms: [Flag] = [
        Flag(
            "allow-sagemaker",
            .sageMaker,
            .bool,
            .works(.fixed),
            default: "false",
            refusing: ["true": noSageMaker],
            "Serve SageMaker's routes."
        ),
        Flag(
            "sagemaker-port",
            .sageMaker,
            .port,
            .accepted(noSageMaker),
            default: "8080",
            "Port of SageMaker's routes."
        ),
        Flag(
            "sagemaker-safe-port-range",
            .sageMaker,
            .integerPair(separator: "-", placeholders: "<integer>-<integer>"),
            .accepted(noSageMaker),
            "Ports that others may use beside SageMaker's."
        ),
        Flag(
            "sagemaker-thread-count",
            .sageMaker,
            .count,
            .accepted(noSageMaker),
            default: "8",
            "Threads for SageMaker's routes."
        ),
        Flag(
            "allow-vertex-ai",
            .vertexAI,
            .bool,
            .works(.fixed),
            default: "false",
            refusing: ["true": noVertexAI],
            "Serve Vertex AI's routes."
        ),
        Flag("vertex-ai-port", .vertexAI, .port, .accepted(noVertexAI), default: "8080", "Port of Vertex AI's routes."),
        Flag(
            "vertex-ai-thread-count",
            .vertexAI,
            .count,
            .accepted(noVertexAI),
            default: "8",
            "Threads for Vertex AI's routes."
        ),
        Flag(
            "vertex-ai-default-model",
            .vertexAI,
            .string,
            .accepted(noVertexAI),
            "Model that Vertex AI's route asks."
        ),
    ]

    static let metrics: [Flag] = [
        Flag("allow-metrics", .metrics, .bool, .works(.bool(\.metrics.isAllowed)), "Serve the metrics page."),
        Flag(
            "allow-gpu-metrics",
            .metrics,
            .bool,
            .accepted("no engine that is here uses a GPU"),
            default: "true",
            "Show the GPUs' metrics."
        ),
        Flag(
            "allow-cpu-metrics",
            .metrics,
            .bool,
            .works(.bool(\.metrics.allowsCPU)),
            "Show the machine's CPU and memory use."
        ),
        Flag(
            "metrics-address",
            .metrics,
            .address,
            .works(.string(\.metricsListener.address)),
            default: "that of HTTP",
            "Address that the metrics page listens on."
        ),
        Flag(
            "metrics-port",
            .metrics,
            .port,
            .works(.integer(\.metricsListener.port)),
            "Port that the metrics page listens on; 0 for any free one."
        ),
        Flag(
            "metrics-interval-ms",
            .metrics,
            .integer(1...Int(Int32.max)),
            .works(.integer(\.metrics.intervalMilliseconds)),
            "Milliseconds over which the machine's use is measured."
        ),
        Flag(
            "metrics-config",
            .metrics,
            .setting(group: nil),
            .works(.table(\.metrics.config)),
            rules: .metrics,
            "Which families the page has: counter_latencies works; histogram_latencies and summary_latencies stay off."
        ),
    ]
}
