// SPDX-License-Identifier: Apache-2.0
internal import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The program that runs Python models, and what it has to read to run.
struct PythonInterpreter: Sendable, Equatable {
    static let oldestMinor = 9

    /// Absolute.
    var path: String
    /// Absolute, none beneath another.
    var readable: [String]

    /// Where libraries lie that belong to no interpreter; Debian chooses among some by links in the last.
    private static let system = ["/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives"]

    /// - Parameter setting: of `--backend-config=python,interpreter=…`; `nil` for `python3` on the path.
    static func find(setting: String?, searchPath: String?) throws(ServingError) -> PythonInterpreter {
        guard let setting else {
            for directory in (searchPath ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":") {
                let path = "\(directory)/python3"
                if directory.hasPrefix("/"), access(path, X_OK) == 0 { return try PythonInterpreter(probing: path) }
            }
            throw ServingError(
                .unavailable,
                "there is no python3 on the path of this server: set --backend-config=python,interpreter=/path"
            )
        }
        guard setting.hasPrefix("/") else {
            throw ServingError(
                .invalidArgument,
                "--backend-config=python,interpreter must be an absolute path",
                cause: "'\(setting)'"
            )
        }
        guard access(setting, X_OK) == 0 else {
            throw ServingError(
                .unavailable,
                "the program of --backend-config=python,interpreter is not there or cannot be executed",
                cause: setting
            )
        }
        return try PythonInterpreter(probing: setting)
    }

    /// Asks it itself, outside of any sandbox: the operator chose it.
    private init(probing path: String) throws(ServingError) {
        let outcome = try ChildProcess.run(path, ["-I", "-c", Self.question])
        guard let outcome, outcome.status == 0, let answer = Self.answer(outcome.output) else {
            throw ServingError(
                .unavailable,
                "the Python interpreter does not run: it is not Python, or it is broken",
                cause: "\(path): \(outcome?.output.suffix(500) ?? "")"
            )
        }
        guard answer.major == 3, answer.minor >= Self.oldestMinor else {
            throw ServingError(
                .unavailable,
                "Python 3.\(Self.oldestMinor) or later is needed for Python models, the interpreter is "
                    + "\(answer.major).\(answer.minor)",
                cause: path
            )
        }
        // What was found may be a program that only finds the interpreter, and lies where no worker can reach it.
        self.path = answer.executable.hasPrefix("/") ? answer.executable : path
        readable = Self.readable(answer.paths)
    }

    /// The environment's interpreter, which may be a link to this one or to the system's, and may need their libraries.
    ///
    /// It is not asked anything: its model's author chose it, so it runs in a sandbox or not at all. What it says of
    /// itself, in `pyvenv.cfg`, makes nothing readable either.
    func replaced(
        by environment: PythonEnvironment,
        of modelName: String
    ) throws(ServingError) -> PythonInterpreter {
        var replaced = self
        replaced.path = environment.interpreter
        replaced.readable = Self.readable(readable + [environment.directory])
        guard let program = ReadablePaths.resolved(environment.interpreter),
            replaced.readable.contains(where: { program.hasPrefix($0 + "/") })
        else {
            throw ServingError(
                .unavailable,
                "\(PythonEnvironment.parameter) of model '\(modelName)' has an interpreter that lies outside of it: that "
                    + "has to be the system's, or that of --backend-config=python,interpreter",
                cause: environment.interpreter
            )
        }
        return replaced
    }

    private static let question = """
        import os, sys
        print("buckler", sys.version_info[0], sys.version_info[1], sys.executable)
        for path in [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *sys.path]:
            print(path)
            print(os.path.realpath(path))
        """

    static func answer(_ output: String) -> (major: Int, minor: Int, executable: String, paths: [String])? {
        let lines = output.split(separator: "\n").map(String.init)
        guard let first = lines.firstIndex(where: { $0.hasPrefix("buckler ") }) else { return nil }
        let words = lines[first].split(separator: " ", maxSplits: 3)
        guard words.count >= 3, let major = Int(words[1]), let minor = Int(words[2]) else { return nil }
        return (major, minor, words.count > 3 ? String(words[3]) : "", Array(lines[(first + 1)...]))
    }

    /// What is there of `paths` and of the system's libraries, without what lies within another.
    static func readable(_ paths: [String]) -> [String] {
        ReadablePaths.outermost(Set(system + paths))
    }
}

/// Where the part of Buckler lies that runs inside Python workers.
enum PythonRuntime {
    static let program = "buckler_worker.py"

    /// `BUCKLER_PYTHON`; or `../share/buckler/python` from this program; or, for one that was built here, the checkout's.
    static func find(setting: String?) throws(ServingError) -> String {
        if let setting {
            guard setting.hasPrefix("/"), access("\(setting)/\(program)", R_OK) == 0 else {
                throw ServingError(
                    .unavailable,
                    "BUCKLER_PYTHON must be the absolute path of a directory with \(program)",
                    cause: setting
                )
            }
            return setting
        }
        let own = OwnProgram.directory ?? ""
        for candidate in candidates(from: own) where access("\(candidate)/\(program)", R_OK) == 0 { return candidate }
        throw ServingError(
            .unavailable,
            "the runtime of Python models is not installed: it belongs in ../share/buckler/python from this program, "
                + "or where BUCKLER_PYTHON says",
            cause: own
        )
    }

    static func candidates(from directory: String) -> [String] {
        var found: [String] = []
        if let slash = directory.lastIndex(of: "/") { found.append(directory[..<slash] + "/share/buckler/python") }
        if let build = directory.range(of: "/.build/") {
            found.append(directory[..<build.lowerBound] + "/Python/buckler")
        }
        return found
    }
}

extension String {
    /// Without Foundation.
    fileprivate func range(of text: String) -> Range<Index>? {
        let (all, wanted) = (Array(utf8), Array(text.utf8))
        guard all.count >= wanted.count else { return nil }
        for start in 0...(all.count - wanted.count) where Array(all[start..<start + wanted.count]) == wanted {
            let lower = utf8.index(utf8.startIndex, offsetBy: start)
            return lower..<utf8.index(lower, offsetBy: wanted.count)
        }
        return nil
    }
}
