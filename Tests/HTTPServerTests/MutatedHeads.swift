// SPDX-License-Identifier: Apache-2.0
import Inference

extension SplitMix64 {
    mutating func chance(_ part: Int, in whole: Int) -> Bool { Int.random(in: 0..<whole, using: &self) < part }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: 0..<choices.count, using: &self)]
    }
}

/// Heads of requests that are nearly ordinary: some are, most have something wrong in them that parsers are known to
/// disagree about.
struct MutatedHeads {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func next() -> [UInt8] {
        var head = Array(text().utf8)
        let mutations = random.pick([0, 0, 0, 1, 1, 1, 2, 3])
        for _ in 0..<mutations { mutate(&head) }
        return head
    }

    private mutating func text() -> String {
        var lines: [String] = [requestLine()]
        lines += fields().shuffled(using: &random)
        let end = random.chance(1, in: 40) ? random.pick(["\n", "\r", "\r\r\n", ""]) : "\r\n"
        return lines.map { $0 + end }.joined() + "\r\n"
    }

    private mutating func requestLine() -> String {
        let method =
            random.chance(1, in: 25) ? random.pick(["GET", "PUT", "post", "POSTS", "\r\nPOST", " POST"]) : "POST"
        let version =
            random.chance(1, in: 25)
            ? random.pick(["HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/1.1 ", "ICE/1.1", ""]) : "HTTP/1.1"
        let gap = random.chance(1, in: 40) ? random.pick(["  ", "\t", ""]) : " "
        return method + gap + target() + gap + version
    }

    private mutating func target() -> String {
        if random.chance(1, in: 15) {
            return random.pick([
                "/v2/models/a b/infer", "/v2/models/m/infer?x=1", "/v2/models/m/infer#f", "/v2/models/%6d/infer", "*",
                "http://h/v2/models/m/infer", "/v2/models/é/infer", "/v2/models//infer", "/v2/models/m/infer/", "/v2",
                "v2/models/m/infer", "/v2/models/m/versions/x/infer", "/v2/models/../infer",
            ])
        }
        let version = random.pick(["", "", "/versions/1", "/versions/12345678901234567890"])
        return "/v2/models/" + random.pick(["m", "resnet-50", "a.b_c~d", "versions"]) + version + "/infer"
    }

    private mutating func fields() -> [String] {
        var fields = ["Host: localhost:8000", lengthField()]
        let names = Self.names.shuffled(using: &random)
        for name in names.prefix(Int.random(in: 0...6, using: &random)) { fields.append(field(name)) }
        if random.chance(1, in: 20) { fields.append(lengthField()) }
        if random.chance(1, in: 15) { fields.append(random.pick(Self.strange)) }
        if random.chance(1, in: 20) { fields.removeFirst(random.pick([1, 2])) }
        return fields
    }

    private mutating func lengthField() -> String {
        let length =
            random.chance(1, in: 12)
            ? random.pick([
                "+5", "-1", "0x10", "1 2", "1,1", "", "007", "5 ", "99999999999999", "999999999999999999",
                "18446744073709551616", "9223372036854775808", "1e3", "\u{0665}", "5\t",
            ]) : random.pick(["0", "1", "17", "300"])
        return random.pick(["Content-Length", "Content-Length", "content-length", "CONTENT-LENGTH"]) + ": " + length
    }

    private mutating func field(_ name: String) -> String {
        let colon = random.chance(1, in: 40) ? random.pick([":", ":  ", " : ", ":\t", "", " "]) : ": "
        if random.chance(1, in: 20) {
            return name + colon + random.pick(["", " ", "x ", " x", "ünïcode", "\t", "a\tb", "close", "upgrade"])
        }
        switch name {
        case "Connection": return name + colon + random.pick(["keep-alive", "keep-alive", "Keep-Alive", "close"])
        case "Accept-Encoding": return name + colon + random.pick(["gzip, deflate", "identity", "*"])
        default: return name + colon + random.pick(Self.values)
        }
    }

    private static let names = [
        "Accept", "Accept-Encoding", "User-Agent", "Content-Type", "Connection", "X-Request-Id", "traceparent",
        "tracestate", "Authorization", "X-API-Key", "Inference-Header-Content-Length", "ACCEPT",
    ]

    private static let values = [
        "*/*", "python-requests/2.32", "application/octet-stream", "190", "00-4bf92f-00f067aa-01", "a: b, c",
        "Bearer abc.def", "\"q\"", String(repeating: "v", count: 300), ":", "a  b",
    ]

    private static let strange = [
        "Host: two", "Expect: more", "X-Request-Id: \(String(repeating: "i", count: 257))",
        "Transfer-Encoding: chunked", "Transfer-Encoding: identity", "transfer-encoding : chunked",
        "Expect: 100-continue",
        "Content-Encoding: gzip", "Upgrade: websocket", "Cookie: a=b", " folded", "\tfolded", ":novalue", "novalue",
        "Content-Length : 5", "Content_Length: 5", "Content-Length\t: 5", "Proxy-Connection: close", "X: \u{0}",
        "X: a\rb",
        "Content-Length: 5\nX: y", "Connection: close\nX: y", "Trailer: x", "Content-Length:5", "X: \u{7f}",
    ]

    private mutating func mutate(_ head: inout [UInt8]) {
        guard !head.isEmpty else { return }
        let at = Int.random(in: 0..<head.count, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: head[at] = UInt8.random(in: 0...255, using: &random)
        case 1: head[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: head.insert(random.pick(Self.telling), at: at)
        case 3: head[at] = random.pick(Self.telling)
        case 4: head.remove(at: at)
        case 5: head.insert(contentsOf: Array("\r\n".utf8), at: at)
        case 6: head.insert(contentsOf: head[at..<min(head.count, at + 20)], at: at)
        default: head.removeSubrange(at..<min(head.count, at + Int.random(in: 1...6, using: &random)))
        }
    }

    /// Bytes that mean something to a parser, or used to.
    private static let telling: [UInt8] = [
        0, 9, 10, 11, 12, 13, 32, 0x22, 0x2c, 0x3a, 0x3b, 0x5c, 0x7f, 0x80, 0xa0, 0xff,
    ]
}
