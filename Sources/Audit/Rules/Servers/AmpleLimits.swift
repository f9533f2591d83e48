// SPDX-License-Identifier: Apache-2.0

/// From where on a limit is so far from what servers ship with that somebody should have a reason for it.
package enum AmpleLimits {
    /// - Returns: the greatest ordinary value, and what is to be said of a greater one; `nil` for what is no limit.
    static func bound(of flag: String, _ program: ServerCommand.Program) -> (bound: Int, described: String)? {
        switch program {
        case .triton where flag == "http-max-input-size": return defaultTimes(64 << 20)
        case .triton, .bento: return nil
        case .buckler: break
        }
        switch flag {
        // These have no default, and hold for each caller of whom the credential says nothing else.
        case "default-rate": return (500, "which is more than 500 a second for each caller")
        case "default-bytes-per-second": return (100 << 20, "which is more than 100 MiB a second for each caller")
        default: return defaults[flag].flatMap(defaultTimes)
        }
    }

    private static let times = 10

    private static func defaultTimes(_ value: Int) -> (bound: Int, described: String)? {
        let (bound, isTooMuch) = value.multipliedReportingOverflow(by: times)
        return isTooMuch ? nil : (bound, "more than \(times) times the default")
    }

    /// Of Buckler's limits that one caller can use up: their defaults, by the flags' names. `Docs/Flags.md` has the same;
    /// a test compares the two.
    package static let defaults: [String: Int] = [
        "http-max-input-size": 10 << 20, "grpc-max-input-size": 10 << 20, "max-body-byte-size": 10 << 20,
        "max-output-byte-size": 256 << 20, "model-arena-byte-size": 2 << 30,
        "max-connection-in-flight-byte-size": 64 << 20, "max-response-backlog-byte-size": 16 << 20,
        "max-in-flight-requests": 1024, "max-connections-per-address": 256, "max-connections": 4096,
        "max-header-byte-size": 8192, "max-header-list-byte-size": 65536, "max-header-count": 100,
        "header-timeout-secs": 10, "request-deadline-secs": 30, "max-request-inputs": 256, "max-request-outputs": 256,
        "max-request-parameters": 1024, "max-tensor-dimensions": 16, "max-string-byte-size": 65536,
        "max-body-chunks": 65536, "max-client-shm-regions": 1024, "http2-max-concurrent-streams": 128,
        "http2-max-reset-frames": 1000, "http2-max-control-frames": 1000, "http2-max-stream-errors": 1000,
        "grpc-max-concurrent-streams": 1024, "grpc-max-requests-per-stream": 64, "grpc-max-reset-frames": 1000,
        "grpc-max-control-frames": 1000, "grpc-max-stream-errors": 1000, "grpc-max-continuation-frames": 8,
    ]
}
