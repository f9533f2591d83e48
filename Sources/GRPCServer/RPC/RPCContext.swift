// SPDX-License-Identifier: Apache-2.0
package import Inference
package import Transport

/// What all connections of a listener share.
package struct RPCContext: Sendable {
    package var methods: [String: RPCMethod]
    package var gate: any Gate
    package var settings: RPCSettings
    package var connections: ConnectionCount
    /// Where long messages are decompressed.
    let longWork = LongWorkQueue()

    /// - Precondition: no two methods have the same path.
    package init(methods: [RPCMethod], gate: any Gate, settings: RPCSettings) {
        self.methods = Dictionary(uniqueKeysWithValues: methods.map { ($0.path, $0) })
        self.gate = gate
        self.settings = settings
        let limits = settings.connectionLimits
        connections = ConnectionCount(total: limits.connections, perAddress: limits.connectionsPerAddress)
    }
}
