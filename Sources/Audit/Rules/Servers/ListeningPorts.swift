// SPDX-License-Identifier: Apache-2.0

/// Where a server listens, as far as its command line tells.
struct ListeningPorts {
    /// A protocol or purpose with an address: `HTTP`, `gRPC`, `metrics`.
    struct Port {
        var name: String
        /// As the command line, or the server's default, has it.
        var address: String
        var isEncrypted: Bool
        var place: Place

        /// Whether only the machine itself, or the container, reaches it.
        var isLoopback: Bool { Addresses.isLoopback(address) || address.hasPrefix("unix:") }
    }

    var http: Port?
    var grpc: Port?
    var metrics: Port?

    init(_ command: ServerCommand) {
        switch command.program {
        case .triton: self.init(triton: command)
        case .buckler: self.init(buckler: command)
        case .bento: self.init(bento: command)
        }
    }

    /// Triton listens on every address, and speaks TLS only in gRPC.
    private init(triton command: ServerCommand) {
        if command.isOn("allow-http", absent: true) {
            http = Self.port("HTTP", command, "http-address", otherwise: "0.0.0.0", isEncrypted: false)
        }
        if command.isOn("allow-grpc", absent: true) {
            let isEncrypted = command.isOn("grpc-use-ssl") || command.isOn("grpc-use-ssl-mutual")
            grpc = Self.port("gRPC", command, "grpc-address", otherwise: "0.0.0.0", isEncrypted: isEncrypted)
        }
        if command.isOn("allow-metrics", absent: true) {
            let address = command.text("http-address") ?? "0.0.0.0"
            metrics = Self.port("metrics", command, "metrics-address", otherwise: address, isEncrypted: false)
        }
    }

    private init(buckler command: ServerCommand) {
        let isEncrypted = command.flag("tls-cert") != nil
        http = Self.port("HTTP", command, "http-address", otherwise: "127.0.0.1", isEncrypted: isEncrypted)
        if command.isOn("allow-grpc", absent: true) {
            let isOwn = command.isOn("grpc-use-ssl") || command.isOn("grpc-use-ssl-mutual")
            grpc = Self.port("gRPC", command, "grpc-address", otherwise: "127.0.0.1", isEncrypted: isEncrypted || isOwn)
        }
        if command.isOn("allow-metrics", absent: true) {
            let address = command.text("http-address") ?? "127.0.0.1"
            metrics = Self.port("metrics", command, "metrics-address", otherwise: address, isEncrypted: isEncrypted)
        }
    }

    /// BentoML has one port for everything.
    private init(bento command: ServerCommand) {
        let isEncrypted = command.flag("ssl-certfile") != nil
        http = Self.port("HTTP", command, "host", otherwise: "0.0.0.0", isEncrypted: isEncrypted)
    }

    private static func port(
        _ name: String,
        _ command: ServerCommand,
        _ flag: String,
        otherwise address: String,
        isEncrypted: Bool
    ) -> Port {
        let value = command.flag(flag)?.value
        return Port(
            name: name,
            address: value?.text ?? address,
            isEncrypted: isEncrypted,
            place: value?.place ?? command.place
        )
    }
}

extension ServerCommand {
    /// Of a finding about who reaches a port: less where it is only other containers.
    var reachSeverity: Severity? { reach == .network ? .note : nil }

    /// Of a `buckler serve` with its own defaults: where others than the machine itself call it.
    var portForOthers: ListeningPorts.Port? {
        // Triton's defaults are as good as no limits, and a rule of their own.
        guard program == .buckler, text("profile") != "triton", reach != .machine else { return nil }
        let ports = ListeningPorts(self)
        return [ports.http, ports.grpc].compactMap { $0 }.first { !$0.isLoopback }
    }
}
