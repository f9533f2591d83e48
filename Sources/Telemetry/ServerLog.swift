// SPDX-License-Identifier: Apache-2.0
package import Logging

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The log as the flags set it up: makes loggers, and prints tables.
package struct ServerLog: Sendable {
    let configuration: LogConfiguration
    let output: LogOutput
    let processID: Int32 = getpid()

    package init(_ configuration: LogConfiguration) throws(LogFileError) {
        self.configuration = configuration
        output = try LogOutput(file: configuration.file)
    }

    /// A logger that writes here, whatever `LoggingSystem` was told.
    package func logger(label: String) -> Logger {
        Logger(label: label) { _ in ServerLogHandler(log: self) }
    }

    /// Prints a table of already escaped cells under a line of level info.
    package func table(_ table: String, file: String = #fileID, line: UInt = #line) {
        guard configuration.info else { return }
        let line = LogLine(
            level: .info,
            message: "",
            time: .now(),
            processID: processID,
            file: file,
            line: line
        )
        output.write(line.text(configuration.format, table: table))
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
    package var logLevel: Logger.Level

    package init(log: ServerLog) {
        self.log = log
        logLevel = log.configuration.lowestLevel
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        guard log.configuration.prints(event.level) else { return }
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
        log.output.write(line.text(log.configuration.format))
    }
}
