// SPDX-License-Identifier: Apache-2.0
package import Inference

package enum ModelName {
    /// A directory's name can not be longer on any file system that Linux has.
    package static let byteLimit = 255

    /// Whether `name` may be put into a path and into a log line, with Triton's texts where Triton checks it.
    package static func validate(_ name: String) throws(ServingError) {
        let trimmed = name.trimmingBlanks
        guard !trimmed.isEmpty else {
            throw ServingError(
                .invalidArgument,
                "Model name cannot be empty. Please enter a valid name to deploy."
            )
        }
        guard name.utf8.count <= byteLimit else {
            throw ServingError(.invalidArgument, "invalid model name, it has more than \(byteLimit) bytes")
        }
        guard trimmed != "..", trimmed != ".", !trimmed.utf8.contains(UInt8(ascii: "/")) else {
            throw ServingError(
                .invalidArgument,
                "invalid model name '\(name)', model name must not contain path traversal characters"
            )
        }
        guard !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
            throw ServingError(.invalidArgument, "invalid model name, model name must not contain control characters")
        }
    }
}

extension String {
    fileprivate var trimmingBlanks: Substring {
        let isBlank: (Character) -> Bool = { $0.isWhitespace || $0.isNewline }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return ""
        }
        return self[first...last]
    }
}
