// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import Inference

/// `buckler certs`: certificates for trying TLS out.
struct CertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certs",
        abstract: "Make certificates to try TLS out with.",
        subcommands: [Dev.self]
    )

    struct Dev: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an authority, a server's certificate, and clients' certificates if asked for.",
            discussion: """
                The server's is for localhost, 127.0.0.1 and ::1, and for the hosts given. The authority ends after \
                \(DevelopmentCertificates.authorityDays) days, the others after \(DevelopmentCertificates.leafDays). \
                Nothing that is there is overwritten.

                buckler certs dev --client worker
                """
        )

        @Option(help: "Where the files go. (default: certs in Buckler's own directory)")
        var directory: String?

        @Option(name: .customLong("host"), help: "A host that the server is called by. Can be given again.")
        var hosts: [String] = []

        @Option(name: .customLong("client"), help: "A client to make a certificate for. Can be given again.")
        var clients: [String] = []

        func run() async throws {
            do {
                let certificates = try DevelopmentCertificates(hosts: hosts, clients: clients)
                let place = try place()
                try Self.write(certificates.pairs, to: place)
                Terminal.output.line(SecretText.concealed(report(certificates.pairs, place)))
            } catch {
                let words = (error as? ServingError).map { $0.message + ($0.cause.map { ": \($0)" } ?? "") }
                Terminal.failure(of: "buckler certs dev", words ?? "\(error)")
                throw ExitCode.failure
            }
        }

        private func place() throws -> String {
            guard let directory else {
                let home = try BucklerHome()
                try home.prepare()
                return home.path + "/certs"
            }
            var kept = Substring(directory)
            while kept.count > 1, kept.last == "/" { kept.removeLast() }
            return String(kept)
        }

        private static func write(_ pairs: [DevelopmentCertificates.Pair], to directory: String) throws {
            if mkdir(directory, 0o700) != 0, errno != EEXIST { throw failure("make", directory) }
            let files = pairs.flatMap {
                [("\($0.name).pem", $0.certificate, 0o644), ("\($0.name).key", $0.key, 0o600)]
            }
            // All or none: half of a set would not fit the other half.
            for (name, _, _) in files where access("\(directory)/\(name)", F_OK) == 0 {
                throw ServingError(
                    .invalidArgument,
                    "\(directory)/\(name) is there already, and nothing is overwritten: remove it, or choose another "
                        + "place with --directory"
                )
            }
            for (name, text, mode) in files { try write(text, to: "\(directory)/\(name)", mode: mode_t(mode)) }
        }

        private static func write(_ text: String, to path: String, mode: mode_t) throws {
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
            guard descriptor >= 0 else { throw failure("write", path) }
            defer { close(descriptor) }
            // So short a text is written to a file in one go, or not at all.
            guard Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count else {
                throw failure("write", path)
            }
        }

        private static func failure(_ verb: String, _ path: String) -> ServingError {
            ServingError(.permissionDenied, "cannot \(verb) \(path)", cause: String(cString: strerror(errno)))
        }

        private func report(_ pairs: [DevelopmentCertificates.Pair], _ place: String) -> String {
            func path(_ file: String) -> String { BucklerHome.quoted("\(place)/\(file)") }
            var serve = "buckler serve --tls-cert=\(path("server.pem")) --tls-key=\(path("server.key"))"
            var curl = "curl --cacert \(path("ca.pem"))"
            if let client = clients.first {
                serve += " --tls-client-roots=\(path("ca.pem"))"
                curl += " --cert \(path("\(client).pem")) --key \(path("\(client).key"))"
            }
            let made = pairs.map { "  \(place)/\($0.name).pem and .key" }.joined(separator: "\n")
            return """
                made, for trying out and for nothing else:
                \(made)
                to serve with them:
                  \(serve) --model-repository=DIRECTORY
                to call it:
                  \(curl) https://localhost:8000/v2/health/ready
                """
        }
    }
}
