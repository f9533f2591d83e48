// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Which models a credential reaches: `resnet50`, `fraud-*`, `*`, and one version of them, `fraud-*@3`.
/// `*` stands for any characters, `?` for one; all others for themselves.
package struct ModelPattern: Sendable, Hashable, CustomStringConvertible {
    /// Bytes that a pattern may have, its version not counted. Model names are no longer.
    package static let lengthLimit = 256

    package static let all = ModelPattern(name: Glob("*"), version: nil)

    private let name: Glob
    /// `nil`: every version.
    package let version: Int64?

    private init(name: Glob, version: Int64?) {
        self.name = name
        self.version = version
    }

    /// - Throws: `.invalidArgument` for an empty or over-long pattern, control characters, `/`, or a version that is
    ///   not a positive number.
    package init(_ text: String) throws(ServingError) {
        let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        func refused(_ why: String) -> ServingError {
            ServingError(.invalidArgument, "'\(text.prefix(64))' is not a pattern of models: \(why)")
        }
        guard parts.count <= 2, let name = parts.first, !name.isEmpty else {
            throw refused("write NAME or NAME@VERSION, with * and ? as wildcards")
        }
        guard SecretText.concealed(text) == text else {
            throw ServingError(
                .invalidArgument,
                "a pattern of models is an API key: it would be kept, and shown to others"
            )
        }
        guard name.count <= Self.lengthLimit else { throw refused("it is longer than \(Self.lengthLimit) bytes") }
        guard name.allSatisfy({ $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "/") }) else {
            throw refused("spaces, control characters and / occur in no model's name")
        }
        self.name = Glob(Substring(name))
        guard parts.count == 2 else {
            version = nil
            return
        }
        guard let number = Int64(String(Substring(parts[1]))), number > 0 else {
            throw refused("a version is a positive number")
        }
        version = number
    }

    package var description: String {
        version.map { "\(name)@\($0)" } ?? name.description
    }

    /// - Parameter version: `nil` where the caller named none, and the server chooses: a pattern with a version then
    ///   has to wait until the server has chosen, and does not match.
    package func matches(model: String, version: Int64?) -> Bool {
        if let own = self.version, own != version { return false }
        return matches(name: model)
    }

    /// Whether it reaches some version of the model.
    package func matches(name model: String) -> Bool { name.matches(model) }
}
