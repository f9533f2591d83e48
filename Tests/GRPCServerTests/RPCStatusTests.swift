// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import GRPCServer

@Suite struct RPCStatusTests {
    /// Numbers of the specification.
    @Test(arguments: [
        (RPCStatus.Code.ok, 0), (.cancelled, 1), (.invalidArgument, 3), (.notFound, 5), (.resourceExhausted, 8),
        (.unimplemented, 12), (.internalError, 13), (.unavailable, 14), (.unauthenticated, 16),
    ])
    func number(_ code: RPCStatus.Code, _ number: Int) { #expect(code.rawValue == number) }

    @Test(arguments: [
        (ServingError.Code.unsupported, RPCStatus.Code.unimplemented), (.payloadTooLarge, .resourceExhausted),
        (.invalidArgument, .invalidArgument), (.cancelled, .cancelled), (.deadlineExceeded, .deadlineExceeded),
    ])
    func fromError(_ error: ServingError.Code, _ code: RPCStatus.Code) {
        #expect(RPCStatus(ServingError(error, "why")) == RPCStatus(code, "why"))
    }
}
