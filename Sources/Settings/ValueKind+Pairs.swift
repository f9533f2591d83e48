// SPDX-License-Identifier: Apache-2.0

/// A value of the form `[<group>,]<key>=<value>`.
package struct KeyedSetting: Sendable, Equatable {
    /// `""` if the value named none.
    package var group: String
    package var key: String
    package var value: String

    /// Splits at the first comma that stands before the first `=`, so that values may hold both.
    package init?(_ text: String, separator: Character = ",") {
        let comma = text.firstIndex(of: separator)
        let keyStart: String.Index
        if let comma, comma < text.firstIndex(of: "=") ?? text.endIndex {
            group = String(text[..<comma])
            keyStart = text.index(after: comma)
            if group.isEmpty { return nil }
        } else {
            group = ""
            keyStart = text.startIndex
        }
        guard let equals = text[keyStart...].firstIndex(of: "=") else { return nil }
        key = String(text[keyStart..<equals])
        value = String(text[text.index(after: equals)...])
        if key.isEmpty || value.isEmpty { return nil }
    }
}

extension ValueKind {
    func isWellFormedPair(_ text: String) -> Bool {
        switch self {
        case .setting(let group, let groupRequired):
            guard let setting = KeyedSetting(text) else { return false }
            return setting.group.isEmpty ? !groupRequired : group != nil
        case .restriction:
            guard let setting = KeyedSetting(text, separator: ":") else { return false }
            return !setting.group.isEmpty
        case .integerPair(let separator, _):
            let parts = text.split(separator: separator, omittingEmptySubsequences: false)
            return parts.count == 2 && parts.allSatisfy { Int($0) != nil }
        case .deviceFraction:
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            return parts.count == 2 && Int(parts[0]) != nil && Double(parts[1]) != nil
        case .resource:
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            return (2...3).contains(parts.count) && parts.dropFirst().allSatisfy { Int($0) != nil }
        case .choiceFor(let choices, _):
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return choices.contains(String(parts[0])) && parts.dropFirst().allSatisfy { !$0.isEmpty }
        default:
            return false
        }
    }
}
