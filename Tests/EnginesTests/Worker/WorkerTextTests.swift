// SPDX-License-Identifier: Apache-2.0
import Inference
import Testing

@testable import Engines

@Suite struct OutputLinesTests {
    private let start = MonotonicTime(nanoseconds: 1_000_000_000)

    @Test func linesComeWhole() {
        var lines = OutputLines()
        #expect(lines.printed("one\ntw".utf8, at: start) == ["one"])
        #expect(lines.printed("o\n\nthr".utf8, at: start) == ["two", ""])
        #expect(lines.ended() == ["thr"])
        #expect(lines.last == ["one", "two", "", "thr"])
    }

    @Test(arguments: [(4096, false), (4097, true)])
    func longLinesAreCut(count: Int, isCut: Bool) {
        var lines = OutputLines()
        let printed = lines.printed((String(repeating: "x", count: count) + "\n").utf8, at: start)
        #expect(printed == [String(repeating: "x", count: 4096) + (isCut ? "…" : "")])
    }

    @Test func aTerminalIsNotSteered() {
        var lines = OutputLines()
        #expect(lines.printed("a\u{1B}[2Jb\rc\td\u{9B}e\n".utf8, at: start) == ["a [2Jb c\td e"])
        #expect(lines.printed([0xFF, 0x0A], at: start) == ["\u{FFFD}"])
    }

    @Test func aFloodIsThinnedOutAndSaidSo() {
        var lines = OutputLines()
        #expect(lines.printed(String(repeating: "x\n", count: 200).utf8, at: start).count == 200)
        #expect(lines.printed("y\ny\ny\n".utf8, at: start) == [])
        #expect(lines.dropped == 3)
        let later = start.advanced(byNanoseconds: 40_000_000)
        #expect(
            lines.printed("z\nz\nz\n".utf8, at: later) == ["(3 lines were left out: it prints too many)", "z", "z"]
        )
        #expect(lines.ended() == ["(1 lines were left out: it prints too many)"])
    }
}

@Suite struct JSONObjectTests {
    @Test func parametersComeBack() throws {
        let parameters = [
            Parameter(name: "text", value: .string("a\"\\\n\u{1}é😀")), Parameter(name: "yes", value: .bool(true)),
            Parameter(name: "least", value: .int64(.min)), Parameter(name: "most", value: .uint64(.max)),
            Parameter(name: "part", value: .double(0.1)), Parameter(name: "large", value: .double(1e300)),
        ]
        let text = String(decoding: JSONObjectWriter.parameters(parameters), as: UTF8.self)
        #expect(try JSONObjectReader.parameters(text) == parameters)
        #expect(JSONObjectWriter.parameters([]).isEmpty)
        #expect(try JSONObjectReader.parameters("") == [])
        #expect(try JSONObjectReader.parameters(" { } ") == [])
    }

    @Test func escapes() throws {
        let text = #"{"\u00e9\ud83d\ude00" : "\/\b\f\n\r\t\"\\"}"#
        #expect(
            try JSONObjectReader.parameters(text)
                == [Parameter(name: "é😀", value: .string("/\u{8}\u{c}\n\r\t\"\\"))]
        )
    }

    @Test(arguments: [
        "x", "{", "{}x", "[]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "{a:1}", "{\"a\":nan}",
        "{\"a\":+1}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\ud800\\u0041\"}", "{\"a\":\"\\udc00\"}", "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u+123\"}", "{\"a\":\"\n\"}", "{\"a\":\"", "{\"a\":[1}", "{\"a\":null}", "{\"a\":[1]}", "{\"a\":{}}",
        "{\"a\":1e999}", "\"a\"",
    ])
    func whatIsNoObjectOfPlainValuesIsRefused(text: String) {
        #expect(throws: WorkerFault.self) { try JSONObjectReader.parameters(text) }
    }

    @Test(arguments: [(256, true), (257, false)])
    func membersAreBounded(count: Int, isRead: Bool) {
        let text = "{" + (0..<count).map { "\"a\($0)\":1" }.joined(separator: ",") + "}"
        #expect(((try? JSONObjectReader.parameters(text)) != nil) == isRead)
    }

    @Test(arguments: [(63, true), (64, false)])
    func depthIsBounded(depth: Int, isRead: Bool) {
        let nested = "{\"b\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        let found = try? JSONObjectReader.nestedObject(named: "config", in: "{\"config\": \(nested)}")
        #expect(found == (isRead ? nested : nil))
    }

    @Test func anObjectIsFoundByItsName() throws {
        let text = #"{"x":[1,{"config":2}],"config":{"name":"}\"{","n":[{}]},"y":true}"#
        #expect(try JSONObjectReader.nestedObject(named: "config", in: text) == #"{"name":"}\"{","n":[{}]}"#)
        #expect(try JSONObjectReader.nestedObject(named: "none", in: text) == nil)
        #expect(try JSONObjectReader.nestedObject(named: "y", in: text) == nil)
    }
}

@Suite struct LeaseEstimateTests {
    private func estimate(_ outputs: (DataType, Shape)...) -> LeaseEstimate {
        LeaseEstimate(outputs: outputs.map { TensorSpec(name: "O", dataType: $0.0, shape: $0.1) })
    }

    @Test func fixedShapesAreKnownBeforehand() {
        #expect(estimate((.fp32, [784])).bytes(forItems: 2, lastTaken: 0) == 2 * 3136)
        #expect(estimate((.fp32, [1]), (.int8, [65])).bytes(forItems: 1, lastTaken: 0) == 64 + 128)
    }

    @Test func othersAreAsTheOneBefore() {
        #expect(estimate((.fp32, [-1])).bytes(forItems: 8, lastTaken: 640) == 640)
        #expect(estimate((.bytes, [1])).bytes(forItems: 8, lastTaken: 0) == 0)
        #expect(estimate((.fp64, [1 << 40])).bytes(forItems: 8, lastTaken: 64) == 64)
        #expect(estimate((.int8, [1 << 20])).bytes(forItems: 1 << 40, lastTaken: .max) == 64 << 20)
    }
}

@Suite struct WorkerUsersTests {
    @Test func eachHasItsOwn() {
        let users = WorkerUsers(range: 10..<13, startingAt: 5)
        let taken = (0..<4).map { _ in users.take() }
        #expect(taken == [12, 10, 11, nil])
        users.giveBack(10)
        #expect(users.take() == 10)
    }
}

@Suite struct PythonPlaceTests {
    @Test func whatLiesWithinAnotherIsLeftOut() {
        let readable = PythonInterpreter.readable(["/usr/lib", "/proc/self", "/nowhere", "relative", "/", "/proc"])
        #expect(readable.contains("/usr") && !readable.contains("/usr/lib"))
        #expect(readable.contains("/proc") && !readable.contains("/proc/self"))
        #expect(!readable.contains("/nowhere") && !readable.contains("/") && !readable.contains("relative"))
    }

    @Test func theInterpretersAnswerIsFoundAmongWhatItPrints() {
        let answer = PythonInterpreter.answer("a warning\nbuckler 3 11 /a b/python3\n/usr\n/usr/lib\n")
        #expect(answer?.major == 3 && answer?.minor == 11 && answer?.paths == ["/usr", "/usr/lib"])
        #expect(answer?.executable == "/a b/python3")
        #expect(PythonInterpreter.answer("buckler 3 11 \n/usr\n")?.executable == "")
        #expect(PythonInterpreter.answer("Python 3.11") == nil)
    }

    @Test func theRuntimeIsLookedForBesideTheProgram() {
        #expect(
            PythonRuntime.candidates(from: "/src/x/.build/debug")
                == ["/src/x/.build/share/buckler/python", "/src/x/Python/buckler"]
        )
        #expect(PythonRuntime.candidates(from: "/opt/bin") == ["/opt/share/buckler/python"])
        #expect(PythonRuntime.candidates(from: "") == [])
    }
}
