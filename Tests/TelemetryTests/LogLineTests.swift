// SPDX-License-Identifier: Apache-2.0
import Inference
import Logging
import Testing

@testable import Telemetry

/// 2026-11-20 21:21:00.909930 UTC.
private let time = WallClockTime(microseconds: 1_795_209_660_909_930)

private func line(
    _ message: String,
    level: Logger.Level = .info,
    metadata: Logger.Metadata = [:],
    file: String = "Serving/ModelLifeCycle.swift"
) -> LogLine {
    LogLine(level: level, message: message, metadata: metadata, time: time, processID: 4711, file: file, line: 123)
}

@Suite("A log line") struct LogLineTests {
    @Test("has Triton's default layout")
    func defaultLayout() {
        let text = line("successfully loaded 'digits'").text(.default)
        #expect(text == "I1120 21:21:00.909930 4711 ModelLifeCycle.swift:123] \"successfully loaded 'digits'\"\n")
    }

    @Test("has Triton's ISO8601 layout")
    func isoLayout() {
        let text = line("ready", level: .warning).text(.iso8601)
        #expect(text == "2026-11-20T21:21:00Z W 4711 ModelLifeCycle.swift:123] \"ready\"\n")
    }

    @Test("is one JSON object")
    func jsonLayout() {
        let text = line("a \"b\"", level: .error, metadata: ["model": "m", "sizes": ["1", "2"]]).text(.json)
        #expect(
            text == """
                {"time":"2026-11-20T21:21:00.909930Z","level":"error","message":"a \\"b\\"",\
                "source":"ModelLifeCycle.swift:123","pid":4711,"metadata":{"model":"m","sizes":["1","2"]}}

                """
        )
    }

    @Test(
        "shows each level as Triton's letter",
        arguments: [
            (Logger.Level.trace, "I"), (.debug, "I"), (.info, "I"), (.notice, "I"), (.warning, "W"), (.error, "E"),
            (.critical, "E"),
        ]
    )
    func severity(level: Logger.Level, letter: String) {
        #expect(line("x", level: level).text(.default).hasPrefix(letter + "1120 "))
    }

    @Test("puts metadata after the message, sorted, quoted where it is not one plain word")
    func metadata() {
        let text = line("x", metadata: ["request_id": "a b", "model": "m/1", "k\n=": ""]).text(.default)
        #expect(text.hasSuffix("] \"x\" k__=\"\" model=m/1 request_id=\"a b\"\n"))
    }

    @Test(
        "cannot be forged by what it carries",
        arguments: [
            "x\nI1120 21:21:00.909930 1 a:1] \"y\"", "x\r\ny", "x\u{1B}[2Jy", "x\u{9B}2Jy", "x\u{2028}y", "x\u{85}y",
            "x\u{0}y", "x\u{202E}y", "x\" key=forged",
        ],
        LogFormat.allCases
    )
    func injection(hostile: String, format: LogFormat) {
        let forged = line(hostile, metadata: ["k": .string(hostile), hostile: "v"], file: "a/" + hostile)
        let text = forged.text(format)
        let dangerous = text.dropLast().unicodeScalars.filter {
            $0.value < 0x20 || (0x7F...0x9F).contains($0.value) || (0x2028...0x202E).contains($0.value)
        }
        #expect(dangerous.isEmpty)
        #expect(text.last == "\n")
        #expect(!text.contains("x\" key=forged"))
    }

    @Test("escapes as JSON does, with four digits")
    func escapes() {
        #expect(LogText.quoted("\"\\\n\r\t\u{8}\u{C}\u{1}\u{7F}é") == #""\"\\\n\r\t\b\f\u0001\u007Fé""#)
    }

    @Test("carries a table under it, or in it as JSON")
    func table() {
        #expect(
            line("").text(.default, table: "+-+\n") == "I1120 21:21:00.909930 4711 ModelLifeCycle.swift:123] \n+-+\n"
        )
        #expect(line("").text(.json, table: "+-+\n").contains("\"message\":\"+-+\\n\""))
    }

    @Test(
        "counts days as the calendar does",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000000Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (951_868_799_999_999, "2000-02-29T23:59:59.999999Z"), (-1, "1969-12-31T23:59:59.999999Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
            (1_704_067_199_000_001, "2023-12-31T23:59:59.000001Z"),
        ]
    )
    func dates(microseconds: Int64, expected: String) {
        #expect(WallClockTime(microseconds: microseconds).microsecondsISO8601 == expected)
    }
}
