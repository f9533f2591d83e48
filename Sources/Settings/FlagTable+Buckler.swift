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
            .absolutePath,
            .works(.optionalString(\.engineLibrary)),
            default: "that of buckler engine install",
            "Absolute path of ONNX Runtime's library."
        ),
        Flag(
            "placement",
            .buckler,
            .choiceFor(["process", "worker"], name: "model"),
            .works(.each(\.placements)),
            default: "worker",
            "Whether ONNX Runtime runs in the server's process or in a sandboxed worker for each instance; of one model "
                + "if one is named. May be given more than once; nothing that a model brings along changes it."
        ),
        Flag(
            "python-env-root",
            .buckler,
            .absolutePath,
            .works(.optionalString(\.pythonEnvironmentRoot)),
            default: "none",
            "Absolute path beneath which a Python model's EXECUTION_ENV_PATH may lie, besides in the model's directory."
        ),
        Flag(
            "admission-policy",
            .buckler,
            .path,
            .works(.optionalString(\.admissionPolicy)),
            default: "none",
            "YAML file that says for rules of buckler audit whether what they find keeps a model from being loaded."
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
            "model-control-for",
            .buckler,
            .nonEmptyString,
            .works(.list(\.modelCalls.controlFor)),
            "Model whose code may load and unload models, in explicit mode."
        ),
        Flag(
            "model-call-depth",
            .buckler,
            .integer(1...64),
            .works(.integer(\.modelCalls.depth)),
            "How many models may call each other in a row."
        ),
        Flag(
            "model-call-timeout-secs",
            .buckler,
            .integer(1...86_400),
            .works(.integer(\.modelCalls.seconds)),
            "Seconds that a model's call of another may take, if whoever waits for it may wait longer."
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
}
