// SPDX-License-Identifier: Apache-2.0

/// The flags that servers take, by which the beginning of a flag's name is read as the flag.
package enum ServerFlags {
    /// What a server takes a name on its command line for: itself if it is a flag's, otherwise the flag that alone begins
    /// so, as `getopt_long` has it; what is ambiguous or unknown stays as it is.
    static func name(_ written: String, of program: ServerCommand.Program) -> String {
        let tables: [[String]]
        switch program {
        case .triton: tables = [triton]
        // Triton's flags come first, for the sake of scripts that were written for it.
        case .buckler: tables = [triton, buckler]
        // It takes whole names alone.
        case .bento: return written
        }
        guard !written.isEmpty, !tables.joined().contains(written) else { return written }
        for table in tables {
            let candidates = table.filter { $0.hasPrefix(written) }
            if candidates.count == 1 { return candidates[0] }
            if !candidates.isEmpty { return written }
        }
        return written
    }

    /// Of `tritonserver`, old ones among them. `Docs/Flags.md` has the same; a test compares the two.
    package static let triton = words(
        """
        allow-client-shm allow-cpu-metrics allow-gpu-metrics allow-grpc allow-http allow-metrics allow-sagemaker
        allow-vertex-ai backend-config backend-directory buffer-manager-thread-count cache-config cache-directory
        cuda-memory-pool-byte-size cuda-virtual-address-size disable-auto-complete-config enable-peer-access
        exit-on-error exit-timeout-secs grpc-address grpc-header-forward-pattern grpc-http2-max-ping-strikes
        grpc-http2-max-pings-without-data grpc-http2-min-recv-ping-interval-without-data
        grpc-infer-allocation-pool-size grpc-infer-response-compression-level grpc-infer-thread-count
        grpc-keepalive-permit-without-calls grpc-keepalive-time grpc-keepalive-timeout grpc-max-connection-age
        grpc-max-connection-age-grace grpc-max-response-pool-size grpc-port grpc-restricted-protocol grpc-root-cert
        grpc-server-cert grpc-server-key grpc-use-ssl grpc-use-ssl-mutual help host-policy http-address
        http-header-forward-pattern http-max-input-size http-port http-restricted-api http-thread-count id load-model
        log-error log-file log-format log-info log-verbose log-warning metrics-address metrics-config
        metrics-interval-ms metrics-port min-supported-compute-capability model-config-name model-control-mode
        model-load-gpu-limit model-load-retry-count model-load-thread-count model-namespacing model-repository
        model-store pinned-memory-pool-byte-size rate-limit rate-limit-resource repoagent-directory
        repository-poll-secs response-cache-byte-size reuse-grpc-port reuse-http-port sagemaker-port
        sagemaker-safe-port-range sagemaker-thread-count strict-model-config strict-readiness trace-config trace-count
        trace-file trace-level trace-log-frequency trace-rate vertex-ai-default-model vertex-ai-port
        vertex-ai-thread-count
        """
    )

    /// Of `buckler serve` beside Triton's.
    package static let buckler = words(
        """
        admission-policy allowed-host anonymous-scope api-key-file body-timeout-secs client-shm-owner-uids config
        cors-credentials cors-origin default-bytes-per-second default-rate engine-library fair-share-threshold
        grpc-connection-window-byte-size grpc-flood-window-secs grpc-max-concurrent-streams
        grpc-max-continuation-frames grpc-max-control-frames grpc-max-empty-data-frames grpc-max-input-size
        grpc-max-requests-per-stream grpc-max-reset-frames grpc-max-stream-age-secs grpc-max-stream-errors
        grpc-max-unsent-byte-size grpc-stream-window-byte-size header-timeout-secs http-fast-path http2
        http2-flood-window-secs http2-max-concurrent-streams http2-max-control-frames http2-max-reset-frames
        http2-max-stream-errors idle-timeout-secs inline-execution-us jwt-algorithm jwt-all-models jwt-audience
        jwt-clock-skew-secs jwt-issuer jwt-key-set jwt-key-set-ca jwt-key-set-refresh-secs jwt-key-set-stale-secs
        jwt-scope-prefix jwt-tenant-claim ledger ledger-allow ledger-checkpoint-command ledger-checkpoint-file
        ledger-checkpoint-lines ledger-checkpoint-seconds ledger-checkpoint-syslog ledger-directory
        ledger-file-byte-size ledger-on-failure ledger-quota-byte-size ledger-reserved-byte-size ledger-retain-days
        max-body-byte-size max-body-chunks max-client-shm-name-byte-size max-client-shm-regions
        max-connection-in-flight-byte-size max-connections max-connections-per-address max-header-byte-size
        max-header-count max-header-list-byte-size max-in-flight-memory-percent max-in-flight-requests max-json-depth
        max-output-byte-size max-request-batch-size max-request-inputs max-request-outputs max-request-parameters
        max-requests-per-principal-and-model max-response-backlog-byte-size max-string-byte-size max-tensor-dimensions
        max-tensor-elements metrics-open model-arena-byte-size model-call-depth model-call-timeout-secs
        model-control-for model-limit placement pre-stop-delay profile python-env-root request-deadline-secs tls-cert
        tls-client-roots tls-client-rule tls-key trace-max-bytes trace-max-files trusted-proxy version
        """
    )

    private static func words(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
