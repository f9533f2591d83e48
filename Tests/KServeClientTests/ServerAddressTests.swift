// SPDX-License-Identifier: Apache-2.0
import KServeClient
import Testing

@Suite struct ServerAddressTests {
    @Test(arguments: [
        ("http://127.0.0.1:8000", "127.0.0.1", 8000, ""), ("localhost:1", "localhost", 1, ""),
        ("HTTP://host", "host", 80, ""), ("http://[::1]:65535/a/b/", "::1", 65535, "/a/b"), ("[::1]", "::1", 80, ""),
    ])
    func reads(_ text: String, host: String, port: Int, prefix: String) throws {
        let address = try ServerAddress(text)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.pathPrefix == prefix)
    }

    @Test(arguments: [
        "", "https://host", "http://", "host:0", "host:65536", "host:x", "http://a b", "http://h/\r\nX: y", "u@host",
    ])
    func refuses(_ text: String) {
        #expect(throws: ClientError.self) { try ServerAddress(text) }
    }
}
