// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference

@testable import Engines

/// The golden bytes of the worker protocol, which the tests of the other end read too.
enum WorkerFixtures {
    private static let directory = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/worker")

    /// Those that a worker sends.
    static let fromWorker = [
        "01-hello", "04-ready", "05-refused", "07-respond", "07-respond-end", "08-done", "08-done-failed",
        "09-lease-wanted", "11-lease-returned", "13-log", "16-probed", "17-inputs-kept", "18-inputs-released",
        "19-call", "21-answer-taken", "22-call-cancelled", "23-ask", "23-ask-load", "25-family-wanted",
        "26-metric-wanted", "27-measure", "28-value-wanted",
    ]
    static let fromServer = [
        "02-area", "03-start", "06-execute", "10-lease", "12-cancel", "14-finish", "15-probe", "20-answer", "24-told",
        "24-told-failed",
    ]

    static func bytes(_ name: String) throws -> [UInt8] {
        let text = try String(contentsOf: directory.appending(path: name + ".hex"), encoding: .utf8)
        let digits = text.filter { !$0.isWhitespace }.compactMap { $0.hexDigitValue }
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    static func message(_ bytes: [UInt8]) throws(WorkerFault) -> WorkerMessage {
        try bytes.withUnsafeBytes { bytes in
            Result { () throws(WorkerFault) in try WorkerMessage(bytes) }
        }.get()
    }
}
