// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import NIOCore

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Which socket a server could not have, for the one who started it.
package struct ListenFailure: Sendable {
    /// As Triton calls what listens there: `HTTP`, `GRPC`, `Metrics`.
    package var service: String
    package var address: String
    package var port: Int
    /// What sets the port.
    package var flag: String

    package init(service: String, address: String, port: Int, flag: String) {
        self.service = service
        self.address = address
        self.port = port
        self.flag = flag
    }

    /// - Returns: `error` itself if it is not about the address.
    package func naming(_ error: any Error) -> any Error {
        guard let error = error as? IOError else { return error }
        let socket = address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        switch error.errnoCode {
        case EADDRINUSE:
            return ServingError(
                .unavailable,
                "failed to start \(service) service: Unavailable - Socket '\(socket)' already in use; "
                    + "choose another port with \(flag)"
            )
        case EADDRNOTAVAIL:
            return failure(socket, "this machine has no such address")
        case EACCES, EPERM:
            return failure(socket, "the server's user may not listen there")
        default:
            return error
        }
    }

    private func failure(_ socket: String, _ reason: String) -> ServingError {
        ServingError(.unavailable, "failed to start \(service) service: Unavailable - Socket '\(socket)': \(reason)")
    }
}
