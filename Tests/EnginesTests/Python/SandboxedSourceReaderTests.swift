// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import Testing

@testable import Engines

private enum Sandbox {
    static let isThere: Bool = {
        (try? SandboxLauncher.beside()) != nil
            && (try? PythonInterpreter.find(setting: nil, searchPath: searchPath)) != nil
    }()

    static let searchPath = ProcessInfo.processInfo.environment["PATH"]
}

@Suite(
    "The reader of Python sources in its sandbox",
    .enabled(if: Sandbox.isThere, "there is no buckler-launcher beside the tests, or no python3")
)
struct SandboxedSourceReaderTests {
    private func reader(_ limits: SandboxedSourceReader.Limits = .init()) throws -> SandboxedSourceReader {
        let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let runtime = checkout.appending(path: "Python/buckler").path(percentEncoded: false)
        return try SandboxedSourceReader(searchPath: Sandbox.searchPath, runtime: runtime, limits: limits)
    }

    private func framed(_ sources: [String]) -> [UInt8] {
        sources.flatMap { source -> [UInt8] in
            let count = UInt32(source.utf8.count)
            return withUnsafeBytes(of: count.bigEndian, Array.init) + Array(source.utf8)
        }
    }

    @Test("Each source is answered by a line, in order")
    func lines() throws {
        let many = (0..<300).map { "import os\nos.system('echo \($0)')\n" } + ["def broken("]
        let output = try reader().run(framed(many))
        let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
        try #require(lines.count == 301)
        for index in 0..<300 { #expect(lines[index].contains("echo \(index)\"")) }
        #expect(lines[300].contains("\"error\""))
    }

    @Test("What takes too long is ended, and what came before is kept")
    func timeLimit() throws {
        var limits = SandboxedSourceReader.Limits()
        limits.seconds = 2
        let slow = String(repeating: "x = [y for y in range(3) if y in (1, 2, 3)]\n", count: 20_000)
        let start = ContinuousClock.now
        let output = try reader(limits).run(framed(["import os\n"]) + framed(Array(repeating: slow, count: 20)))
        #expect(ContinuousClock.now - start < .seconds(10))
        let lines = output.split(separator: UInt8(ascii: "\n"))
        #expect((1..<21).contains(lines.count))
    }

    @Test("Output has a bound")
    func outputLimit() throws {
        var limits = SandboxedSourceReader.Limits()
        limits.outputBytes = 1000
        let output = try reader(limits).run(framed((0..<100).map { "f(\($0))\n" }))
        #expect(output.count == 1000)
    }
}
