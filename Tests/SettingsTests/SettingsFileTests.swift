// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Settings

@Suite("The settings file") struct SettingsFileTests {
    private func read(_ text: String) throws -> [String] {
        try SettingsFile.parse(text, name: "buckler.yaml").map { "\($0.flag.name)=\($0.value)" }
    }

    @Test(
        "has the flags' names for keys",
        arguments: [
            ("", []), ("# nothing\n", []), ("http-port: 8000\n", ["http-port=8000"]),
            ("id: \"a b\"\nexit-on-error: false\n", ["id=a b", "exit-on-error=false"]),
            ("disable-auto-complete-config: true", ["disable-auto-complete-config=true"]),
            ("model-repository: [/a, /b]", ["model-repository=/a", "model-repository=/b"]),
            ("model-repository: /a", ["model-repository=/a"]),
            (
                "backend-config:\n  onnxruntime:\n    intra_op_thread_count: 4\n  default-max-batch-size: 1\n",
                ["backend-config=onnxruntime,intra_op_thread_count=4", "backend-config=default-max-batch-size=1"]
            ),
            ("backend-config: ['tensorflow,threads=4']", ["backend-config=tensorflow,threads=4"]),
            ("metrics-config: {counter_latencies: off}", ["metrics-config=counter_latencies=off"]),
            (
                "limits:\n  max-json-depth: 5\n  http-max-input-size: 9\n",
                ["max-json-depth=5", "http-max-input-size=9"]
            ),
            ("tls: {cert: a, key: b, client-roots: c}", ["tls-cert=a", "tls-key=b", "tls-client-roots=c"]),
            ("tls: {client-rule: [a, b]}", ["tls-client-rule=a", "tls-client-rule=b"]),
            ("tls-cert: a", ["tls-cert=a"]), ("max-json-depth: 5", ["max-json-depth=5"]),
            ("profile: triton", ["profile=triton"]),
        ]
    )
    func reads(text: String, expected: [String]) throws {
        #expect(try read(text) == expected)
    }

    @Test(
        "is refused with the place and the key",
        arguments: [
            ("id: a\nhttp-prot: 1\n", "buckler.yaml:2:1: unknown key 'http-prot'; did you mean http-port?"),
            ("limit: {}\n", "buckler.yaml:1:1: unknown key 'limit'; did you mean limits?"),
            ("limits:\n  id: x\n", "buckler.yaml:2:3: unknown key 'id'"),
            ("tls:\n  id: x\n", "buckler.yaml:2:3: unknown key 'tls-id'"),
            ("config: x\n", "buckler.yaml:1:1: unknown key 'config'"),
            ("--http-port: 1\n", "buckler.yaml:1:1: unknown key '--http-port'; did you mean http-port?"),
            ("id: x\nhttp-port: gold\n", "buckler.yaml:2:12: http-port must be an integer from 0 to 65535; got 'gold'"),
            ("http-port: [1, 2]\n", "buckler.yaml:1:12: http-port must be a single value"),
            ("http-port: {a: 1}\n", "buckler.yaml:1:12: http-port must be a single value"),
            ("load-model:\n  - a\n  - [b]\n", "buckler.yaml:3:5: load-model must be a single value"),
            ("- a\n", "buckler.yaml:1:1: the file must be a mapping of keys to values"),
            ("just text\n", "buckler.yaml:1:1: the file must be a mapping of keys to values"),
            ("limits: 5\n", "buckler.yaml:1:9: limits must be a mapping of keys to values"),
            ("reuse-http-port: true\n", "buckler.yaml:1:18: reuse-http-port=true is refused: "),
            ("model-control-mode: poll\n", "buckler.yaml:1:21: model-control-mode=poll is refused: "),
            ("id: a\nid: b\n", "buckler.yaml:2:1: more than once: id"),
            ("http-port: 1\nid: a\n\n# id: c\n'id' : b\n", "buckler.yaml:5:1: more than once: id"),
            ("id: a\r\nhttp-port: 1\r\nid: b\r\n", "buckler.yaml:3:1: more than once: id"),
            ("limits:\n  a: 1\n  b: 2\n  a: 3\nid: x\n", "buckler.yaml:4:3: more than once: a"),
            ("limits: {a: 1, a: 2}\n", "buckler.yaml:1:10: more than once: a"),
            ("a:\n  id: 1\n  id: 2\nid: 3\n", "buckler.yaml:3:3: more than once: id"),
            (
                "backend-config:\n  onnxruntime: {default-max-batch-size: -1}\n",
                "buckler.yaml:2:41: backend-config onnxruntime,default-max-batch-size must be an integer of at least 0; "
                    + "got '-1'"
            ),
            ("id: [\n", "buckler.yaml:2:1: "),
        ]
    )
    func refuses(text: String, message: String) {
        let error = #expect(throws: SettingsError.self) { try read(text) }
        let found = error?.message ?? ""
        #expect(message.hasSuffix(" ") ? found.hasPrefix(message) : found == message, "\(found)")
    }

    @Test("may have so many bytes and no more")
    func length() throws {
        let longest = "#" + String(repeating: "x", count: SettingsFile.longest - 1)
        #expect(try read(longest).isEmpty)
        #expect(throws: SettingsError("buckler.yaml is longer than 1048576 bytes")) { try read(longest + "x") }
    }

    @Test("may stand for so many values and no more")
    func values() throws {
        let list = "load-model: &a [" + Array(repeating: "m", count: 100).joined(separator: ",") + "]\n"
        let table = { (count: Int) in
            "backend-config: {x: {" + (0..<count).map { "k\($0): v" }.joined(separator: ",") + "}}"
        }
        #expect(try read(list + table(9900)).count == 10_000)
        let error = #expect(throws: SettingsError.self) { try read(list + table(9901)) }
        #expect(error?.message.hasSuffix("more than 10000 values") == true)
        let bomb = "backend-config:\n" + "  a: &a {" + (0..<1000).map { "k\($0): v" }.joined(separator: ",") + "}\n"
        #expect(throws: SettingsError.self) { try read(bomb + (0..<1000).map { "  b\($0): *a\n" }.joined()) }
    }

    @Test("does not take the process down by nesting")
    func nesting() {
        #expect(throws: SettingsError.self) { try read(String(repeating: "[", count: 200_000)) }
        #expect(throws: SettingsError.self) { try read("a: " + String(repeating: "{a: ", count: 100_000)) }
    }
}
