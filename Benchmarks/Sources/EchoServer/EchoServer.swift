// SPDX-License-Identifier: Apache-2.0
package import NIOCore
private import NIOPosix

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// A server on loopback that answers every request with the same bytes: `PORT THREADS ANSWER_FILE`.
///
/// The file holds what Buckler answered, so that the answers have the same size: a whole HTTP/1.1 response, or a message
/// of gRPC.
package struct EchoServer {
    package let answer: [UInt8]
    package let port: Int
    package let threads: Int

    /// Reads the command line; ends the process with a usage line if it makes no sense.
    package init(arguments: [String]) {
        guard arguments.count == 4, let port = UInt16(arguments[1]), let threads = Int(arguments[2]),
            (1...64).contains(threads), let bytes = Self.read(arguments[3])
        else { Self.refuse(arguments) }
        answer = bytes
        self.port = Int(port)
        self.threads = threads
    }

    /// The answer as a response of HTTP/1.1; ends the process with a usage line if it is none.
    package var response: RecordedResponse {
        guard let response = RecordedResponse(answer) else { Self.refuse(CommandLine.arguments) }
        return response
    }

    private static func refuse(_ arguments: [String]) -> Never {
        let usage = "usage: \(arguments.first ?? "echo") PORT THREADS ANSWER_FILE\n"
        _ = write(STDERR_FILENO, usage, usage.utf8.count)
        exit(64)
    }

    /// Serves until the process is ended. `addHandlers` is called on each connection's event loop.
    package func run(addHandlers: @escaping @Sendable (any Channel) throws -> Void) throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let server = try ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try addHandlers(channel) }
            }
            .bind(host: "127.0.0.1", port: port)
            .wait()
        try server.closeFuture.wait()
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count])
    }
}

/// A response taken apart once, at start.
package struct RecordedResponse: Sendable {
    package let bytes: [UInt8]
    /// Name and value of each header line.
    package let headers: [(String, String)]
    package let body: [UInt8]

    init?(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: Unicode.ASCII.self)
        guard text.hasPrefix("HTTP/1.1 200"), let end = Self.endOfHead(bytes) else { return nil }
        self.bytes = bytes
        body = Array(bytes[end...])
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(whereSeparator: \.isNewline).dropFirst()
        headers = lines.compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (4...bytes.count).first { bytes[$0 - 4..<$0].elementsEqual("\r\n\r\n".utf8) }
    }
}
