// SPDX-License-Identifier: Apache-2.0
package import Inference
package import Telemetry

package enum ModelControlMode: String, Sendable, CaseIterable {
    case none, explicit
}

/// Everything that `buckler serve` was told, or its profile's default for it.
package struct ServerSettings: Sendable, Equatable {
    package struct Repository: Sendable, Equatable {
        /// At least one, in the order given, each once.
        package var paths: [String] = []
        package var controlMode = ModelControlMode.none
        /// Models to load at start in explicit mode; `["*"]` for all.
        package var loadModels: [String] = []
        /// `configs/<name>.pbtxt` in place of `config.pbtxt`, where a model has it.
        package var configName = ""
        package var loadThreadCount = 4
        package var loadRetryCount = 0
        package var autoCompletesConfig = true
        package var strictReadiness = true

        package init() {}
    }

    package struct Listener: Sendable, Equatable {
        package var address: String
        /// 0: any free port.
        package var port: Int

        package init(address: String, port: Int) {
            self.address = address
            self.port = port
        }
    }

    package struct Metrics: Sendable, Equatable {
        package var isAllowed = true
        package var allowsCPU = true
        package var intervalMilliseconds = 2000
        /// `--metrics-config` by group (always `""`) and key.
        package var config: [String: [String: String]] = [:]

        package init() {}

        /// Whether the page has the `…_duration_us` counters.
        package var counterLatencies: Bool {
            config[""]?["counter_latencies"].flatMap { ValueKind.bool($0) } ?? true
        }
    }

    package struct SharedMemory: Sendable, Equatable {
        package var isAllowed = false
        /// As typed: numbers with commas between them; empty for the server's own user.
        package var ownerUserIDs = ""
        package var regions = 1024
        /// Bytes of a region's name.
        package var nameBytes = 1024

        package init() {}

        /// `nil` if what was typed is not a list of users.
        package var owners: Set<UInt32>? {
            if ownerUserIDs.isEmpty { return [] }
            let numbers = ownerUserIDs.split(separator: ",", omittingEmptySubsequences: false).map { UInt32($0) }
            return numbers.contains(nil) ? nil : Set(numbers.compactMap { $0 })
        }
    }

    /// What models may ask of the server while they run.
    package struct ModelCalls: Sendable, Equatable {
        /// How many models may call each other in a row.
        package var depth = 8
        package var seconds = 30
        /// Models that may load and unload models.
        package var controlFor: [String] = []

        package init() {}
    }

    package var profile: Profile
    /// The name in `/v2`.
    package var id = "triton"
    package var exitOnError = true
    /// How long requests in flight have once the server was asked to exit.
    package var exitTimeoutSeconds = 30
    /// How long the server goes on serving, not ready, before it begins to drain.
    package var preStopDelaySeconds = 0
    package var repository = Repository()
    package var http = Listener(address: "127.0.0.1", port: 8000)
    /// Event loops; 0: as many as there are cores.
    package var httpThreadCount = 0
    /// Whether ordinary infer requests go past the HTTP parser.
    package var httpFastPath = true
    /// `--http-header-forward-pattern` and `--http-restricted-api`, unread.
    package var httpHeaderForwardPattern: String?
    package var httpRestrictedAPIs: [String] = []
    /// `--grpc-header-forward-pattern` and `--grpc-restricted-protocol`, unread.
    package var grpcHeaderForwardPattern: String?
    package var grpcRestrictedProtocols: [String] = []
    package var grpc: GRPCSettings
    package var metricsListener = Listener(address: "", port: 8002)
    package var metrics = Metrics()
    package var log = LogConfiguration()
    package var trace = TraceFlags()
    package var tls = TLSSettings()
    package var http2 = HTTP2Settings()
    package var browsers = BrowserSettings()
    /// Memory that clients may share with the server.
    package var sharedMemory = SharedMemory()
    package var access: AccessSettings
    /// `--backend-config` by backend (`""` for all) and key.
    package var backendConfig: [String: [String: String]] = [:]
    package var requestLimits: RequestLimits
    /// `--model-limit` by pattern and limit, unread: see ``limitsOfModels()``.
    package var modelLimits: [String: [String: String]] = [:]
    package var connectionLimits: ConnectionLimits
    /// `libonnxruntime.so`; `nil`: the one that `buckler engine install` put in place.
    package var engineLibrary: String?
    /// `--placement`, as typed: see ``placement(ofModel:)``.
    package var placements: [String] = []
    /// Where environments lie that Python models may name, besides those in their own directories; absolute.
    package var pythonEnvironmentRoot: String?
    /// A file: what each rule's findings mean for a load.
    package var admissionPolicy: String?
    /// Bytes that the engine may hold for one model's activations; `Int.max`: no ceiling but the machine's.
    package var modelArenaBytes: Int
    /// Bytes that the outputs of one execution may have.
    package var maxOutputBytes: Int
    package var modelCalls = ModelCalls()
    /// Executions that take no longer may run on an event loop; 0: none.
    package var inlineExecutionMicroseconds = 500
    /// Requests that a dynamic batcher waits for once before it begins, by `TRITONSERVER_DELAY_SCHEDULER`; 0: none.
    package var schedulerHoldCount = 0
    /// What the log is warned of at start: flags that have others in their place.
    package var warnings: [String] = []
    /// What the log is told at start: accepted flags that change nothing, and what the profile relaxes.
    package var notices: [String] = []
    /// What the profile allows that `secure` does not, as far as nothing else was asked for; a line each, for the log.
    package var relaxations: [String] = []

    package init(profile: Profile) {
        self.profile = profile
        requestLimits = RequestLimits(profile: profile)
        connectionLimits = ConnectionLimits(profile: profile)
        grpc = GRPCSettings(profile: profile)
        access = AccessSettings(profile: profile)
        switch profile {
        case .secure:
            modelArenaBytes = 2 << 30
            maxOutputBytes = 256 << 20
        case .triton:
            modelArenaBytes = .max
            maxOutputBytes = Int(Int32.max)
            modelCalls.seconds = 300
        }
    }
}
