// SPDX-License-Identifier: Apache-2.0
import Testing
import Transport

@Suite("Connections are counted") struct ConnectionCountTests {
    @Test(
        "by address, and by network where a host has many",
        arguments: [
            (["10.0.0.1", "10.0.0.1", "10.0.0.1"], [true, true, false]),
            (["10.0.0.1", "10.0.0.1", "10.0.0.2"], [true, true, true]),
            (["fd00::1", "fd00::2", "fd00:0:0:0:ffff::3"], [true, true, false]),
            (["fd00::1", "fd00::2", "fd00:0:0:1::1"], [true, true, true]),
            (["::ffff:10.0.0.1", "10.0.0.1", "10.0.0.1"], [true, true, false]),
        ]
    )
    func hosts(addresses: [String], areLetIn: [Bool]) {
        let connections = ConnectionCount(total: 10, perAddress: 2)
        #expect(addresses.map { connections.opened(from: $0) } == areLetIn)
        for (address, isIn) in zip(addresses, areLetIn) where isIn { connections.closed(from: address) }
        #expect(connections.open == 0)
        #expect(addresses.prefix(2).allSatisfy { connections.opened(from: $0) })
    }
}
