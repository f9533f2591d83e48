// SPDX-License-Identifier: Apache-2.0
import Crypto
import Inference
import Synchronization
import Testing

@testable import Serving

@Suite("A version's digest") struct ModelDigestTests {
    /// Files by their paths; what has no content cannot be read.
    private final class Files: ModelFiles {
        private let content: [String: [UInt8]?]
        let scanned = Mutex<[String]>([])

        init(_ content: [String: [UInt8]?]) { self.content = content }

        func read(_ path: String, limit: Int) throws(ServingError) -> TensorBytes {
            scanned.withLock { $0.append(path) }
            guard let bytes = content[path] ?? nil else { throw ServingError(.invalidArgument, "no regular file") }
            return TensorBytes(bytes)
        }

        func exists(_ path: String) -> Bool { content[path] != nil }

        func list(_ path: String) throws(ServingError) -> [String] {
            Set(
                content.keys.filter { $0.hasPrefix(path + "/") }.map {
                    String($0.dropFirst(path.count + 1).prefix { $0 != "/" })
                }
            ).sorted()
        }

        func isDirectory(_ path: String) -> Bool { content.keys.contains { $0.hasPrefix(path + "/") } }
    }

    private static let content: [String: [UInt8]?] = [
        "config.pbtxt": [9], "1/model.onnx": [1, 2, 3], "1/data/w": [], "1/b": [4], "2/model.onnx": [5],
    ]

    private func digest(
        _ content: [String: [UInt8]?] = content,
        labels: [String: [String]] = ["OUT": ["cat", "dog"]],
        configuration: String = "{}"
    ) throws -> String? {
        try ModelDigests(Files(content))
            .digest(ofVersion: 1, model: "m", labels: labels, configuration: configuration)?.text
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    @Test("is what its documentation says")
    func format() throws {
        let text = """
            buckler model 1
            file \(Self.hex([4])) 1 1 b
            file \(Self.hex([])) 0 6 data/w
            file \(Self.hex([1, 2, 3])) 3 10 model.onnx
            labels \(Self.hex(Array("3 OUT\n1 2\n3 cat\n3 dog\n".utf8)))
            config \(Self.hex(Array("{}".utf8)))

            """
        #expect(try digest() == "sha256:" + Self.hex(Array(text.utf8)))
    }

    @Test("changes with each thing that the version is made of, and with no other")
    func changes() throws {
        let known = try digest()
        func with(_ path: String, _ bytes: [UInt8]?) throws -> String? {
            var content = Self.content
            content[path] = .some(bytes)
            return try digest(content)
        }
        let others = [
            try with("1/model.onnx", [1, 2, 4]), try with("1/data/w", [0]), try with("1/new", []), try with("1/b", nil),
            try with("1/data\n/w", []), try digest(labels: ["OUT": ["cat", "do\n1 g"]]), try digest(labels: [:]),
            try digest(configuration: "{ }"),
        ]
        #expect(Set(others + [known]).count == others.count + 1)
        #expect(try with("2/model.onnx", [6]) == known)
        #expect(try with("config.pbtxt", [6]) == known)
    }

    @Test("is of the bytes that were read, and reads none of them twice")
    func readOnce() throws {
        let files = Files(Self.content)
        let digests = ModelDigests(files)
        #expect(try digests.read("1/model.onnx", limit: 10).count == 3)
        let digest = try digests.digest(ofVersion: 1, model: "m", labels: ["OUT": ["cat", "dog"]], configuration: "{}")
        #expect(try digest?.text == self.digest())
        #expect(files.scanned.withLock { $0.sorted() } == ["1/b", "1/data/w", "1/model.onnx"])
    }

    @Test("is not made of deeper trees than there may be")
    func bounds() throws {
        func tree(_ depth: Int) -> [String: [UInt8]?] {
            ["1/" + String(repeating: "d/", count: depth - 1) + "f": [1]]
        }
        #expect(try digest(tree(ModelDigests.depthLimit)) != nil)
        #expect(throws: ServingError.self) { try digest(tree(ModelDigests.depthLimit + 1)) }
    }

    @Test("is not made of more files than there may be", arguments: [0, 1])
    func entries(beyond: Int) throws {
        struct Many: ModelFiles {
            let count: Int
            func read(_ path: String, limit: Int) throws(ServingError) -> TensorBytes { TensorBytes([1]) }
            func exists(_ path: String) -> Bool { true }
            func list(_ path: String) throws(ServingError) -> [String] { (0..<count).map(String.init) }
            func isDirectory(_ path: String) -> Bool { path == "1" }
        }
        let digests = ModelDigests(Many(count: ModelDigests.entryLimit + beyond))
        let digest = try? digests.digest(ofVersion: 1, model: "m", labels: [:], configuration: "")
        #expect((digest != nil) == (beyond == 0))
    }
}
