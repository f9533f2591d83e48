// SPDX-License-Identifier: Apache-2.0
import Access
import Foundation
import Inference
import Synchronization

/// A directory of its own for a test, gone with this object.
final class LedgerScratch: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "ledger-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var settings: LedgerSettings {
        var settings = LedgerSettings(directory: path)
        settings.reservedBytes = 0
        return settings
    }

    var files: [String] { Self.files(in: path) }

    var lines: [String] { Self.lines(in: path) }

    static func files(in path: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(".jsonl") }.sorted().map { path + "/" + $0 }
    }

    static func lines(in path: String) -> [String] {
        files(in: path).flatMap { file in
            String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
                .split(separator: "\n").map(String.init)
        }
    }

    func lines(kind: String) -> [String] { lines.filter { $0.contains("\"kind\":\"\(kind)\"") } }

    func bytes(_ file: Int = 0) -> [UInt8] { Array(FileManager.default.contents(atPath: files[file]) ?? Data()) }

    func replace(_ file: Int = 0, with bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: files[file]))
    }
}

/// What a ledger said to the operator.
final class LedgerEvents: Sendable {
    private let events = Mutex<[LedgerEvent]>([])

    var all: [LedgerEvent] { events.withLock { $0 } }

    func add(_ event: LedgerEvent) { events.withLock { $0.append(event) } }
}

extension LedgerKey {
    /// The same in every test.
    static let known = LedgerKey(seed: Array(1...32))!
    static let other = LedgerKey(seed: Array(2...33))!
}

extension LedgerEntry {
    static func request(
        _ id: String,
        _ decision: Decision = .allow,
        address: String = "10.1.2.3",
        model: String? = "resnet50",
        status: Int = 200
    ) -> LedgerEntry {
        LedgerEntry(
            time: WallClockTime(microseconds: 1_795_209_660_909_930),
            decision: decision,
            requestID: id,
            principal: "alice",
            tenant: "vision",
            keyID: "k-7f3a",
            address: address,
            route: "infer",
            protocolName: "http",
            model: model,
            version: 3,
            bytesIn: 602_112,
            bytesOut: 4000,
            status: status,
            durationMicroseconds: 412
        )
    }
}

/// Judges lines as `buckler ledger verify` does a file.
func verified(
    _ bytes: [UInt8],
    trusted: [LedgerPublicKey] = [],
    exported: LedgerCheckpoint? = nil
) -> LedgerReport {
    var verifier = LedgerVerifier(trusted: trusted, exported: exported)
    verifier.fileBegins("ledger.jsonl")
    var start = 0
    for (position, byte) in bytes.enumerated() where byte == 0x0a {
        verifier.lineRead(bytes[start..<position])
        start = position + 1
    }
    verifier.fileEnds(tornBytes: bytes.count - start, isLast: true)
    return verifier.finish()
}

/// Waits until something is so, at most for some seconds.
func eventually(seconds: Double = 10, _ isSo: () -> Bool) -> Bool {
    let end = Date(timeIntervalSinceNow: seconds)
    while Date() < end {
        if isSo() { return true }
        usleep(5000)
    }
    return isSo()
}
