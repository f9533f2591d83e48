// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import Logging
import Synchronization
import Testing

@testable import Telemetry

private let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Counts what is warned of.
private final class WarningCount: Sendable {
    let warnings = Mutex(0)
    var handler: Handler { Handler(count: self) }

    struct Handler: LogHandler {
        let count: WarningCount
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            if event.level == .warning { count.warnings.withLock { $0 += 1 } }
        }
    }
}

private func makeValues(
    _ level: TraceLevel = .timestamps,
    rate: UInt32 = 1,
    count: Int32 = -1,
    frequency: UInt32 = 0
) -> TraceValues {
    var values = TraceValues()
    (values.level, values.rate, values.count, values.logFrequency) = (level, rate, count, frequency)
    return values
}

private func makeTable(_ values: TraceValues, hasFile: Bool = true) -> TraceTable<Int> {
    TraceTable(values, hasFile: hasFile) { _ in 0 }
}

@Suite("Which requests are traced") struct TraceTableTests {
    private func sampled(_ table: inout TraceTable<Int>, _ requests: Int, model: String = "m") -> [Int] {
        (1...requests).filter { _ in table.requestArrived(model: model) != nil }
    }

    @Test("is one in so many")
    func rate() {
        var table = makeTable(makeValues(rate: 3))
        #expect(sampled(&table, 10) == [3, 6, 9])
    }

    @Test("ends with the count, which counts down to zero")
    func count() {
        var table = makeTable(makeValues(rate: 2, count: 2))
        #expect(table.isActive)
        #expect(sampled(&table, 10) == [2, 4])
        #expect(table.values(ofModel: nil).count == 0)
        #expect(!table.isActive)
    }

    @Test(
        "is none where the settings say so",
        arguments: [
            (makeValues([]), true), (makeValues(rate: 0), true), (makeValues(count: 0), true), (makeValues(), false),
        ]
    )
    func none(_ values: TraceValues, hasFile: Bool) {
        var table = makeTable(values, hasFile: hasFile)
        #expect(!table.isActive)
        #expect(sampled(&table, 4).isEmpty)
    }

    @Test("may be another for a model, which keeps the rest of the server's settings as they change")
    func models() throws {
        var table = makeTable(makeValues([], rate: 5, frequency: 7))
        var changes = TraceChanges()
        changes.level = .set(.tensors)
        try table.change("m", changes)
        #expect(table.values(ofModel: "m") == makeValues(.tensors, rate: 5, frequency: 7))
        #expect(table.values(ofModel: "other") == makeValues([], rate: 5, frequency: 7))
        var global = TraceChanges()
        global.rate = .set(2)
        try table.change(nil, global)
        #expect(table.values(ofModel: "m") == makeValues(.tensors, rate: 2, frequency: 7))
        #expect(sampled(&table, 4) == [2, 4])
        #expect(sampled(&table, 4, model: "other").isEmpty)
        changes.level = .clear
        try table.change("m", changes)
        #expect(table.modelCount == 0)
        global.rate = .clear
        try table.change(nil, global)
        #expect(table.values(ofModel: nil).rate == 5)
    }

    @Test("goes on with what is left of a count when another setting changes")
    func countGoesOn() throws {
        var table = makeTable(makeValues())
        var changes = TraceChanges()
        changes.count = .set(5)
        try table.change(nil, changes)
        #expect(sampled(&table, 2).count == 2)
        var other = TraceChanges()
        other.logFrequency = .set(1)
        try table.change(nil, other)
        #expect(table.values(ofModel: nil).count == 3)
    }

    @Test("is never set to what cannot be traced; what was set stays")
    func invalid() throws {
        var table = makeTable(makeValues())
        var changes = TraceChanges()
        changes.rate = .set(0)
        #expect(throws: TraceTable<Int>.Invalid.rate) { try table.change(nil, changes) }
        #expect(table.values(ofModel: nil) == makeValues())
        changes.level = .set([])
        try table.change(nil, changes)
        var fileless = makeTable(makeValues([]), hasFile: false)
        changes = TraceChanges()
        changes.level = .set(.timestamps)
        #expect(throws: TraceTable<Int>.Invalid.file) { try fileless.change("m", changes) }
        #expect(fileless.modelCount == 0)
    }
}

@Suite("Changes of trace settings") struct TraceChangesTests {
    @Test("are read from text")
    func reads() throws {
        var given: [String: [String]?] = [
            "trace_level": ["TIMESTAMPS", "TENSORS"], "trace_rate": ["4294967295"], "trace_count": ["-1"],
        ]
        given.updateValue(nil, forKey: "log_frequency")
        let changes = try TraceChanges(given)
        #expect(changes.level == .set([.timestamps, .tensors]))
        #expect(changes.rate == .set(.max))
        #expect(changes.count == .set(-1))
        #expect(changes.logFrequency == .clear)
        #expect(try TraceChanges(["trace_level": ["OFF"]]).level == .set([]))
        #expect(try TraceChanges(["trace_level": []]).level == nil)
    }

    @Test(
        "are refused with Triton's texts",
        arguments: [
            ("trace_rate", ["x"], "Unable to parse 'trace_rate', got: x"),
            ("trace_rate", [""], "Unable to parse 'trace_rate', got: "),
            ("trace_rate", ["1", "2"], "expect only 1 value for 'trace_rate'"),
            ("trace_rate", ["-1"], "Unable to parse 'trace_rate', value is out of range [ 0, 4294967295 ], got: -1"),
            (
                "trace_rate", ["4294967296"],
                "Unable to parse 'trace_rate', value is out of range [ 0, 4294967295 ], got: 4294967296"
            ),
            ("trace_count", ["-2"], "Unable to parse 'trace_count'. Expecting value >= -1, got:-2"),
            (
                "trace_count", ["2147483648"],
                "Unable to parse 'trace_count', value is out of range [ -1, 2147483647 ], got: 2147483648"
            ),
            ("log_frequency", ["1.5"], "Unable to parse 'log_frequency', got: 1.5"),
            ("trace_level", ["OFF", "TIMESTAMPS"], "Expect only one trace level 'OFF' is specified"),
            ("trace_level", ["MOST"], "invalid value for trace level option: MOST"),
            ("trace_file", ["/etc/passwd"], "trace file location can not be updated through network protocol"),
            ("trace_mode", ["opentelemetry"], "trace mode can not be updated through network protocol"),
            ("trace_x", ["1"], "unknown trace setting 'trace_x'"),
        ]
    )
    func refuses(_ name: String, _ values: [String], _ text: String) {
        let refused = #expect(throws: ServingError.self) { try TraceChanges([name: values]) }
        #expect(refused?.message == text)
    }
}

@Suite("Where traces go") struct TraceSpoolTests {
    @Test("is the file, as they come")
    func appends() {
        var spool = TraceSpool(byteLimit: 100)
        #expect(spool.traceEnded("a", series: 1, frequency: 0, total: 0, lost: 0) == .append("a"))
        #expect(spool.seriesEnded(1, frequency: 0) == nil)
    }

    @Test("is a file with a number, so many at a time")
    func frequency() {
        var spool = TraceSpool(byteLimit: 100)
        #expect(spool.traceEnded("a", series: 1, frequency: 2, total: 0, lost: 0) == nil)
        #expect(spool.traceEnded("x", series: 2, frequency: 2, total: 0, lost: 0) == nil)
        #expect(spool.traceEnded("b", series: 1, frequency: 2, total: 0, lost: 0) == .writeNumbered("a,b", traces: 2))
        #expect(spool.traceEnded("c", series: 1, frequency: 2, total: 0, lost: 0) == nil)
        #expect(spool.seriesEnded(1, frequency: 2) == .writeNumbered("c"))
        #expect(spool.seriesEnded(1, frequency: 2) == nil)
    }

    @Test("is a file with a number once the count is complete, the lost ones included")
    func total() {
        var spool = TraceSpool(byteLimit: 100)
        #expect(spool.traceEnded("a", series: 1, frequency: 0, total: 3, lost: 0) == nil)
        #expect(spool.traceEnded("b", series: 1, frequency: 0, total: 3, lost: 1) == .writeNumbered("a,b", traces: 2))
        #expect(spool.traceEnded("a", series: 2, frequency: 0, total: 2, lost: 0) == nil)
        #expect(spool.seriesEnded(2, frequency: 0) == .append("a"))
    }

    @Test("is never memory without bound", arguments: [(4, false), (5, true)])
    func bytes(length: Int, isWritten: Bool) {
        var spool = TraceSpool(byteLimit: 5)
        let text = String(repeating: "t", count: length)
        let action = spool.traceEnded(text, series: 1, frequency: 1000, total: 0, lost: 0)
        #expect(action == (isWritten ? .writeNumbered(text) : nil))
    }
}

@Suite("Room for trace files") struct TraceBudgetTests {
    @Test("counts the brackets and commas too", arguments: [(9, 2), (8, 1), (4, 1), (3, 0)])
    func bytes(limit: Int, fitting: Int) {
        var budget = TraceBudget(bytes: limit, files: 10)
        let allowed = ["ab", "abcd"].map { budget.allows(.append($0)) }
        #expect(allowed.filter { $0 }.count == fitting)
        #expect(budget.isSpent == (fitting < 2))
    }

    @Test(
        "is for so many files, of which the one without a number is one",
        arguments: [(3, 4), (2, 3), (1, 1), (0, 0)]
    )
    func files(limit: Int, fitting: Int) {
        var budget = TraceBudget(bytes: 1000, files: limit)
        let actions: [TraceSpool.Action] = [
            .append("a"), .writeNumbered("b"), .append("c"), .writeNumbered("d"),
        ]
        let allowed = actions.map { budget.allows($0) }
        #expect(allowed.prefix { $0 }.count == fitting)
    }

    @Test("once spent, stays so")
    func spent() {
        var budget = TraceBudget(bytes: 10, files: 2)
        let allowed = ["0123456789", "0"].map { budget.allows(.append($0)) }
        #expect(allowed == [false, false])
    }
}

@Suite("Recorded traces") struct TraceRecorderTests {
    private final class Folder {
        let url = FileManager.default.temporaryDirectory.appending(path: "buckler-trace-\(UUID().uuidString)")
        init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(at: url) }

        func objects(_ name: String) throws -> [[String: Any]] {
            let data = try Data(contentsOf: url.appending(path: name))
            return try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        }
        var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: url.path))?.sorted() ?? [] }
    }

    private let folder: Folder

    init() throws { folder = try Folder() }

    private func recorder(
        _ values: TraceValues,
        limits: TraceLimits = TraceLimits(),
        allowsChanges: Bool = true,
        logger: Logger = silent
    ) -> TraceRecorder {
        var configuration = TraceConfiguration()
        configuration.values = values
        configuration.file = folder.url.appending(path: "t.json").path
        let policy = TraceRecorder.Policy(allowsChanges: allowsChanges) { name throws(ServingError) in
            if name != "m" { throw ServingError(.notFound, "no \(name)") }
        }
        return TraceRecorder(configuration, policy: policy, limits: limits, logger: logger)
    }

    private func begin(_ recorder: TraceRecorder, id: String = "") -> (any RequestTrace)? {
        recorder.beginTrace(model: "m", version: 3, requestID: id)
    }

    @Test("are an array of objects as Triton writes them, whole after each trace")
    func text() throws {
        let recorder = recorder(makeValues([.timestamps, .tensors]))
        let first = try #require(begin(recorder, id: "a\"b\n"))
        first.record("REQUEST_START", at: MonotonicTime(nanoseconds: 17))
        let numbers: [Int32] = [1, -2]
        first.recordTensors(
            "TENSOR_QUEUE_INPUT",
            [
                OutputTensor(
                    name: "IN",
                    dataType: .int32,
                    shape: [1, 2],
                    bytes: numbers.withUnsafeBytes { TensorBytes(copying: $0) }
                )
            ]
        )
        first.end()
        first.record("REQUEST_END", at: MonotonicTime(nanoseconds: 18))
        first.end()
        recorder.drain()
        let objects = try folder.objects("t.json")
        #expect(objects.count == 3)
        #expect(objects[0]["model_name"] as? String == "m" && objects[0]["model_version"] as? Int == 3)
        #expect(objects[0]["request_id"] as? String == "a\"b\n")
        let stamps = objects[1]["timestamps"] as? [[String: Any]]
        #expect(stamps?.first?["name"] as? String == "REQUEST_START" && stamps?.first?["ns"] as? Int == 17)
        #expect(objects[2]["activity"] as? String == "TENSOR_QUEUE_INPUT")
        let tensor = objects[2]["tensor"] as? [String: String]
        #expect(tensor == ["name": "IN", "data": "1,-2", "shape": "1,2", "dtype": "INT32"])
        // One that nobody ends ends when it is forgotten.
        begin(recorder)?.record("REQUEST_START", at: MonotonicTime(nanoseconds: 20))
        recorder.drain()
        let more = try folder.objects("t.json")
        #expect(more.count == 5 && more[3]["request_id"] == nil && more[3]["id"] as? Int == 2)
    }

    @Test(
        "print elements of every type",
        arguments: [
            (DataType.bool, [1, 0] as [UInt8], "1,0"), (.uint8, [255, 7], "255,7"), (.int8, [255], "-1"),
            (.uint16, [1, 1], "257"), (.int64, [1, 0, 0, 0, 0, 0, 0, 0], "1"), (.fp32, [0, 0, 128, 63], "1.0"),
            (.fp16, [0, 60], ""), (.bytes, [2, 0, 0, 0, 97, 98, 1, 0, 0, 0, 99], "\"ab\",\"c\""),
            (.bytes, [9, 0, 0], ""),
        ]
    )
    func elements(type: DataType, bytes: [UInt8], text: String) {
        #expect(OutputTensor(name: "x", dataType: type, shape: [1], bytes: TensorBytes(bytes)).elementsText == text)
    }

    @Test("keep to their level")
    func level() throws {
        let recorder = recorder(makeValues(.tensors))
        let trace = try #require(begin(recorder))
        trace.record("REQUEST_START", at: .now())
        trace.end()
        recorder.drain()
        #expect(try folder.objects("t.json").count == 1)
    }

    @Test("go to files with numbers, the rest when the server stops")
    func numbered() throws {
        let recorder = recorder(makeValues(frequency: 2))
        for _ in 0..<5 { begin(recorder)?.end() }
        recorder.drain()
        #expect(folder.names == ["t.json.0", "t.json.1"])
        recorder.stop()
        #expect(folder.names == ["t.json.0", "t.json.1", "t.json.2"])
        #expect(try folder.objects("t.json.0").count == 2 && folder.objects("t.json.2").count == 1)
        #expect(begin(recorder) == nil)
    }

    @Test("go to a file with a number when the count is reached")
    func counted() throws {
        let recorder = recorder(makeValues(count: 2))
        for _ in 0..<4 { begin(recorder)?.end() }
        recorder.drain()
        #expect(folder.names == ["t.json.0"])
        #expect(!recorder.isTracing)
        #expect(try recorder.traceSettings(ofModel: nil)["trace_count"] == ["0"])
    }

    @Test("are dropped and counted while too many wait", arguments: [(8, 0), (9, 1)] as [(Int, UInt64)])
    func bound(bytes: Int, dropped: UInt64) throws {
        var limits = TraceLimits()
        limits.pendingBytes = 8
        let recorder = recorder(makeValues(.tensors), limits: limits)
        let trace = try #require(begin(recorder))
        let tensor = OutputTensor(
            name: "x",
            dataType: .uint8,
            shape: [1],
            bytes: TensorBytes([UInt8](repeating: 0, count: bytes))
        )
        trace.recordTensors("TENSOR_QUEUE_INPUT", [tensor])
        trace.end()
        recorder.drain()
        #expect(recorder.droppedCount == dropped)
    }

    private static let emptyTrace = "{\"id\":1,\"model_name\":\"m\",\"model_version\":3}"

    @Test(
        "fill files up to a limit, and are dropped and counted beyond it",
        arguments: [(0, 3, 1), (-1, 2, 2)] as [(Int, Int, UInt64)]
    )
    func fileBytes(excess: Int, written: Int, dropped: UInt64) throws {
        var limits = TraceLimits()
        // Three of them, two commas and the brackets.
        limits.fileBytes = 3 * Self.emptyTrace.utf8.count + 4 + excess
        let lines = WarningCount()
        let recorder = recorder(makeValues(), limits: limits, logger: Logger(label: "t") { _ in lines.handler })
        for _ in 0..<3 { begin(recorder)?.end() }
        recorder.drain()
        #expect(try folder.objects("t.json").count == written)
        #expect(recorder.droppedCount == UInt64(3 - written))
        begin(recorder)?.end()
        recorder.drain()
        #expect(recorder.droppedCount == dropped)
        #expect(lines.warnings.withLock { $0 } == 1)
        let size = try Data(contentsOf: folder.url.appending(path: "t.json")).count
        #expect(size == written * Self.emptyTrace.utf8.count + written + 1 && size <= limits.fileBytes)
    }

    @Test("fill so many files and no more", arguments: [(2, 2, 0), (1, 1, 2)] as [(Int, Int, UInt64)])
    func fileNumber(limit: Int, written: Int, dropped: UInt64) throws {
        var limits = TraceLimits()
        limits.files = limit
        let recorder = recorder(makeValues(frequency: 2), limits: limits)
        for _ in 0..<4 { begin(recorder)?.end() }
        recorder.drain()
        #expect(folder.names.count == written)
        #expect(recorder.droppedCount == dropped)
    }

    @Test("have a bounded number of entries")
    func entries() throws {
        var limits = TraceLimits()
        limits.entries = 3
        let recorder = recorder(makeValues(), limits: limits)
        let trace = try #require(begin(recorder))
        for _ in 0..<10 { trace.record("INFER_RESPONSE_COMPLETE", at: .now()) }
        trace.end()
        recorder.drain()
        #expect(try folder.objects("t.json").count == 4)
    }

    @Test("never replace what a link points to")
    func link() throws {
        let target = folder.url.appending(path: "precious")
        try "keep".write(to: target, atomically: true, encoding: .utf8)
        try FileManager.default.createSymbolicLink(at: folder.url.appending(path: "t.json"), withDestinationURL: target)
        let recorder = recorder(makeValues())
        begin(recorder)?.end()
        recorder.drain()
        #expect(try String(contentsOf: target, encoding: .utf8) == "keep")
    }

    @Test("have settings that say all and show no path")
    func settings() throws {
        let recorder = recorder(makeValues([.timestamps, .tensors], rate: 9, count: 4, frequency: 2))
        #expect(
            try recorder.traceSettings(ofModel: "m") == [
                "trace_level": ["TIMESTAMPS", "TENSORS"], "trace_rate": ["9"], "trace_count": ["4"],
                "log_frequency": ["2"], "trace_file": ["t.json"], "trace_mode": ["triton"],
            ]
        )
        let changed = try recorder.changeTraceSettings(ofModel: "m", ["trace_level": ["OFF"]])
        #expect(changed["trace_level"] == ["OFF"])
        #expect(try recorder.traceSettings(ofModel: nil)["trace_level"] == ["TIMESTAMPS", "TENSORS"])
        #expect(begin(recorder) == nil && recorder.isTracing)
        #expect(throws: ServingError(.notFound, "no x")) {
            try recorder.changeTraceSettings(ofModel: "x", ["trace_level": ["OFF"]])
        }
        #expect(throws: ServingError(.notFound, "no x")) { try recorder.traceSettings(ofModel: "x") }
    }

    @Test("have settings for a bounded number of models")
    func models() throws {
        var limits = TraceLimits()
        limits.models = 0
        let recorder = recorder(makeValues(), limits: limits)
        let refused = #expect(throws: ServingError.self) {
            try recorder.changeTraceSettings(ofModel: "m", ["trace_rate": ["1"]])
        }
        #expect(refused?.code == .resourceExhausted)
    }

    @Test("have settings that may be read only")
    func readOnly() throws {
        let recorder = recorder(makeValues(), allowsChanges: false)
        let refused = #expect(throws: ServingError.self) {
            try recorder.changeTraceSettings(ofModel: nil, ["trace_rate": ["1"]])
        }
        #expect(refused?.code == .permissionDenied)
        #expect(try recorder.changeTraceSettings(ofModel: nil, [:])["trace_rate"] == ["1"])
    }
}
