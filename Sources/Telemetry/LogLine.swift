// SPDX-License-Identifier: Apache-2.0
package import Inference
package import Logging

/// One line of the log before it is printed.
package struct LogLine: Sendable {
    package var level: Logger.Level
    package var message: String
    package var metadata: Logger.Metadata
    package var time: WallClockTime
    package var processID: Int32
    /// Any path; only its last part is shown.
    package var file: String
    package var line: UInt

    package init(
        level: Logger.Level,
        message: String,
        metadata: Logger.Metadata = [:],
        time: WallClockTime,
        processID: Int32,
        file: String,
        line: UInt
    ) {
        self.level = level
        self.message = message
        self.metadata = metadata
        self.time = time
        self.processID = processID
        self.file = file
        self.line = line
    }

    /// The line, its end included. The layouts are those of Triton's `logging.cc`:
    /// `I1120 21:21:00.909930 PID file:line] "message"` and `2026-11-20T21:21:00Z I PID file:line] "message"`.
    package func text(_ format: LogFormat) -> String {
        switch format {
        case .default, .iso8601: return preamble(format) + LogText.quoted(message) + plainMetadata + "\n"
        case .json: return json + "\n"
        }
    }

    /// The same line with a table under it in place of a message. The table's cells are the caller's to escape.
    package func text(_ format: LogFormat, table: String) -> String {
        switch format {
        case .default, .iso8601:
            return preamble(format) + "\n" + table
        case .json:
            var line = self
            line.message = table
            return line.json + "\n"
        }
    }

    private func preamble(_ format: LogFormat) -> String {
        let origin = "\(processID) \(LogText.key(fileName)):\(line)] "
        return format == .default
            ? "\(severity)\(time.monthDayTime) \(origin)" : "\(time.secondsISO8601) \(severity) \(origin)"
    }

    private var severity: String {
        switch level {
        case .trace, .debug, .info, .notice: "I"
        case .warning: "W"
        case .error, .critical: "E"
        }
    }

    private var fileName: String {
        String(file.split(separator: "/").last ?? "")
    }

    private var plainMetadata: String {
        metadata.sorted { $0.key < $1.key }
            .map { " \(LogText.key($0.key))=\(LogText.value("\($0.value)"))" }
            .joined()
    }

    private var json: String {
        var fields = [
            "\"time\":\"\(time.microsecondsISO8601)\"", "\"level\":\"\(level.rawValue)\"",
            "\"message\":\(LogText.quoted(message))", "\"source\":\(LogText.quoted("\(fileName):\(line)"))",
            "\"pid\":\(processID)",
        ]
        if !metadata.isEmpty { fields.append("\"metadata\":" + Self.json(.dictionary(metadata))) }
        return "{" + fields.joined(separator: ",") + "}"
    }

    private static func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): return LogText.quoted(text)
        case .stringConvertible(let value): return LogText.quoted(value.description)
        case .array(let values): return "[" + values.map { json($0) }.joined(separator: ",") + "]"
        case .dictionary(let fields):
            let sorted = fields.sorted { $0.key < $1.key }
            return "{" + sorted.map { "\(LogText.quoted($0.key)):\(json($0.value))" }.joined(separator: ",") + "}"
        }
    }
}
