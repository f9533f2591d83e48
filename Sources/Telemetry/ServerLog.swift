// SPDX-License-Identifier: Apache-2.0
private import Inference
package import Logging
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The log as the flags set it up, and as it was changed since: makes loggers, and prints tables.
package final class ServerLog: Sendable {
    private let current: Mutex<LogConfiguration>
    let output: LogOutput
    let processID: Int32 = getpid()

    package init(_ configuration: LogConfiguration) throws(LogFileError) {
        current = Mutex(configuration)
        output = try LogOutput(file: configuration.file)
    }

    /// How lines are printed from now on.
    package var configuration: LogConfiguration { current.withLock { $0 } }

    /// The file stays what it was.
    func change(_ body: (inout LogConfiguration) -> Void) {
        current.withLock { configuration in
            let file = configuration.file
            body(&configuration)
            configuration.file = file
        }
    }

    /// The format of a line of `level`; `nil` if it is not to be printed.
    func format(of level: Logger.Level) -> LogFormat? {
        current.withLock { $0.prints(level) ? $0.format : nil }
    }

    var lowestLevel: Logger.Level { current.withLock { $0.lowestLevel } }

    /// A logger that writes here, whatever `LoggingSystem` was told.
    package func logger(label: String) -> Logger {
        Logger(label: label) { _ in ServerLogHandler(log: self) }
    }

    /// Prints a table of already escaped cells under a line of level info.
    package func table(_ table: String, file: String = #fileID, line: UInt = #line) {
        guard let format = format(of: .info) else { return }
        let line = LogLine(
            level: .info,
            message: "",
            time: .now(),
            processID: processID,
            file: file,
            line: line
        )
        output.write(line.text(format, table: table))
    }
}

extension LogConfiguration {
    /// Whether lines of `level` are printed. As in Triton, verbose lines do not depend on `--log-info`.
    package func prints(_ level: Logger.Level) -> Bool {
        switch level {
        case .trace: verboseLevel >= 2
        case .debug: verboseLevel >= 1
        case .info, .notice: info
        case .warning: warning
        case .error, .critical: error
        }
    }

    /// The lowest level that is printed: what a logger skips without asking.
    var lowestLevel: Logger.Level {
        Logger.Level.allCases.first { prints($0) } ?? .critical
    }
}

/// Prints what a `Logger` is told in one of the server's formats.
package struct ServerLogHandler: LogHandler {
    private let log: ServerLog
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private var chosenLevel: Logger.Level?

    package init(log: ServerLog) { self.log = log }

    /// What the log prints at the moment, unless this logger was told otherwise.
    package var logLevel: Logger.Level {
        get { chosenLevel ?? log.lowestLevel }
        set { chosenLevel = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        guard let format = log.format(of: event.level) else { return }
        let provided = metadata.merging(metadataProvider?.get() ?? [:]) { _, new in new }
        var metadata = provided.merging(event.metadata ?? [:]) { _, new in new }
        if let error = event.error { metadata["error"] = "\(error)" }
        let line = LogLine(
            level: event.level,
            message: event.message.description,
            metadata: metadata,
            time: .now(),
            processID: log.processID,
            file: event.file,
            line: event.line
        )
        log.output.write(line.text(format))
    }
}
