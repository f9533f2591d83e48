// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation
import Synchronization

/// Runs the checkout's reader of Python sources without a sandbox: what the tests give it is the tests' own. One
/// process for all tests, as long as none ends it.
enum PythonProgram {
    static let reader = PythonFactsReader { input in try run(input) }

    private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Python/buckler/buckler_read_sources.py")

    private struct Running {
        let process: Process
        let input: FileHandle
        let output: FileHandle
    }

    private static let running = Mutex<Running?>(nil)

    static func run(_ input: [UInt8]) throws -> [UInt8] {
        try running.withLock { running in
            let current = try running ?? start()
            running = current
            // It answers while it still reads.
            let written = Data(input)
            let writer = Thread { try? current.input.write(contentsOf: written) }
            writer.start()
            var (output, lines) = ([UInt8](), sources(in: input))
            while lines > 0 {
                let part = current.output.availableData
                guard !part.isEmpty else {
                    running = nil
                    break
                }
                lines -= part.count { $0 == 0x0A }
                output += part
            }
            return output
        }
    }

    private static func start() throws -> Running {
        // A program that ends early is what some tests are about.
        signal(SIGPIPE, SIG_IGN)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-I", "-B", script.path(percentEncoded: false)]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        return Running(process: process, input: input.fileHandleForWriting, output: output.fileHandleForReading)
    }

    private static func sources(in input: [UInt8]) -> Int {
        var (count, position) = (0, 0)
        while position + 4 <= input.count {
            position += 4 + input[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            count += 1
        }
        return count
    }

    /// - Returns: what is known of one source.
    static func module(_ source: String) throws -> PythonModule {
        guard let result = try reader.read([("m.py", source)]).first else {
            throw Unreadable(Place("m.py"), "no answer")
        }
        return try result.get()
    }
}
