// SPDX-License-Identifier: Apache-2.0
internal import Logging

/// What the HTTP library says of itself, without what is no news.
struct ListenerLog: LogHandler {
    private var log: any LogHandler

    init(_ log: any LogHandler) { self.log = log }

    /// The same logger, which leaves out that a listener is closed twice, and that it did not wait for its connections:
    /// once because another one could not be had, once because the server ends for it.
    static func quiet(_ logger: Logger) -> Logger {
        var quiet = Logger(label: logger.label) { _ in ListenerLog(logger.handler) }
        quiet.logLevel = max(logger.logLevel, .warning)
        return quiet
    }

    static func isNews(_ message: String) -> Bool {
        message != "Server shutdown error: Already closed"
            && message != "Waiting on child channel: CancellationError()"
    }

    var logLevel: Logger.Level {
        get { log.logLevel }
        set { log.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { log.metadata }
        set { log.metadata = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { log[metadataKey: key] }
        set { log[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        if Self.isNews(event.message.description) { log.log(event: event) }
    }
}
