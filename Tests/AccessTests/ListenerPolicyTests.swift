// SPDX-License-Identifier: Apache-2.0
import Access
import Inference
import Testing

@Suite struct ListenerPolicyTests {
    @Test(arguments: ["127.0.0.1", "127.255.255.254", "::1", "localhost", "::ffff:127.0.0.1"])
    func loopbackIsAllowedEverywhere(address: String) throws {
        try ListenerPolicy.check(
            address: address,
            flag: "--http-address",
            profile: .secure,
            isEncrypted: false,
            lacksKeys: true
        )
        try ListenerPolicy.check(
            address: address,
            flag: "--http-address",
            profile: .triton,
            isEncrypted: false,
            lacksKeys: true
        )
    }

    @Test(arguments: [
        "0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "126.255.255.255", "::2", "::ffff:10.0.0.1", "example.org", "",
        "127.1",
        "localhost.example.org", "fe80::1",
    ])
    func anythingElseIsRefusedByTheSecureProfileOnly(address: String) throws {
        let error = #expect(throws: ServingError.self) {
            try ListenerPolicy.check(
                address: address,
                flag: "--http-address",
                profile: .secure,
                isEncrypted: false,
                lacksKeys: true
            )
        }
        #expect(error?.message.contains("--http-address") == true)
        #expect(error?.message.contains("--profile=triton") == true)
        try ListenerPolicy.check(
            address: address,
            flag: "--http-address",
            profile: .triton,
            isEncrypted: false,
            lacksKeys: true
        )
    }
}
