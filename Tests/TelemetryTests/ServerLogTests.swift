// SPDX-License-Identifier: Apache-2.0
import Foundation
import Logging
import Testing

@testable import Telemetry

@Suite("The log") struct ServerLogTests {
    private func lines(_ configuration: LogConfiguration, _ body: (ServerLog) -> Void) throws -> [String] {
        let file = FileManager.default.temporaryDirectory.appending(path: "buckler-log-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        var configuration = configuration
        configuration.file = file.path
        body(try ServerLog(configuration))
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { String($0) }
    }

    private func logEachLevel(_ log: ServerLog) {
        let logger = log.logger(label: "test")
        for level in Logger.Level.allCases { logger.log(level: level, "\(level)") }
    }

    private func shown(_ lines: [String]) -> [String] {
        lines.map { line in String(line.split(separator: "\"").last ?? "") }
    }

    @Test(
        "prints the levels that the flags ask for",
        arguments: [
            (0, true, true, true, ["info", "notice", "warning", "error", "critical"]),
            (1, true, true, true, ["debug", "info", "notice", "warning", "error", "critical"]),
            (2, true, true, true, ["trace", "debug", "info", "notice", "warning", "error", "critical"]),
            (0, false, true, true, ["warning", "error", "critical"]),
            (0, true, false, true, ["info", "notice", "error", "critical"]),
            (0, true, true, false, ["info", "notice", "warning"]), (0, false, false, false, []),
            (1, false, false, false, ["debug"]),
        ]
    )
    func levels(verbose: Int, info: Bool, warning: Bool, error: Bool, expected: [String]) throws {
        var configuration = LogConfiguration()
        configuration.verboseLevel = verbose
        configuration.info = info
        configuration.warning = warning
        configuration.error = error
        #expect(shown(try lines(configuration, logEachLevel)) == expected)
    }

    @Test("joins the logger's metadata with the line's, which wins")
    func metadata() throws {
        let printed = try lines(LogConfiguration()) { log in
            var logger = log.logger(label: "test")
            logger[metadataKey: "model"] = "a"
            logger[metadataKey: "version"] = "1"
            logger.info("x", metadata: ["model": "b"])
        }
        #expect(printed.count == 1)
        #expect(printed[0].hasSuffix("\"x\" model=b version=1"))
    }

    @Test("writes whole lines from many threads")
    func threads() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "buckler-log-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        var configuration = LogConfiguration()
        configuration.file = file.path
        let log = try ServerLog(configuration)
        await withTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<100 { log.logger(label: "t").info("\(task)-\(number)") }
                }
            }
        }
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 800)
        #expect(lines.allSatisfy { $0.hasPrefix("I") && $0.hasSuffix("\"") })
    }

    @Test("says which file it cannot open")
    func missingDirectory() {
        var configuration = LogConfiguration()
        configuration.file = "/nonexistent/buckler.log"
        #expect(
            throws: LogFileError(
                description: "cannot open log file /nonexistent/buckler.log: No such file or directory"
            )
        ) {
            try ServerLog(configuration)
        }
    }
}
