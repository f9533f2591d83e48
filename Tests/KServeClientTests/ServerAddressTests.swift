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
        ("grpc://h", "grpc", 8001), ("GRPCS://h:1", "grpcs", 1), ("h:2", "grpc", 2), ("http://h", "http", 80),
        ("https://h", "https", 443), ("HTTPS://h:8000", "https", 8000),
    ])
    func readsTheProtocol(_ text: String, scheme: String, port: Int) throws {
        let address = try ServerAddress(text, defaultScheme: .grpc)
        #expect(address.scheme.rawValue == scheme)
        #expect(address.port == port)
        #expect(address.description == "\(scheme)://h:\(port)")
    }

    @Test(arguments: [
        "grpc://h/x", "grpcs://h/x", "", "ftp://host", "http://", "host:0", "host:65536", "host:x", "http://a b",
        "http://h/\r\nX: y", "u@host",
    ])
    func refuses(_ text: String) {
        #expect(throws: ClientError.self) { try ServerAddress(text) }
    }
}
