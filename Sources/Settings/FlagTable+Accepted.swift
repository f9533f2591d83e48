// SPDX-License-Identifier: Apache-2.0

private let noCache = "there is no response cache yet; every request runs"
private let noGPU = "no engine that is here uses a GPU"

extension FlagTable {
    /// Triton's flags for what this server does not have yet. Names, ranges and defaults: `command_line_parser.cc`.
    static let tracing: [Flag] = [
        Flag(
            "trace-config",
            .tracing,
            .setting(group: "mode"),
            .works(.list(\.trace.config)),
            showing: .keys(["count", "file", "level", "log-frequency", "mode", "rate"]),
            "Setting of request tracing (level, rate, count, mode), or of one of its modes (triton,file and "
                + "triton,log-frequency)."
        )
    ]

    static let cacheAndRateLimiter: [Flag] = [
        Flag(
            "cache-config",
            .responseCache,
            .setting(group: "cache", groupRequired: true),
            .accepted(noCache),
            showing: .keys(["size"]),
            "Setting of a response cache."
        ),
        Flag(
            "cache-directory",
            .responseCache,
            .path,
            .accepted(noCache),
            default: "/opt/tritonserver/caches",
            "Directory of caches."
        ),
        Flag(
            "rate-limit",
            .rateLimiter,
            .choice(["execution_count", "off"]),
            .works(.fixed),
            default: "off",
            refusing: ["execution_count": "instances are not held back by resources yet"],
            "How instances are chosen."
        ),
        Flag(
            "rate-limit-resource",
            .rateLimiter,
            .resource,
            .accepted("with --rate-limit=off no resource is counted"),
            "How much of a resource there is."
        ),
    ]

    static let memory: [Flag] = [
        Flag(
            "pinned-memory-pool-byte-size",
            .memory,
            .integer(Int.min...Int.max),
            .accepted(noGPU),
            default: "268435456",
            "Bytes of pinned memory."
        ),
        Flag(
            "cuda-memory-pool-byte-size",
            .memory,
            .integerPair(separator: ":", placeholders: "<device>:<integer>"),
            .accepted(noGPU),
            default: "64 MiB",
            "Bytes of memory kept on a GPU."
        ),
        Flag(
            "cuda-virtual-address-size",
            .memory,
            .integerPair(separator: ":", placeholders: "<device>:<integer>"),
            .accepted(noGPU),
            default: "1 GiB",
            "Bytes of address space for an implicit state."
        ),
        Flag(
            "min-supported-compute-capability",
            .memory,
            .number(0...1000),
            .accepted(noGPU),
            "Least compute capability of a GPU that is used."
        ),
        Flag(
            "buffer-manager-thread-count",
            .memory,
            .count,
            .accepted("requests are put together by the instance's own thread"),
            default: "0",
            "Threads that copy tensors."
        ),
        Flag(
            "host-policy",
            .memory,
            .setting(group: "policy", groupRequired: true),
            .accepted("instances are not bound to cores or memory nodes"),
            "Setting of a host policy."
        ),
        Flag(
            "model-load-gpu-limit",
            .memory,
            .deviceFraction,
            .accepted(noGPU),
            "Share of a GPU's memory that models may fill."
        ),
        Flag(
            "allow-client-shm",
            .sharedMemory,
            .bool,
            .works(.bool(\.sharedMemory.isAllowed)),
            "Let clients register system shared memory and name it in requests."
        ),
    ]

    static let deprecated: [Flag] = [
        Flag(
            "strict-model-config",
            .deprecated,
            .bool,
            .works(.negatedBool(\.repository.autoCompletesConfig)),
            replacedBy: "--disable-auto-complete-config",
            "Use --disable-auto-complete-config, which wins over this one."
        ),
        Flag(
            "response-cache-byte-size",
            .deprecated,
            .integer(Int.min...Int.max),
            .accepted(noCache),
            replacedBy: "--cache-config",
            "Use --cache-config."
        ),
        Flag(
            "trace-file",
            .deprecated,
            .path,
            .works(.string(\.trace.file)),
            replacedBy: "--trace-config triton,file=<filepath>",
            "Use --trace-config."
        ),
        Flag(
            "trace-level",
            .deprecated,
            .choice(["OFF", "TIMESTAMPS", "TENSORS", "MIN", "MAX", "true", "false", "on"]),
            .works(.list(\.trace.levels)),
            default: "OFF",
            replacedBy: "--trace-config level=<OFF|TIMESTAMPS|TENSORS>",
            "Use --trace-config."
        ),
        Flag(
            "trace-rate",
            .deprecated,
            .integer(1...Int(Int32.max)),
            .works(.integer(\.trace.rate)),
            replacedBy: "--trace-config rate=<rate value>",
            "Use --trace-config."
        ),
        Flag(
            "trace-count",
            .deprecated,
            .integer(-1...Int(Int32.max)),
            .works(.integer(\.trace.count)),
            replacedBy: "--trace-config count=<count value>",
            "Use --trace-config."
        ),
        Flag(
            "trace-log-frequency",
            .deprecated,
            .integer(0...Int(Int32.max)),
            .works(.integer(\.trace.logFrequency)),
            replacedBy: "--trace-config triton,log-frequency=<log frequency value>",
            "Use --trace-config."
        ),
    ]
}
