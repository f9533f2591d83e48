// SPDX-License-Identifier: Apache-2.0
private import Inference

extension ServerSettings {
    /// Checks what depends on more than one setting. Texts that Triton has are Triton's.
    package func validate() throws(SettingsError) {
        try validateRepository()
        try validateListeners()
        try tls.validate()
        try validateClientRules()
        try validateGRPC()
        try validateTokens()
        try validateBrowsers()
        try validateLimits()
        _ = try limitsOfModels()
        _ = try trace.configuration()
        if sharedMemory.owners == nil {
            throw SettingsError(
                "--client-shm-owner-uids must be numbers of users with commas between them; got "
                    + "'\(Printable.text(sharedMemory.ownerUserIDs))'"
            )
        }
    }

    private func validateRepository() throws(SettingsError) {
        if repository.paths.isEmpty {
            throw SettingsError("no models to serve: give --model-repository=<path>")
        }
        if repository.loadModels.isEmpty { return }
        if repository.controlMode != .explicit {
            throw SettingsError(
                "Error: Use of '--load-model' requires setting '--model-control-mode=explicit' as well."
            )
        }
        if repository.loadModels.contains("*"), repository.loadModels.count > 1 {
            throw SettingsError("--load-model=* must be the only --load-model")
        }
    }

    private func validateListeners() throws(SettingsError) {
        var listeners = [("HTTP", http)]
        if grpc.isAllowed { listeners.append(("GRPC", grpc.listener)) }
        if metrics.isAllowed { listeners.append(("metrics", metricsListener)) }
        for (index, (name, listener)) in listeners.enumerated() where listener.port != 0 {
            for (other, same) in listeners[(index + 1)...] where same == listener {
                throw SettingsError(
                    "The server cannot listen to \(name) requests and \(other) requests at the same address and port "
                        + "\(listener.address):\(listener.port)"
                )
            }
        }
    }

    private func validateClientRules() throws(SettingsError) {
        guard !tls.clientRules.isEmpty else { return }
        guard access.isRequired else {
            throw SettingsError("--tls-client-rule means nothing with --profile=triton, which lets everyone in")
        }
        guard tls.clientRoots != nil || (grpc.isAllowed && grpc.asksForClientCertificates) else {
            throw SettingsError(
                "--tls-client-rule needs --tls-client-roots=<path> or --grpc-use-ssl-mutual: no listener asks for "
                    + "certificates"
            )
        }
    }

    private func validateGRPC() throws(SettingsError) {
        guard grpc.isAllowed else { return }
        if grpc.usesTLS || grpc.asksForClientCertificates {
            for (flag, file) in [("--grpc-server-cert", grpc.certificate), ("--grpc-server-key", grpc.key)]
            where file == nil {
                throw SettingsError("TLS for gRPC needs \(flag)=<path>")
            }
        }
        if grpc.asksForClientCertificates, grpc.rootCertificate == nil {
            throw SettingsError("--grpc-use-ssl-mutual needs --grpc-root-cert=<path>")
        }
        if grpc.messageBytes > connectionLimits.bytesInFlightPerConnection {
            throw SettingsError(
                "--grpc-max-input-size (\(grpc.messageBytes)) must not be more than "
                    + "--max-connection-in-flight-byte-size (\(connectionLimits.bytesInFlightPerConnection))"
            )
        }
    }

    private func validateTokens() throws(SettingsError) {
        let tokens = access.tokens
        if let flag = tokens.idleFlags.first {
            throw SettingsError(
                "\(flag) means nothing without --jwt-issuer, --jwt-audience and --jwt-key-set: no token is accepted"
            )
        }
        if tokens.keySetAuthorities != nil, !tokens.keySetIsAddress {
            throw SettingsError("--jwt-key-set-ca needs --jwt-key-set=https://…")
        }
        if tokens.keySetStaleSeconds < tokens.keySetRefreshSeconds {
            throw SettingsError(
                "--jwt-key-set-stale-secs (\(tokens.keySetStaleSeconds)) must not be less than "
                    + "--jwt-key-set-refresh-secs (\(tokens.keySetRefreshSeconds)): no key would last until the next"
            )
        }
    }

    private func validateBrowsers() throws(SettingsError) {
        if browsers.corsAllowsCredentials, browsers.corsOrigins.isEmpty {
            throw SettingsError("--cors-credentials means nothing without --cors-origin: no site's pages may call")
        }
    }

    private func validateLimits() throws(SettingsError) {
        if requestLimits.jsonBytes > requestLimits.bodyBytes {
            throw SettingsError(
                "--http-max-input-size (\(requestLimits.jsonBytes)) must not be more than "
                    + "--max-body-byte-size (\(requestLimits.bodyBytes))"
            )
        }
        if requestLimits.bodyBytes > connectionLimits.bytesInFlightPerConnection {
            throw SettingsError(
                "--max-body-byte-size (\(requestLimits.bodyBytes)) must not be more than "
                    + "--max-connection-in-flight-byte-size (\(connectionLimits.bytesInFlightPerConnection))"
            )
        }
        if connectionLimits.headerFieldBytes > connectionLimits.headerListBytes {
            throw SettingsError(
                "--max-header-byte-size (\(connectionLimits.headerFieldBytes)) must not be more than "
                    + "--max-header-list-byte-size (\(connectionLimits.headerListBytes))"
            )
        }
    }
}
