// SPDX-License-Identifier: Apache-2.0
internal import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The environment that a model's `EXECUTION_ENV_PATH` names: a directory as `venv` makes it, or an archive as `conda-pack` or
/// `venv-pack` do.
///
/// Whoever wrote the model chose it, not the operator. So it has to lie in the model's directory, or where the operator
/// keeps environments, or be unpacked from an archive that does, and nothing in it is run but by a worker, in its sandbox.
struct PythonEnvironment: Sendable, Equatable {
    static let parameter = "EXECUTION_ENV_PATH"
    /// Stands for the directory of the model, as in Triton.
    private static let modelDirectory = "$$TRITON_MODEL_DIRECTORY"

    /// Absolute, without links.
    let directory: String
    /// Absolute; may be a link to the system's.
    let interpreter: String

    /// - Parameters:
    ///   - setting: the parameter's value.
    ///   - model: the model's directory, absolute.
    ///   - root: that of `--python-env-root`, absolute.
    static func find(
        _ setting: String,
        of modelName: String,
        inDirectory model: String,
        orBeneath root: String?
    ) throws(ServingError) -> PythonEnvironment {
        func failure(_ code: ServingError.Code, _ text: String, _ cause: String) -> ServingError {
            ServingError(code, "\(parameter) of model '\(modelName)' \(text)", cause: cause)
        }
        let named = setting.hasPrefix(modelDirectory) ? model + setting.dropFirst(modelDirectory.count) : setting
        guard named.hasPrefix("/"), named.utf8.count < Int(PATH_MAX), !named.utf8.contains(0) else {
            throw failure(.invalidArgument, "is no absolute path: begin it with \(modelDirectory)/ or /", setting)
        }
        let places = [model, root].compactMap { $0.flatMap(ReadablePaths.resolved) }
        // What lies elsewhere, and whether there is anything, is not for whoever loads the model to find out.
        guard let found = ReadablePaths.resolved(named), places.contains(where: { found.hasPrefix($0 + "/") })
        else {
            throw failure(
                .invalidArgument,
                "names nothing that lies in the model's directory or beneath --python-env-root",
                named
            )
        }
        var directory = found
        if !isDirectory(found) {
            let store: EnvironmentStore
            do throws(ServingError) { store = try EnvironmentStore() } catch {
                throw failure(
                    .unavailable,
                    "names an archive, and there is nowhere to unpack it",
                    Self.words(of: error)
                )
            }
            switch try store.directory(of: found) {
            case .success(let unpacked): directory = ReadablePaths.resolved(unpacked) ?? unpacked
            case .failure(let fault): throw failure(.invalidArgument, "names an archive that \(fault.text)", found)
            }
        }
        for program in ["python3", "python"] where access("\(directory)/bin/\(program)", X_OK) == 0 {
            return PythonEnvironment(directory: directory, interpreter: "\(directory)/bin/\(program)")
        }
        throw failure(.notFound, "names a directory without bin/python3", directory)
    }

    /// For the log: who loads a model is not told of the server's directories.
    private static func words(of error: ServingError) -> String {
        [error.message, error.cause].compactMap(\.self).joined(separator: "; ")
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
