// SPDX-License-Identifier: Apache-2.0
package import Inference

/// The gate of `--profile triton`: everyone may do everything, as long as there is room.
package final class OpenGate: Gate {
    private let flight: Flight

    package init(_ flight: Flight) { self.flight = flight }

    package var inFlight: (requests: Int, bytes: Int) { flight.inFlight }

    package func admit(_ arrival: Arrival) throws(ServingError) -> Permit {
        try flight.admit(arrival, as: .anonymous)
    }

    package func authorise(
        _ permit: Permit,
        _ endpoint: Endpoint,
        model: String?,
        version: Int64?
    ) throws(ServingError) {}

    package func shows(model: String, version: Int64?, to permit: Permit) -> Bool { true }
    package func isValid(_ permit: Permit) -> Bool { true }
    package func begin(_ permit: inout Permit) throws(ServingError) { try flight.begin(&permit) }
    package func end(_ permit: inout Permit) { flight.end(&permit) }

    package func reserve(_ bytes: Int, for permit: inout Permit) throws(ServingError) {
        try flight.reserve(bytes, for: &permit)
    }

    package func giveBack(_ bytes: Int, of permit: inout Permit) { flight.giveBack(bytes, of: &permit) }
    package func conclude(_ permit: Permit, _ conclusion: Conclusion) {}
    package func release(_ permit: Permit) { flight.release(permit) }
}
