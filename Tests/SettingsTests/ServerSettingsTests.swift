// SPDX-License-Identifier: Apache-2.0
import Inference
import Telemetry
import Testing

@testable import Settings

@Suite("The settings") struct ServerSettingsTests {
    private func settings(
        _ arguments: String...,
        file: String? = nil,
        environment: [String: String] = [:]
    ) throws -> ServerSettings {
        try settings(arguments, file: file, environment: environment)
    }

    private func settings(
        _ arguments: [String],
        file: String? = nil,
        environment: [String: String] = [:]
    ) throws -> ServerSettings {
        let request = try ServerSettings.resolve(
            arguments: (file == nil ? [] : ["--config=buckler.yaml"]) + arguments,
            environment: environment,
            readFile: { _, _ in file ?? "" }
        )
        guard case .serve(let settings) = request else { throw SettingsError("nothing to serve") }
        return settings
    }

    @Test("are safe by default")
    func defaults() throws {
        let settings = try settings("--model-repository=/m")
        #expect(settings.profile == .secure)
        #expect(settings.id == "triton")
        #expect(settings.http == ServerSettings.Listener(address: "127.0.0.1", port: 8000))
        #expect(settings.metricsListener == ServerSettings.Listener(address: "127.0.0.1", port: 8002))
        #expect(settings.repository.controlMode == .none)
        #expect(settings.repository.paths == ["/m"])
        #expect(settings.requestLimits == RequestLimits(profile: .secure))
        #expect(settings.connectionLimits == ConnectionLimits(profile: .secure))
        #expect(settings.exitTimeoutSeconds == 30)
        #expect(settings.log == LogConfiguration())
        #expect(settings.notices == [])
        #expect(settings.relaxations == [])
    }

    @Test("take Triton's limits with Triton's profile, and loopback still")
    func tritonProfile() throws {
        let settings = try settings("--model-repository=/m", "--profile=triton")
        #expect(settings.requestLimits == RequestLimits(profile: .triton))
        #expect(settings.connectionLimits == ConnectionLimits(profile: .triton))
        #expect(settings.http.address == "127.0.0.1")
        let relaxations = settings.relaxations
        #expect(relaxations.contains("--http-max-input-size is 67108864 instead of 10485760"))
        #expect(relaxations.contains("--max-in-flight-requests is none instead of 1024"))
        #expect(relaxations.contains("--request-deadline-secs is none instead of 30"))
        #expect(relaxations.contains("--max-json-depth is 100 instead of 64"))
        #expect(relaxations.contains("--model-call-timeout-secs is 300 instead of 30"))
        #expect(!relaxations.contains { $0.contains("max-header-count") })
        #expect(!relaxations.contains { $0.contains("--model-control-mode") })
    }

    @Test("say of Triton's profile only what is in effect")
    func relaxations() throws {
        let settings = try settings(
            "--model-repository=/m",
            "--profile=triton",
            "--max-json-depth=64",
            "--max-request-outputs=300",
            "--max-connections=65536",
            "--allow-metrics=false",
            "--allowed-host=models.example",
            "--model-control-mode=explicit",
            "--tls-cert=/c",
            "--tls-key=/k"
        )
        let text = settings.relaxations.joined(separator: "\n")
        for given in [
            "--max-json-depth", "--max-request-outputs", "--max-connections is", "metrics", "any host", "without TLS",
        ] {
            #expect(!text.contains(given))
        }
        #expect(text.contains("without keys"))
        #expect(text.contains("--model-control-mode=explicit lets every caller load and unload models"))
        #expect(text.contains("--max-in-flight-requests is none instead of 1024"))
        let any = try self.settings("--model-repository=/m", "--profile=triton", "--allowed-host=*")
        #expect(any.relaxations.contains { $0.contains("any host") })
    }

    @Test("come from the file where the command line is silent")
    func precedence() throws {
        let file = """
            profile: triton
            http-port: 9000
            metrics-port: 9002
            id: file
            model-repository: [/a, /b]
            backend-config: {onnxruntime: {intra_op_thread_count: 1, inter_op_thread_count: 2}}
            """
        let mixed = try settings(
            "--http-port=7000",
            "--backend-config=onnxruntime,intra_op_thread_count=3",
            "--model-store=/c",
            file: file
        )
        #expect(mixed.http.port == 7000)
        #expect(mixed.metricsListener.port == 9002)
        #expect(mixed.id == "file")
        #expect(mixed.repository.paths == ["/c"])
        #expect(mixed.backendConfig == ["onnxruntime": ["intra_op_thread_count": "3", "inter_op_thread_count": "2"]])
        #expect(mixed.profile == .triton)
        #expect(try settings("--profile=secure", file: file).requestLimits == RequestLimits(profile: .secure))
        #expect(try settings(file: file).repository.paths == ["/a", "/b"])
    }

    @Test("keep each value in its place")
    func values() throws {
        let settings = try settings(
            "--model-repo",
            "/a",
            "--model-repository=/b",
            "--model-repository=/a",
            "--model-control",
            "EXPLICIT",
            "--load-model=x",
            "--load-model=y",
            "--http-address=::1",
            "--log-verbose=2",
            "--log-format=json",
            "--log-info=off",
            "--log-file=/tmp/l",
            "--strict-readiness=0",
            "--disable-auto-complete-config",
            "--metrics-config=counter_latencies=false",
            "--max-in-flight-requests=none",
            "--request-deadline-secs=none",
            "--http-max-input-size=20000000",
            "--engine-library=/l.so",
            "--model-arena-byte-size=none",
            "--pre-stop-delay=5"
        )
        #expect(settings.repository.paths == ["/a", "/b"])
        #expect(settings.repository.controlMode == .explicit)
        #expect(settings.repository.loadModels == ["x", "y"])
        #expect(settings.metricsListener.address == "::1")
        #expect(settings.log.verboseLevel == 2)
        #expect(settings.log.format == .json)
        #expect(!settings.log.info)
        #expect(settings.log.file == "/tmp/l")
        #expect(!settings.repository.strictReadiness)
        #expect(!settings.repository.autoCompletesConfig)
        #expect(!settings.metrics.counterLatencies)
        #expect(settings.connectionLimits.requestsInFlight == .max)
        #expect(settings.connectionLimits.deadlineSeconds == 0)
        #expect(settings.requestLimits.jsonBytes == 20_000_000)
        #expect(settings.requestLimits.bodyBytes == 20_000_000)
        #expect(settings.engineLibrary == "/l.so")
        #expect(settings.modelArenaBytes == .max)
        #expect(settings.preStopDelaySeconds == 5)
    }

    @Test("let the deprecated flag win over nothing", arguments: [true, false])
    func strictModelConfig(first: Bool) throws {
        let flags = ["--strict-model-config=false", "--disable-auto-complete-config"]
        let order = first ? flags : flags.reversed()
        #expect(try !settings("--model-repository=/m", order[0], order[1]).repository.autoCompletesConfig)
        #expect(try !settings("--model-repository=/m", "--strict-model-config=true").repository.autoCompletesConfig)
    }

    @Test(
        "tell of every deprecated flag what has taken its place",
        arguments: [
            (["--strict-model-config=true"], ["--strict-model-config": "--disable-auto-complete-config"]),
            (["--response-cache-byte-size=1"], ["--response-cache-byte-size": "--cache-config"]),
            (
                ["--trace-file=/t", "--trace-rate=1", "--trace-rate=2"],
                [
                    "--trace-file": "--trace-config triton,file=<filepath>",
                    "--trace-rate": "--trace-config rate=<rate value>",
                ]
            ),
            (["--trace-config=rate=1", "--disable-auto-complete-config"], [:]),
        ]
    )
    func deprecated(flags: [String], replacements: [String: String]) throws {
        let expected = replacements.map {
            "Warning: '\($0.key)' has been deprecated! Please use '\($0.value)' instead."
        }
        let settings = try settings(["--model-repository=/m"] + flags)
        #expect(settings.warnings.sorted() == expected.sorted())
    }

    @Test("tell that the deprecated flag gives way")
    func overridden() throws {
        let flags = ["--model-repository=/m", "--strict-model-config=false", "--disable-auto-complete-config"]
        #expect(
            try settings(flags).warnings.last
                == "Warning: Overriding deprecated '--strict-model-config' from False to True in favor of "
                + "'--disable-auto-complete-config'!"
        )
    }

    @Test("has what to use instead of each deprecated flag")
    func replacements() {
        for flag in FlagTable.all where flag.group == .deprecated { #expect(flag.replacement != nil, "\(flag.name)") }
    }

    @Test(
        "are refused where they do not fit together",
        arguments: [
            ([], "no models to serve: give --model-repository=<path>"),
            (
                ["--model-repository=/m", "--load-model=a"],
                "Error: Use of '--load-model' requires setting '--model-control-mode=explicit' as well."
            ),
            (
                ["--model-repository=/m", "--model-control-mode=explicit", "--load-model=*", "--load-model=a"],
                "--load-model=* must be the only --load-model"
            ),
            (
                ["--model-repository=/m", "--http-port=8002"],
                "The server cannot listen to HTTP requests and metrics requests at the same address and port 127.0.0.1:8002"
            ),
            (
                ["--model-repository=/m", "--max-body-byte-size=10485759"],
                "--http-max-input-size (10485760) must not be more than --max-body-byte-size (10485759)"
            ),
            (
                ["--model-repository=/m", "--max-body-byte-size=67108865"],
                "--max-body-byte-size (67108865) must not be more than --max-connection-in-flight-byte-size (67108864)"
            ),
            (
                ["--model-repository=/m", "--max-header-byte-size=65537"],
                "--max-header-byte-size (65537) must not be more than --max-header-list-byte-size (65536)"
            ),
        ]
    )
    func combinations(arguments: [String], message: String) {
        #expect(throws: SettingsError(message)) {
            try ServerSettings.resolve(arguments: arguments, environment: [:])
        }
    }

    @Test(
        "tell how many descriptors they may need",
        arguments: [
            ([], 3 * 4096 + 512), (["--allow-grpc=false"], 2 * 4096 + 512),
            (["--allow-grpc=false", "--allow-metrics=false", "--max-connections=100"], 612),
            (["--allow-client-shm=true"], 3 * 4096 + 512 + 1024), (["--profile=triton"], 3 * 65_536 + 512),
            (["--max-connections=\(Int.max)"], Int.max), (["--max-connections=\(Int.max / 3)"], Int.max),
        ]
    )
    func descriptors(arguments: [String], count: Int) throws {
        let request = try ServerSettings.resolve(
            arguments: ["--model-repository=/m"] + arguments,
            environment: [:]
        )
        guard case .serve(let settings) = request else { throw SettingsError("nothing to serve") }
        #expect(settings.descriptorsNeeded == count)
    }

    @Test(
        "let in no more connections than there are descriptors for",
        arguments: [(12_800, 4096), (12_799, 4095), (812, 135), (300, 50), (0, 1)]
    )
    func connectionsThatFit(limit: Int, connections: Int) throws {
        var settings = try settings("--model-repository=/m")
        settings.fitConnections(toDescriptors: limit)
        #expect(settings.connectionLimits.connections == connections)
    }

    @Test(
        "of gRPC are refused where they do not fit together",
        arguments: [
            (
                ["--grpc-port=8000"],
                "The server cannot listen to HTTP requests and GRPC requests at the same address and port 127.0.0.1:8000"
            ),
            (
                ["--grpc-port=8002"],
                "The server cannot listen to GRPC requests and metrics requests at the same address and port "
                    + "127.0.0.1:8002"
            ),
            (["--grpc-use-ssl", "--grpc-server-key=/k"], "TLS for gRPC needs --grpc-server-cert=<path>"),
            (["--grpc-use-ssl", "--grpc-server-cert=/c"], "TLS for gRPC needs --grpc-server-key=<path>"),
            (
                ["--grpc-use-ssl-mutual", "--grpc-server-cert=/c", "--grpc-server-key=/k"],
                "--grpc-use-ssl-mutual needs --grpc-root-cert=<path>"
            ),
            (
                ["--grpc-max-input-size=67108865"],
                "--grpc-max-input-size (67108865) must not be more than --max-connection-in-flight-byte-size (67108864)"
            ),
        ]
    )
    func combinationsOfGRPC(arguments: [String], message: String) throws {
        #expect(throws: SettingsError(message)) {
            try ServerSettings.resolve(arguments: ["--model-repository=/m"] + arguments, environment: [:])
        }
        _ = try settings("--model-repository=/m", "--allow-grpc=false", arguments[0])
    }

    @Test(
        "of TLS are refused where they do not fit together",
        arguments: [
            (["--tls-cert=/c"], "--tls-cert needs --tls-key=<path>"),
            (["--tls-key=/k"], "--tls-key needs --tls-cert=<path>"),
            (
                ["--tls-cert=/c", "--tls-key=/k", "--tls-client-rule=cn:* name=w"],
                "--tls-client-rule needs --tls-client-roots=<path> or --grpc-use-ssl-mutual: no listener asks for "
                    + "certificates"
            ),
            (
                ["--profile=triton", "--tls-cert=/c", "--tls-key=/k", "--tls-client-roots=/r", "--tls-client-rule=x"],
                "--tls-client-rule means nothing with --profile=triton, which lets everyone in"
            ),
            (
                ["--profile=triton", "--default-rate=1/s"],
                "--default-rate means nothing with --profile=triton, which lets everyone in and keeps no audit log"
            ),
            (
                ["--ledger-directory=/l", "--profile=triton"],
                "--ledger-directory means nothing with --profile=triton, which lets everyone in and keeps no audit log"
            ),
            (["--tls-client-roots=/r"], "--tls-client-roots needs --tls-cert=<path>"),
        ]
    )
    func combinationsOfTLSAndAccess(arguments: [String], message: String) {
        #expect(throws: SettingsError(message)) {
            try ServerSettings.resolve(arguments: ["--model-repository=/m"] + arguments, environment: [:])
        }
    }

    @Test("of gRPC keep each value in its place")
    func grpc() throws {
        let grpc = try settings(
            "--model-repository=/m",
            "--grpc-address=::1",
            "--grpc-port=9001",
            "--grpc-infer-response-compression-level=HIGH",
            "--grpc-max-connection-age=5000",
            "--grpc-max-stream-age-secs=none",
            "--grpc-max-input-size=67108864",
            "--grpc-use-ssl",
            "--grpc-server-cert=/c",
            "--grpc-server-key=/k",
            "--reuse-grpc-port"
        ).grpc
        #expect(grpc.listener == ServerSettings.Listener(address: "::1", port: 9001))
        #expect(grpc.compressionLevel == "high")
        #expect(grpc.connectionAgeMilliseconds == 5000)
        #expect(grpc.streamAgeSeconds == 0)
        #expect(grpc.messageBytes == 64 << 20)
        #expect(grpc.usesTLS && !grpc.asksForClientCertificates)
        #expect(grpc.certificate == "/c" && grpc.key == "/k")
        #expect(grpc.reusesPort)
        #expect(GRPCSettings(profile: .triton).messageBytes == Int(Int32.max))
    }

    @Test(
        "may go exactly as far as they fit together",
        arguments: [
            ["--max-body-byte-size=10485760"], ["--max-body-byte-size=67108864"], ["--max-header-byte-size=65536"],
            ["--http-port=0", "--metrics-port=0"], ["--http-port=8002", "--metrics-address=127.0.0.2"],
            ["--http-port=8002", "--allow-metrics=false"],
        ]
    )
    func edges(arguments: [String]) throws {
        _ = try ServerSettings.resolve(arguments: ["--model-repository=/m"] + arguments, environment: [:])
    }

    @Test(
        "hold dynamic batchers back as Triton's environment says",
        arguments: [("3", 3), ("0", 0), ("-1", 0), ("x", 0)]
    )
    func schedulerHoldCount(value: String, count: Int) throws {
        let settings = try settings("--model-repository=/m", environment: ["TRITONSERVER_DELAY_SCHEDULER": value])
        #expect(settings.schedulerHoldCount == count)
        #expect(settings.notices.isEmpty == (count == 0))
    }

    @Test("tell the log what changes nothing")
    func notices() throws {
        let settings = try settings(
            "--model-repository=/m",
            "--grpc-infer-thread-count=4",
            "--metrics-config=summary_latencies=true",
            file: "allow-gpu-metrics: true\n",
            environment: ["AIP_MODE": "PREDICTION"]
        )
        #expect(
            settings.notices == [
                "buckler.yaml:1:20: allow-gpu-metrics changes nothing: no engine that is here uses a GPU",
                "--grpc-infer-thread-count changes nothing: gRPC is served on the threads of --http-thread-count",
                "--metrics-config summary_latencies changes nothing: only counter_latencies does",
                "AIP_MODE=PREDICTION changes nothing: there is no Vertex AI endpoint",
            ]
        )
    }

    @Test("give way to help and version, wherever they stand")
    func helpAndVersion() throws {
        guard case .help = try ServerSettings.resolve(arguments: ["--http-port=1", "--help"], environment: [:]) else {
            Issue.record("no help")
            return
        }
        guard case .version = try ServerSettings.resolve(arguments: ["--vers"], environment: [:]) else {
            Issue.record("no version")
            return
        }
    }

    @Test("say which file cannot be read")
    func missingFile() {
        #expect(throws: SettingsError("cannot open /nonexistent/b.yaml: No such file or directory")) {
            try ServerSettings.resolve(arguments: ["--config=/nonexistent/b.yaml"], environment: [:])
        }
        #expect(throws: SettingsError("/dev/zero is not a regular file")) {
            try ServerSettings.resolve(arguments: ["--config=/dev/zero"], environment: [:])
        }
    }
}
