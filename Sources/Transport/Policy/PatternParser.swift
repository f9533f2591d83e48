// SPDX-License-Identifier: Apache-2.0

/// Reads a pattern; recursion goes as deep as its groups, which are bounded.
struct PatternParser {
    /// Groups within groups.
    static let depthLimit = 100
    /// Of a counted repetition; RE2's.
    static let repetitionLimit = 1000

    private struct Flags {
        var ignoresCase: Bool
        var isMultiline = false
        var dotTakesNewline = false
    }

    private let pattern: [UInt32]
    private var position = 0
    private var depth = 0
    private var flags: Flags

    init(_ pattern: [UInt32], ignoringCase: Bool) {
        self.pattern = pattern
        flags = Flags(ignoresCase: ignoringCase)
    }

    mutating func parse() throws(LinearPattern.Fault) -> PatternTree {
        let tree = try alternatives()
        if position < pattern.count { throw fault("there is no group that this ')' closes", at: position) }
        return tree
    }

    private func fault(_ message: String, at position: Int) -> LinearPattern.Fault {
        LinearPattern.Fault(message: message, position: position)
    }

    private var next: UInt32? { position < pattern.count ? pattern[position] : nil }

    private func isNext(_ character: Unicode.Scalar) -> Bool { next == character.value }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard isNext(character) else { return false }
        position += 1
        return true
    }

    private mutating func take(_ text: String) -> Bool {
        let scalars = text.unicodeScalars.map(\.value)
        guard pattern[position...].starts(with: scalars) else { return false }
        position += scalars.count
        return true
    }

    private mutating func alternatives() throws(LinearPattern.Fault) -> PatternTree {
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .alternatives(choices)
    }

    private mutating func sequence() throws(LinearPattern.Fault) -> PatternTree {
        var parts: [PatternTree] = []
        while let character = next, character != ("|" as Unicode.Scalar).value,
            character != (")" as Unicode.Scalar).value
        {
            guard var part = try atom() else { continue }
            var isRepeated = false
            while let repetition = try repetition() {
                if isRepeated {
                    throw fault("a repetition cannot be repeated without a group", at: repetition.position)
                }
                isRepeated = true
                part = .repetition(
                    part,
                    minimum: repetition.minimum,
                    maximum: repetition.maximum,
                    position: repetition.position
                )
            }
            parts.append(part)
        }
        return .sequence(parts)
    }

    // MARK: repetitions

    private mutating func repetition() throws(LinearPattern.Fault) -> (minimum: Int, maximum: Int?, position: Int)? {
        let start = position
        let bounds: (minimum: Int, maximum: Int?)
        if take("*") {
            bounds = (0, nil)
        } else if take("+") {
            bounds = (1, nil)
        } else if take("?") {
            bounds = (0, 1)
        } else if let counted = try counts() {
            bounds = counted
        } else {
            return nil
        }
        // Which of several matches is preferred makes no difference to whether there is one.
        _ = take("?")
        return (bounds.minimum, bounds.maximum, start)
    }

    /// `{m}`, `{m,}` or `{m,n}`; a brace that begins none of these means itself.
    private mutating func counts() throws(LinearPattern.Fault) -> (minimum: Int, maximum: Int?)? {
        let start = position
        guard take("{"), let minimum = number() else {
            position = start
            return nil
        }
        var maximum: Int? = minimum
        if take(",") { maximum = isNext("}") ? nil : number() ?? -1 }
        guard maximum != -1, take("}") else {
            position = start
            return nil
        }
        guard max(minimum, maximum ?? 0) <= Self.repetitionLimit else {
            throw fault("a repetition of more than \(Self.repetitionLimit) times is not possible", at: start)
        }
        if let maximum, maximum < minimum {
            throw fault("a repetition's maximum is less than its minimum", at: start)
        }
        return (minimum, maximum)
    }

    private mutating func number() -> Int? {
        let start = position
        var value = 0
        while let character = next, (0x30...0x39).contains(character) {
            value = min(value * 10 + Int(character - 0x30), Self.repetitionLimit + 1)
            position += 1
        }
        return position > start ? value : nil
    }

    // MARK: atoms

    /// - Returns: `nil` for what sets flags and matches nothing.
    private mutating func atom() throws(LinearPattern.Fault) -> PatternTree? {
        let start = position
        guard let character = next, let scalar = Unicode.Scalar(character) else { return nil }
        position += 1
        switch scalar {
        case "(": return try group(start)
        case "[": return .scalar(try characterClass(start))
        case ".": return .scalar(flags.dotTakesNewline ? .any : .anyButNewline)
        case "^": return .assertion(flags.isMultiline ? .lineStart : .textStart)
        case "$": return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
        case "*", "+", "?": throw fault("there is nothing that '\(scalar)' could repeat", at: start)
        case "\\": return try escape(start)
        default: return .scalar(literal(character))
        }
    }

    private func literal(_ character: UInt32) -> ScalarSet {
        let set = ScalarSet(character...character)
        return flags.ignoresCase ? set.ignoringCase : set
    }

    private mutating func escape(_ start: Int) throws(LinearPattern.Fault) -> PatternTree {
        guard let character = next, let scalar = Unicode.Scalar(character) else {
            throw fault("a backslash stands at the end", at: start)
        }
        switch scalar {
        case "A", "z", "b", "B":
            position += 1
            return .assertion(
                scalar == "A" ? .textStart : scalar == "z" ? .textEnd : scalar == "b" ? .wordBoundary : .noWordBoundary
            )
        case "Q":
            position += 1
            return quoted()
        case "1"..."9":
            throw fault("a back-reference cannot be matched in linear time", at: start)
        default:
            if let set = perlClass(scalar) {
                position += 1
                return .scalar(set)
            }
            return .scalar(literal(try escapedCharacter(start)))
        }
    }

    /// `\Q…\E`
    private mutating func quoted() -> PatternTree {
        var parts: [PatternTree] = []
        while !take("\\E"), let character = next {
            position += 1
            parts.append(.scalar(literal(character)))
        }
        return .sequence(parts)
    }

    private func perlClass(_ scalar: Unicode.Scalar) -> ScalarSet? {
        switch scalar {
        case "d": .digits
        case "D": ScalarSet.digits.inverted
        case "w": .wordCharacters
        case "W": ScalarSet.wordCharacters.inverted
        case "s": .spaces
        case "S": ScalarSet.spaces.inverted
        default: nil
        }
    }

    /// What stands behind the backslash, which has been taken.
    private mutating func escapedCharacter(_ start: Int) throws(LinearPattern.Fault) -> UInt32 {
        guard let character = next, let scalar = Unicode.Scalar(character) else {
            throw fault("a backslash stands at the end", at: start)
        }
        position += 1
        switch scalar {
        case "a": return 0x07
        case "f": return 0x0C
        case "n": return 0x0A
        case "r": return 0x0D
        case "t": return 0x09
        case "v": return 0x0B
        case "x": return try hexadecimal(start)
        default:
            let isWord = ScalarSet.wordCharacters.contains(character)
            guard character < 0x80, !isWord || scalar == "_" else {
                throw fault("'\\\(scalar)' is not supported", at: start)
            }
            return character
        }
    }

    /// `\xHH` or `\x{H…}`
    private mutating func hexadecimal(_ start: Int) throws(LinearPattern.Fault) -> UInt32 {
        let isBraced = take("{")
        var value: UInt32 = 0
        var digits = 0
        while digits < (isBraced ? 6 : 2), let digit = next.flatMap(Self.hexadecimalDigit) {
            value = value << 4 | digit
            digits += 1
            position += 1
        }
        let isComplete = isBraced ? digits > 0 && take("}") : digits == 2
        guard isComplete, Unicode.Scalar(value) != nil else { throw fault("'\\x' has no valid number", at: start) }
        return value
    }

    private static func hexadecimalDigit(_ character: UInt32) -> UInt32? {
        switch character {
        case 0x30...0x39: character - 0x30
        case 0x41...0x46: character - 0x41 + 10
        case 0x61...0x66: character - 0x61 + 10
        default: nil
        }
    }

    // MARK: groups

    private mutating func group(_ start: Int) throws(LinearPattern.Fault) -> PatternTree? {
        let outer = flags
        if take("?") {
            switch try groupKind(start) {
            case .flagsOnly: return nil
            case .tree: break
            }
        }
        depth += 1
        guard depth <= Self.depthLimit else {
            throw fault("groups lie more than \(Self.depthLimit) deep", at: start)
        }
        let tree = try alternatives()
        depth -= 1
        guard take(")") else { throw fault("this group is not closed", at: start) }
        flags = outer
        return tree
    }

    private enum GroupKind { case tree, flagsOnly }

    /// What stands between `(?` and the content of the group.
    private mutating func groupKind(_ start: Int) throws(LinearPattern.Fault) -> GroupKind {
        for kind in ["=", "!", "<=", "<!"] where take(kind) {
            throw fault("look-around '(?\(kind)' cannot be matched in linear time", at: start)
        }
        if take("P<") || take("<") {
            let nameStart = position
            while let character = next, ScalarSet.wordCharacters.contains(character) { position += 1 }
            guard position > nameStart, take(">") else { throw fault("the name of a group is not valid", at: start) }
            return .tree
        }
        var isOn = true
        while let scalar = next.flatMap(Unicode.Scalar.init) {
            position += 1
            switch scalar {
            case "i": flags.ignoresCase = isOn
            case "m": flags.isMultiline = isOn
            case "s": flags.dotTakesNewline = isOn
            case "U": break
            case "-" where isOn: isOn = false
            case ":": return .tree
            case ")": return .flagsOnly
            default: throw fault("this kind of group is not supported", at: start)
            }
        }
        throw fault("this group is not closed", at: start)
    }

    // MARK: classes

    private mutating func characterClass(_ start: Int) throws(LinearPattern.Fault) -> ScalarSet {
        let isInverted = take("^")
        var set = ScalarSet()
        var isFirst = true
        while true {
            guard let character = next else { throw fault("this class is not closed", at: start) }
            if take("]"), !isFirst { break }
            isFirst = false
            if character == ("]" as Unicode.Scalar).value {
                try addRange(from: character, to: &set)
            } else if take("[:") {
                set.formUnion(try posixClass())
            } else if let perl = takePerlClass() {
                set.formUnion(perl)
            } else {
                try addRange(from: try classCharacter(), to: &set)
            }
        }
        if flags.ignoresCase { set = set.ignoringCase }
        return isInverted ? set.inverted : set
    }

    private mutating func takePerlClass() -> ScalarSet? {
        guard isNext("\\"), position + 1 < pattern.count,
            let set = Unicode.Scalar(pattern[position + 1]).flatMap(perlClass)
        else { return nil }
        position += 2
        return set
    }

    private mutating func classCharacter() throws(LinearPattern.Fault) -> UInt32 {
        let start = position
        if take("\\") { return try escapedCharacter(start) }
        defer { position += 1 }
        return pattern[position]
    }

    /// `first` has been taken; a range goes on with a hyphen that is not the last of the class.
    private mutating func addRange(from first: UInt32, to set: inout ScalarSet) throws(LinearPattern.Fault) {
        guard isNext("-"), position + 1 < pattern.count, pattern[position + 1] != ("]" as Unicode.Scalar).value else {
            set.insert(first...first)
            return
        }
        let start = position
        position += 1
        let last = try classCharacter()
        guard last >= first else { throw fault("the range ends before it begins", at: start - 1) }
        set.insert(first...last)
    }

    /// `[:name:]`, the beginning of which has been taken.
    private mutating func posixClass() throws(LinearPattern.Fault) -> ScalarSet {
        let start = position - 2
        let isInverted = take("^")
        var name = ""
        while let scalar = next.flatMap(Unicode.Scalar.init), scalar != ":", name.unicodeScalars.count < 8 {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard take(":]"), let set = ScalarSet.posixClass(name) else {
            throw fault("there is no such class", at: start)
        }
        return isInverted ? set.inverted : set
    }
}
