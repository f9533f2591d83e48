// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import InferenceProtos
private import NIOCore
private import SwiftProtobuf
private import Transport

/// gRPC's health checking protocol (`grpc/doc/health-checking.md`).
///
/// `Check` is Triton's: it tells how the server is, whatever service is asked about. `Watch`, which Triton does not have,
/// is the protocol's: the whole server, and the inference service.
enum HealthMethods {
    static let service = "grpc.health.v1.Health"

    static func table(_ environment: KServeEnvironment) -> [RPCMethod] {
        [
            RPCMethod(
                path: "/\(service)/Check",
                kind: .unary,
                endpoint: .health,
                open: environment.restricting(.health) { call in
                    UnaryReceiver(
                        handler: .immediate { (request, permit) throws(ServingError) in
                            try check(request, permit, environment)
                        },
                        call: call
                    )
                }
            ),
            RPCMethod(
                path: "/\(service)/Watch",
                kind: .serverStreaming,
                endpoint: .healthWatch,
                open: environment.restricting(.health) { HealthWatch(environment: environment, call: $0) }
            ),
        ]
    }

    private static func check(
        _ request: Grpc_Health_V1_HealthCheckRequest,
        _ permit: Permit,
        _ environment: KServeEnvironment
    ) throws(ServingError) -> Grpc_Health_V1_HealthCheckResponse {
        // How a part of the server is, is not everyone's to know.
        if !request.service.isEmpty { try environment.gate.authorise(permit, .serviceHealth) }
        return .with { $0.status = environment.isServing ? .serving : .notServing }
    }
}

extension KServeEnvironment {
    fileprivate var isServing: Bool { control.isReady && !control.isExiting }

    /// - Returns: `nil` for a service that is not known.
    fileprivate func isServing(_ service: String) -> Bool? {
        service.isEmpty || service == KServeMethods.service ? isServing : nil
    }
}

/// Tells the state of a service, and again whenever it has changed. Nobody tells the front end, so it looks.
private final class HealthWatch: RPCReceiver {
    private static let interval = TimeAmount.seconds(1)

    private let environment: KServeEnvironment
    private var call: (any RPCCall)?
    private var service = ""
    private var told: Grpc_Health_V1_HealthCheckResponse.ServingStatus?
    private var timer: Scheduled<Void>?

    init(environment: KServeEnvironment, call: any RPCCall) {
        self.environment = environment
        self.call = call
    }

    func messageArrived(_ message: RPCMessage) {
        guard let call else { return }
        do throws(ServingError) {
            service = try call.taken(message, as: Grpc_Health_V1_HealthCheckRequest.self).service
            look()
        } catch {
            end(RPCStatus(error))
        }
    }

    func halfClosed() {}

    func cancelled() {
        timer?.cancel()
        timer = nil
        call = nil
    }

    func becameWritable() {}

    private func look() {
        guard let call else { return }
        let status: Grpc_Health_V1_HealthCheckResponse.ServingStatus =
            switch environment.isServing(service) {
            case true?: .serving
            case false?: .notServing
            case nil: .serviceUnknown
            }
        // A client that does not read is told the latest state once it does.
        if status != told, call.isWritable {
            told = status
            do throws(ServingError) {
                try call.send(Grpc_Health_V1_HealthCheckResponse.with { $0.status = status })
            } catch {
                return end(RPCStatus(error))
            }
        }
        // A watch would hold up the end of its connection for ever.
        if environment.drain.isDraining { return end(RPCStatus(.unavailable, "Server exiting")) }
        timer = call.eventLoop.assumeIsolated().scheduleTask(in: Self.interval) { self.look() }
    }

    private func end(_ status: RPCStatus) {
        let ending = call
        cancelled()
        ending?.finish(status)
    }
}
