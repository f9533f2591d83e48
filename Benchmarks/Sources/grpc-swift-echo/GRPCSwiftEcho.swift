// SPDX-License-Identifier: Apache-2.0
import EchoServer
import GRPCCore
import GRPCNIOTransportHTTP2
import NIOPosix

/// Messages as they are: what a protobuf library would cost is not what is compared.
private struct RawBytes: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }

    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> [UInt8] {
        bytes.withUnsafeBytes { Array($0) }
    }
}

/// Answers the method that is measured with the recorded message.
private struct EchoService: RegistrableRPCService {
    let answer: [UInt8]

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        let method = MethodDescriptor(
            service: ServiceDescriptor(fullyQualifiedService: "inference.GRPCInferenceService"),
            method: "ModelInfer"
        )
        let answer = answer
        router.registerHandler(forMethod: method, deserializer: RawBytes(), serializer: RawBytes()) { request, _ in
            _ = try await ServerRequest(stream: request)
            return StreamingServerResponse(single: ServerResponse(message: answer))
        }
    }
}

/// The same answers from grpc-swift-2 on its NIO transport.
@main
struct GRPCSwiftEcho {
    static func main() async throws {
        let arguments = EchoServer(arguments: CommandLine.arguments)
        let transport = HTTP2ServerTransport.Posix(
            address: .ipv4(host: "127.0.0.1", port: arguments.port),
            transportSecurity: .plaintext,
            eventLoopGroup: MultiThreadedEventLoopGroup(numberOfThreads: arguments.threads)
        )
        try await GRPCServer(transport: transport, services: [EchoService(answer: arguments.answer)]).serve()
    }
}
