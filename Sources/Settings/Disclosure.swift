// SPDX-License-Identifier: Apache-2.0
private import Inference

/// How much of a flag's value may stand on a screen, in a log or in an error: the rest is a secret, or may be one.
package enum Disclosure: Sendable, Equatable {
    case all
    /// Where a secret comes from: a file's path, or `exec:` and a program, whose arguments are not shown.
    case source
    /// A program with its arguments: the program.
    case program
    /// A file, or an address: without what follows its path.
    case address
    /// `<names>:<key>=<value>`: the names.
    case names
    /// `[<group>,]<key>=<value>`: the values of these keys, and all keys.
    case keys(Set<String>)

    /// What stands where something is left out.
    package static let omission = SecretText.omission
    /// What the value of a secret's source begins with if a program is to be asked for it.
    package static let commandPrefix = "exec:"
    /// What an API key, or a key as PEM, begins with. Given in place of its file it would be taken for a path, and end up
    /// in the log.
    private static let secretPrefixes = [SecretText.keyPrefix, SecretText.pemPrefix]

    /// `value`, as far as it may be shown.
    package func text(_ value: String) -> String { SecretText.concealed(shown(value)) }

    private func shown(_ value: String) -> String {
        switch self {
        case .all: value
        case .source: value.hasPrefix(Self.commandPrefix) ? Self.program(in: value) : "file:" + value
        case .program: Self.program(in: value)
        case .address: Self.address(value)
        case .names: Self.upTo(":", in: value)
        case .keys(let shown):
            if let setting = KeyedSetting(value), shown.contains(setting.key) {
                value
            } else {
                Self.upTo("=", in: value)
            }
        }
    }

    /// Why `value` is not taken, to be put after "must be "; `nil` if nothing is wrong with it.
    func fault(in value: String) -> String? {
        guard self == .source, Self.secretPrefixes.contains(where: value.hasPrefix) else { return nil }
        return
            "the path of a file with the secret, not the secret itself, which others of this machine could now have seen"
    }

    /// Whether a value of this kind may be repeated in an error as it was typed.
    var allowsQuotation: Bool { self == .all }

    private static func program(in command: String) -> String {
        guard let space = command.firstIndex(where: \.isWhitespace) else { return command }
        return command[..<space] + " " + omission
    }

    private static func address(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        let rest = text[scheme.upperBound...]
        let end = rest.firstIndex { $0 == "?" || $0 == "#" } ?? rest.endIndex
        let host = rest[..<(rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex)]
        let user = host.lastIndex(of: "@")
        let shown = user.map { omission + rest[$0..<end] } ?? String(rest[..<end])
        return text[..<scheme.upperBound] + shown + (end == rest.endIndex ? "" : "\(rest[end])" + omission)
    }

    private static func upTo(_ separator: Character, in text: String) -> String {
        guard let end = text.firstIndex(of: separator) else { return omission }
        return text[...end] + omission
    }
}
