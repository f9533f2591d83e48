// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import Testing

@testable import Settings

/// What `tritonserver --help` lists, to compare the table with.
private let tritonFlags: Set<String> = [
    "help", "id", "exit-timeout-secs", "log-verbose", "log-info", "log-warning", "log-error", "log-format", "log-file",
    "model-store", "model-repository", "exit-on-error", "disable-auto-complete-config", "strict-readiness",
    "model-control-mode", "repository-poll-secs", "load-model", "model-config-name", "model-load-thread-count",
    "model-load-retry-count", "model-namespacing", "enable-peer-access", "allow-http", "http-address", "http-port",
    "reuse-http-port", "http-header-forward-pattern", "http-thread-count", "http-max-input-size", "http-restricted-api",
    "allow-grpc", "grpc-address", "grpc-port", "reuse-grpc-port", "grpc-header-forward-pattern",
    "grpc-infer-thread-count", "grpc-infer-allocation-pool-size", "grpc-max-response-pool-size", "grpc-use-ssl",
    "grpc-use-ssl-mutual", "grpc-server-cert", "grpc-server-key", "grpc-root-cert",
    "grpc-infer-response-compression-level", "grpc-keepalive-time", "grpc-keepalive-timeout",
    "grpc-keepalive-permit-without-calls", "grpc-http2-max-pings-without-data",
    "grpc-http2-min-recv-ping-interval-without-data", "grpc-http2-max-ping-strikes", "grpc-max-connection-age",
    "grpc-max-connection-age-grace", "grpc-restricted-protocol", "allow-sagemaker", "sagemaker-port",
    "sagemaker-safe-port-range", "sagemaker-thread-count", "allow-vertex-ai", "vertex-ai-port",
    "vertex-ai-thread-count", "vertex-ai-default-model", "allow-metrics", "allow-gpu-metrics", "allow-cpu-metrics",
    "metrics-address", "metrics-port", "metrics-interval-ms", "metrics-config", "trace-config", "backend-directory",
    "backend-config", "repoagent-directory", "cache-config", "cache-directory", "rate-limit", "rate-limit-resource",
    "pinned-memory-pool-byte-size", "cuda-memory-pool-byte-size", "cuda-virtual-address-size",
    "min-supported-compute-capability", "buffer-manager-thread-count", "host-policy", "model-load-gpu-limit",
    "allow-client-shm", "strict-model-config", "response-cache-byte-size", "trace-file", "trace-level", "trace-rate",
    "trace-count", "trace-log-frequency",
]

extension Flag {
    /// Some value that the flag takes, other than its default.
    var sample: String {
        switch kind {
        case .none: "true"
        case .bool: refusedValues["false"] == nil ? "false" : "true"
        case .integer(let range, _): String(max(range.lowerBound, min(range.upperBound, 17)))
        case .level: "3"
        case .number: "1.5"
        case .string, .nonEmptyString, .path, .address: "sample"
        case .absolutePath: "/sample"
        case .choice(let choices, _): choices.first { refusedValues[$0.lowercased()] == nil } ?? ""
        case .choiceFor(let choices, _): (choices.last ?? "") + ":sample"
        case .setting where rules == .metrics: "counter_latencies=false"
        case .setting(let group, _): group == nil ? "a=b" : "g,a=b"
        case .restriction: "health:key=value"
        case .integerPair(let separator, _): "1\(separator)2"
        case .deviceFraction: "0:0.5"
        case .resource: "R1:3:0"
        }
    }
}

@Suite("The table of flags") struct FlagTableTests {
    @Test("has all 91 flags of tritonserver, each once")
    func complete() {
        #expect(tritonFlags.count == 91)
        #expect(FlagTable.triton.count == 91)
        #expect(Set(FlagTable.triton.map(\.name)) == tritonFlags)
        #expect(Set(FlagTable.all.map(\.name)).count == FlagTable.all.count)
        #expect(Set(FlagTable.own.map(\.name)).isDisjoint(with: tritonFlags))
    }

    @Test("is the one that Docs/Flags.md shows")
    func documentation() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Docs/Flags.md")
        if ProcessInfo.processInfo.environment["BUCKLER_WRITE_DOCS"] == "1" {
            try FlagReference.markdown.write(to: path, atomically: true, encoding: .utf8)
        }
        let document = try String(contentsOf: path, encoding: .utf8)
        #expect(
            document == FlagReference.markdown,
            "BUCKLER_WRITE_DOCS=1 in the environment of this test writes the file anew"
        )
    }

    @Test("does with each flag what it says", arguments: FlagTable.all)
    func dispositions(flag: Flag) throws {
        let arguments = ["--\(flag.name)=\(flag.sample)"]
        switch flag.disposition {
        case .works:
            let assignments = try CommandLineParser.parse(arguments)
            #expect(assignments.count == 1)
            if flag.rules == nil { #expect(assignments[0].notice == nil) }
        case .accepted(let reason):
            let assignments = try CommandLineParser.parse(arguments)
            #expect(assignments[0].notice == "--\(flag.name) changes nothing: \(reason)")
        case .refused(let reason):
            #expect(throws: SettingsError("--\(flag.name) is refused: \(reason)")) {
                try CommandLineParser.parse(arguments)
            }
        }
        for (value, reason) in flag.refusedValues {
            #expect(throws: SettingsError("--\(flag.name)=\(value) is refused: \(reason)")) {
                try CommandLineParser.parse(["--\(flag.name)=\(value)"])
            }
        }
    }

    @Test("changes a setting with each flag that works", arguments: FlagTable.all)
    func effects(flag: Flag) throws {
        guard case .works(let effect) = flag.disposition else { return }
        switch effect {
        case .parsing, .fixed: return
        default: break
        }
        let values: [String] =
            switch flag.kind {
            case .none, .bool: ["true", "false"]
            case .choice(let choices, _): choices.filter { flag.refusedValues[$0] == nil }
            default: [flag.sample]
            }
        let untouched = ServerSettings(profile: .secure)
        let changed = values.map { value in
            var settings = untouched
            effect.apply(value, kind: flag.kind, to: &settings)
            return settings
        }
        #expect(changed.contains { $0 != untouched }, "--\(flag.name) is said to work but changes nothing")
    }

    @Test("checks the value of a flag that it only accepts")
    func acceptedButWrong() {
        #expect(throws: SettingsError.self) { try CommandLineParser.parse(["--grpc-port=gold"]) }
        #expect(throws: SettingsError.self) { try CommandLineParser.parse(["--rate-limit-resource=R1"]) }
    }

    @Test("has a flag for every limit")
    func limits() {
        let inRequests = Mirror(reflecting: RequestLimits(profile: .secure)).children.count { $0.value is Int }
        let inConnections = Mirror(reflecting: ConnectionLimits(profile: .secure)).children.count
        // One of them is Triton's own: --http-max-input-size.
        #expect(FlagTable.limits.count == inRequests + inConnections - 1)
    }

    @Test("is all in the help, in which no line is too long for a terminal")
    func help() {
        let text = ServeHelp.text()
        for flag in FlagTable.all { #expect(text.contains("  --\(flag.name)")) }
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
    }

    @Test(
        "finds what was probably meant",
        arguments: [
            ("htp-port", "http-port"), ("http-prot", "http-port"), ("model-repositry", "model-repository"),
            ("grpc-prot", "grpc-port"),
        ]
    )
    func suggestions(typed: String, meant: String) {
        #expect(Suggestion.nearest(to: typed, among: FlagTable.all.map(\.name)) == meant)
    }

    @Test("does not guess from afar, nor from a text that is no name")
    func noSuggestion() {
        #expect(Suggestion.nearest(to: "qqqqqqqqqq", among: ["http-port"]) == nil)
        #expect(
            Suggestion.nearest(to: String(repeating: "a", count: 65), among: [String(repeating: "a", count: 64)]) == nil
        )
        #expect(
            Suggestion.nearest(to: String(repeating: "a", count: 64), among: [String(repeating: "a", count: 63)]) != nil
        )
    }
}
