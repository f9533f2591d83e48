// SPDX-License-Identifier: Apache-2.0

extension FlagTable {
    /// One TLS for all listeners; in a file also together, as `tls: {cert, key, client-roots, client-rule}`.
    static let tls: [Flag] = [
        Flag(
            "tls-cert",
            .buckler,
            .path,
            .works(.optionalString(\.tls.certificate)),
            "PEM file of the server's certificate, and of those that lead to its root: HTTP, metrics and gRPC use TLS. "
                + "A new file is used within seconds. gRPC's own flags win for gRPC."
        ),
        Flag(
            "tls-key",
            .buckler,
            .path,
            .works(.optionalString(\.tls.key)),
            showing: .source,
            "PEM file of the certificate's private key, which others must not be able to read; or exec:/path/to/program, run "
                + "at start, which prints it."
        ),
        Flag(
            "tls-client-roots",
            .buckler,
            .path,
            .works(.optionalString(\.tls.clientRoots)),
            "PEM file of root certificates: only clients with a certificate that one of them leads to are served."
        ),
        Flag(
            "tls-client-rule",
            .buckler,
            .nonEmptyString,
            .works(.list(\.tls.clientRules)),
            "Whose a client's certificate is: dns:, uri:, email:, ip:, cn: or subject: with a pattern, then "
                + "name=PRINCIPAL and what buckler key create has, as in 'dns:*.example.org name=ci scopes=infer "
                + "models=a-*'. Can be given again; the first that fits counts."
        ),
    ]

    static let browsers: [Flag] = [
        Flag(
            "allowed-host",
            .buckler,
            .nonEmptyString,
            .works(.list(\.browsers.allowedHosts)),
            default: "localhost, 127.0.0.1, ::1 and the address on loopback; * elsewhere",
            "Name, without a port, that clients may call the server by in Host or :authority. Can be given again; * for "
                + "any."
        ),
        Flag(
            "cors-origin",
            .buckler,
            .nonEmptyString,
            .works(.list(\.browsers.corsOrigins)),
            "Origin whose pages may call the HTTP port from a browser, as https://app.example.org. Can be given again."
        ),
        Flag(
            "cors-credentials",
            .buckler,
            .bool,
            .works(.bool(\.browsers.corsAllowsCredentials)),
            "Let browsers send client certificates along with the requests of those pages."
        ),
    ]
}
