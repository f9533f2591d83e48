// SPDX-License-Identifier: Apache-2.0
import Audit
import Engines
import Glibc
import Inference

/// Reads Python sources with the interpreter of this machine, in the sandbox of Python models.
enum SandboxedPython {
    /// Looks for interpreter and launcher only once there is something to read.
    static let reader: any PythonSourceReader = PythonFactsReader { input in
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
