// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import Logging
import Testing

@testable import Telemetry

@Suite("Log settings") struct LogSettingsTests {
    private func lines(
        allowsChanges: Bool = true,
        _ body: (LogSettings, Logger) throws -> Void
    ) throws -> [String] {
        let file = FileManager.default.temporaryDirectory.appending(path: "buckler-log-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        var configuration = LogConfiguration()
        configuration.file = file.path
        let log = try ServerLog(configuration)
        try body(LogSettings(log: log, allowsChanges: allowsChanges), log.logger(label: "test"))
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { String($0) }
    }

    @Test("take effect at once, for loggers that are there already")
    func atOnce() throws {
        let lines = try lines { settings, logger in
            logger.debug("quiet")
            try settings.changeLogSettings([("log_verbose_level", .number(1)), ("log_info", .bool(false))])
            logger.debug("debugged")
            logger.info("hidden")
            logger.trace("too fine")
            try settings.changeLogSettings([("log_format", .string("json")), ("log_info", .bool(true))])
            logger.info("shown")
        }
        #expect(lines.count == 2)
        #expect(lines[0].contains("\"debugged\"") && lines[0].hasPrefix("I"))
        #expect(lines[1].hasPrefix("{") && lines[1].contains("\"message\":\"shown\""))
    }

    @Test("are shown without the file")
    func shown() throws {
        _ = try lines { settings, _ in
            #expect(
                settings.logSettings().map(\.name) == [
                    "log_file", "log_info", "log_warning", "log_error", "log_verbose_level", "log_format",
                ]
            )
            #expect(
                settings.logSettings().map(\.value) == [
                    .string(""), .bool(true), .bool(true), .bool(true), .number(0), .string("default"),
                ]
            )
            try settings.changeLogSettings([("log_verbose_level", .number(.max)), ("log_format", .string("ISO8601"))])
            #expect(settings.logSettings().map(\.value).suffix(2) == [.number(.max), .string("ISO8601")])
        }
    }

    @Test(
        "are refused where they are wrong, and then none is changed",
        arguments: [
            (
                "log_file", LogSettingValue.string("/etc/passwd"), ServingError.Code.unsupported,
                "log file location can not be updated through network protocol"
            ),
            ("log_file", .string(""), .unsupported, "log file location can not be updated through network protocol"),
            ("log_format", .string("xml"), .unavailable, "invalid argument for --log_format, got: xml"),
            ("log_format", .bool(true), .invalidArgument, "log setting 'log_format' must be a string"),
            ("log_error", .number(1), .invalidArgument, "log setting 'log_error' must be a boolean"),
            (
                "log_verbose_level", .string("1"), .invalidArgument,
                "log setting 'log_verbose_level' must be an unsigned integer"
            ),
            ("log_x", .bool(true), .invalidArgument, "unknown log setting 'log_x'"),
        ]
    )
    func refused(name: String, value: LogSettingValue, code: ServingError.Code, text: String) throws {
        _ = try lines { settings, _ in
            #expect(throws: ServingError(code, text)) {
                try settings.changeLogSettings([("log_info", .bool(false)), (name, value)])
            }
            #expect(settings.logSettings()[1].value == .bool(true))
        }
    }

    @Test("may be read only")
    func readOnly() throws {
        _ = try lines(allowsChanges: false) { settings, _ in
            let refused = #expect(throws: ServingError.self) {
                try settings.changeLogSettings([("log_info", .bool(false))])
            }
            #expect(refused?.code == .permissionDenied)
            try settings.changeLogSettings([])
        }
    }
}
