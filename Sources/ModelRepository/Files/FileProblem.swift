// SPDX-License-Identifier: Apache-2.0
import Inference

/// Why a file or directory of a model could not be had.
package enum FileProblem: Error, Equatable {
    case missing
    /// A link on the way leads to something that is not there.
    case danglingLink
    /// The path, or a link on the way, leads out of the directory it must stay in.
    case leadsOutside
    /// A link that names itself, too many links, or one that the kernel resolves by other means than its text.
    case unfollowableLink
    case notRegular
    case notDirectory
    case tooLarge(size: Int64, limit: Int)
    case tooManyEntries(limit: Int)
    case changedWhileRead
    case badPath
    case kernelTooOld
    case system(errno: Int32)

    /// What to say after the name of the file.
    package var inWords: String {
        switch self {
        case .missing: "does not exist"
        case .danglingLink: "is a link to something that does not exist"
        case .leadsOutside: "must stay within the model repository"
        case .unfollowableLink: "is a link that can not be followed"
        case .notRegular: "is not a regular file"
        case .notDirectory: "is not a directory"
        case .tooLarge(let size, let limit): "has \(size) bytes, which exceeds the limit of \(limit) bytes"
        case .tooManyEntries(let limit): "is a directory of more than \(limit) entries"
        case .changedWhileRead: "changed while it was being read"
        case .badPath: "has a path that is too long or not allowed"
        case .kernelTooOld: "can not be read safely: this kernel lacks openat2, which Linux has since version 5.6"
        case .system: "can not be read"
        }
    }

    private var code: ServingError.Code {
        switch self {
        case .missing: .notFound
        case .changedWhileRead: .unavailable
        case .kernelTooOld: .unsupported
        case .system: .internalError
        default: .invalidArgument
        }
    }

    /// - Parameter path: relative to the model's directory, which is all that a client may learn of it; empty for that.
    func servingError(path: String, model: String) -> ServingError {
        var cause: String?
        if case .system(let errno) = self { cause = "errno \(errno)" }
        let thing = path.isEmpty ? "the directory of model '\(model)'" : "file '\(path)' of model '\(model)'"
        return ServingError(code, "\(thing) \(inWords)", cause: cause)
    }
}
