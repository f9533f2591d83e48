// SPDX-License-Identifier: Apache-2.0
import Audit
import Foundation

/// Runs the checkout's reader of Python sources without a sandbox: what the tests give it is the tests' own.
enum PythonProgram {
    static let reader = PythonFactsReader { input in try run(input) }

    static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Python/buckler/buckler_read_sources.py")

    static func run(_ input: [UInt8]) throws -> [UInt8] {
        // A program that ends early is what some tests are about.
        signal(SIGPIPE, SIG_IGN)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-I", "-B", script.path(percentEncoded: false)]
        let (input, pipes) = (Data(input), (Pipe(), Pipe()))
        process.standardInput = pipes.0
        process.standardOutput = pipes.1
        try process.run()
        // It answers while it still reads.
        let writer = Thread {
            try? pipes.0.fileHandleForWriting.write(contentsOf: input)
            try? pipes.0.fileHandleForWriting.close()
        }
        writer.start()
        let output = pipes.1.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Array(output)
    }

    /// - Returns: what is known of one source.
    static func module(_ source: String) throws -> PythonModule {
        guard let result = try reader.read([("m.py", source)]).first else {
            throw Unreadable(Place("m.py"), "no answer")
        }
        return try result.get()
    }
}
