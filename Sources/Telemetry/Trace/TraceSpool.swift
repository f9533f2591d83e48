// SPDX-License-Identifier: Apache-2.0

/// Which file the text of each trace goes to, and when.
///
/// Traces without a count go to the file as they come. With a log frequency so many at a time go to a file with a number;
/// with a count all of them do once they are complete. What is left of a series when its settings end goes where the
/// next of it would have gone.
struct TraceSpool {
    enum Action: Equatable {
        case append(String, traces: Int = 1)
        case writeNumbered(String, traces: Int = 1)
    }

    private struct Pending {
        var text = ""
        var count = 0
        var collected = 0
    }

    private var pending: [UInt64: Pending] = [:]
    private let byteLimit: Int

    /// - Parameter byteLimit: bytes of text that one series may have waiting.
    init(byteLimit: Int) { self.byteLimit = byteLimit }

    /// - Parameters:
    ///   - total: traces that there will be of the series; 0: any number.
    ///   - lost: those of them that will never come.
    mutating func traceEnded(
        _ text: String,
        series: UInt64,
        frequency: Int,
        total: Int,
        lost: Int
    ) -> Action? {
        if frequency == 0 && total == 0 { return .append(text) }
        var waiting = pending.removeValue(forKey: series) ?? Pending()
        waiting.text += waiting.count == 0 ? text : "," + text
        waiting.count += 1
        waiting.collected += 1
        let isComplete = total > 0 && waiting.collected + lost >= total
        let isFull = frequency > 0 ? waiting.count >= frequency : waiting.text.utf8.count >= byteLimit
        let isDue = isComplete || isFull || waiting.text.utf8.count >= byteLimit
        defer { if !isComplete { pending[series] = waiting } }
        guard isDue else { return nil }
        defer { (waiting.text, waiting.count) = ("", 0) }
        return .writeNumbered(waiting.text, traces: waiting.count)
    }

    mutating func seriesEnded(_ series: UInt64, frequency: Int) -> Action? {
        guard let waiting = pending.removeValue(forKey: series), waiting.count > 0 else { return nil }
        return frequency > 0
            ? .writeNumbered(waiting.text, traces: waiting.count) : .append(waiting.text, traces: waiting.count)
    }
}
