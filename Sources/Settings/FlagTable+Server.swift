// SPDX-License-Identifier: Apache-2.0
private import Telemetry

extension FlagTable {
    /// Triton's flags about the server, its log and its models. Names and ranges: `command_line_parser.cc`.
    static let server: [Flag] = [
        Flag("help", .global, .none, .works(.parsing), "Print this help and exit."),
        Flag("id", .server, .string, .works(.string(\.id)), "Name of the server in its metadata."),
        Flag(
            "exit-timeout-secs",
            .server,
            .count,
            .works(.integer(\.exitTimeoutSeconds)),
            "Seconds that requests in flight are given once the server was asked to exit."
        ),
    ]

    static let logging: [Flag] = [
        Flag(
            "log-verbose",
            .logging,
            .level,
            .works(.integer(\.log.verboseLevel)),
            "Verbosity: 0 for none, 1 or more for ever more lines."
        ),
        Flag("log-info", .logging, .bool, .works(.bool(\.log.info)), "Log lines of level info."),
        Flag("log-warning", .logging, .bool, .works(.bool(\.log.warning)), "Log lines of level warning."),
        Flag("log-error", .logging, .bool, .works(.bool(\.log.error)), "Log lines of level error."),
        Flag(
            "log-format",
            .logging,
            .choice(["default", "ISO8601", "json"], ignoringCase: false),
            .works(.logFormat),
            "Layout of a line: Triton's two, or one JSON object a line."
        ),
        Flag(
            "log-file",
            .logging,
            .path,
            .works(.optionalString(\.log.file)),
            default: "standard error",
            "File that the log is appended to."
        ),
    ]

    static let modelRepository: [Flag] = [
        Flag(
            "model-store",
            .modelRepository,
            .path,
            .works(.list(\.repository.paths)),
            alias: "model-repository",
            "Another name of --model-repository."
        ),
        Flag(
            "model-repository",
            .modelRepository,
            .path,
            .works(.list(\.repository.paths)),
            "Directory of models; may be given more than once. A model that is in two of them is not served."
        ),
        Flag(
            "exit-on-error",
            .modelRepository,
            .bool,
            .works(.bool(\.exitOnError)),
            "Exit if a model fails to load at start; otherwise serve those that did."
        ),
        Flag(
            "disable-auto-complete-config",
            .modelRepository,
            .none,
            .works(.negatedBool(\.repository.autoCompletesConfig)),
            "Take model configurations as they are written; nothing is filled in from the model file."
        ),
        Flag(
            "strict-readiness",
            .modelRepository,
            .bool,
            .works(.bool(\.repository.strictReadiness)),
            "Be ready only while all models are; otherwise as soon as all have been tried."
        ),
        Flag(
            "model-control-mode",
            .modelRepository,
            .choice(["none", "poll", "explicit"]),
            .works(.controlMode),
            refusing: ["poll": "the repository is not watched yet; use explicit and the load and unload requests"],
            "Which models load: all at start (none), or those of --load-model and of load requests (explicit)."
        ),
        Flag(
            "repository-poll-secs",
            .modelRepository,
            .count,
            .accepted("the repository is not watched yet"),
            default: "15",
            "Seconds between two looks at the repository in poll mode."
        ),
        Flag(
            "load-model",
            .modelRepository,
            .nonEmptyString,
            .works(.list(\.repository.loadModels)),
            "Model to load at start in explicit mode; may be given more than once; * alone for all."
        ),
        Flag(
            "model-config-name",
            .modelRepository,
            .nonEmptyString,
            .works(.string(\.repository.configName)),
            "Use configs/<name>.pbtxt of a model that has it."
        ),
        Flag(
            "model-load-thread-count",
            .modelRepository,
            .integer(1...1024),
            .works(.integer(\.repository.loadThreadCount)),
            "How many models may load at once."
        ),
        Flag(
            "model-load-retry-count",
            .modelRepository,
            .count,
            .works(.integer(\.repository.loadRetryCount)),
            "How often a failed load is tried again."
        ),
        Flag(
            "model-namespacing",
            .modelRepository,
            .bool,
            .works(.fixed),
            default: "false",
            refusing: ["true": "models are known by their name alone; two of one name cannot both be served"],
            "Let repositories have models of the same name."
        ),
        Flag(
            "enable-peer-access",
            .modelRepository,
            .bool,
            .accepted("no engine that is here uses a GPU"),
            default: "true",
            "Let GPUs reach each other's memory."
        ),
    ]
}
