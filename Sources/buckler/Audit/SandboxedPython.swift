// SPDX-License-Identifier: Apache-2.0
import Audit
import Engines
import Glibc
import Inference
import Synchronization

/// Reads Python sources with the interpreter of this machine, in the sandbox of Python models.
enum SandboxedPython {
    /// Of an audit that somebody has asked for.
    static let reader: any PythonSourceReader = PythonFactsReader(run: run)

    /// Of loads, which others wait behind: one after the other, whatever the number of models that are loaded at once.
    /// Each may take a gigabyte.
    static let loads: any PythonSourceReader = OneAtATime(
        reader: PythonFactsReader(time: .seconds(60), run: run)
    )

    /// Looks for interpreter and launcher only once there is something to read.
    @Sendable private static func run(_ input: [UInt8]) throws -> [UInt8] {
        do throws(ServingError) {
            return try SandboxedSourceReader(searchPath: variable("PATH"), runtime: variable("BUCKLER_PYTHON")).run(
                input
            )
        } catch {
            let cause = error.cause.map { " (\($0))" } ?? ""
            throw Unreadable(Place("Python sources"), "they cannot be read: \(error.message)\(cause)")
        }
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

/// A reader that is used by one caller at a time; the others wait, and their own time does not run.
private struct OneAtATime: PythonSourceReader {
    private static let turn = Mutex(())

    let reader: PythonFactsReader

    func read(
        _ sources: [(path: String, text: String)]
    ) throws(Unreadable) -> [Result<PythonModule, Unreadable>] {
        try Self.turn.withLock { (_) throws(Unreadable) in try reader.read(sources) }
    }
}
