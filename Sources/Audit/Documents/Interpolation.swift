// SPDX-License-Identifier: Apache-2.0

/// What compose, and a shell, put in for `${NAME:-default}` where the surroundings do not set the name: what a file says
/// by itself. Of `${NAME:+other}` it is `other`, which the file says too; `$NAME` and `${NAME}` stay, unless a file beside
/// it sets them.
struct Interpolation {
    private(set) var text = String.UnicodeScalarView()
    /// Whether a default was put in, or what a file sets for surroundings that do not.
    private(set) var hasDefault = false

    private var rest: Substring.UnicodeScalarView
    private var known: KnownVariables
    private let isDoubled: Bool
    /// Defaults within defaults.
    private static let depthLimit = 8

    /// - Parameters:
    ///   - isDoubled: whether `$$` stands for `$`, as compose has it.
    ///   - known: what a file sets; of its room, what is put in is taken away.
    /// - Returns: `nil` if nothing is put in, or a brace has no end.
    init?(_ text: String, isDoubled: Bool, known: inout KnownVariables) {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return nil }
        self.isDoubled = isDoubled
        self.known = known
        rest = text.unicodeScalars[...]
        let isRead = read(depth: 0)
        known = self.known
        guard isRead, !self.text.elementsEqual(text.unicodeScalars) else { return nil }
    }

    init?(_ text: String, isDoubled: Bool) {
        var known = KnownVariables()
        self.init(text, isDoubled: isDoubled, known: &known)
    }

    /// Up to the end, or up to the brace that ends a default.
    private mutating func read(depth: Int) -> Bool {
        while let scalar = rest.popFirst() {
            if scalar == "}", depth > 0 { return true }
            guard scalar == "$", let next = rest.first else {
                text.append(scalar)
                continue
            }
            if next == "$", isDoubled {
                rest.removeFirst()
                text.append("$")
            } else if next == "{" {
                rest.removeFirst()
                guard depth < Self.depthLimit, readVariable(depth: depth) else { return false }
            } else if next.isName, let value = known.value(of: rest.prefix(while: \.isName)) {
                rest = rest.drop(while: \.isName)
                put(value)
            } else {
                text.append(scalar)
            }
        }
        return depth == 0
    }

    /// Behind `${`.
    private mutating func readVariable(depth: Int) -> Bool {
        let name = rest.prefix(while: \.isName)
        rest = rest.dropFirst(name.count)
        if rest.first == ":" { rest.removeFirst() }
        let symbol = rest.popFirst()
        let value = symbol == "+" ? nil : known.value(of: name)
        if symbol == "+" || (symbol == "-" && value == nil) {
            hasDefault = true
            return read(depth: depth + 1)
        }
        if symbol != "}" {
            // What is said if there is nothing, or an operation on the value.
            let (start, hadDefault) = (text.endIndex, hasDefault)
            guard read(depth: depth + 1) else { return false }
            text.removeSubrange(start...)
            hasDefault = hadDefault
        }
        if let value {
            put(value)
            return true
        }
        text.append(contentsOf: "${".unicodeScalars)
        text.append(contentsOf: name)
        text.append("}")
        return true
    }
}

extension Interpolation {
    private mutating func put(_ value: String) {
        text.append(contentsOf: value.unicodeScalars)
        hasDefault = true
    }
}

/// What a file sets for surroundings that do not.
struct KnownVariables {
    private(set) var values: [String: String]
    /// Bytes that may yet be put in.
    private var room = 1 << 20

    init(_ values: [String: String] = [:]) { self.values = values }

    /// Secrets stay out: nobody is to see them elsewhere.
    mutating func set(_ name: String, _ value: String) {
        values[name] = SecretShapes.evidence(name: name, value: value) == nil ? value : nil
    }

    mutating func remove(_ name: String) { values[name] = nil }

    /// `nil` also for one that is empty, which is as if it were not set.
    fileprivate mutating func value(of name: Substring.UnicodeScalarView) -> String? {
        guard !values.isEmpty, let value = values[String(name)], !value.isEmpty, value.utf8.count <= room else {
            return nil
        }
        room -= value.utf8.count
        return value
    }
}

extension DataNode {
    /// With compose's variables put in. Of what is put in, quotes tell nothing: compose reads its kind anew.
    func interpolated(_ values: [String: String] = [:]) -> DataNode {
        var known = KnownVariables(values)
        return interpolated(&known, depth: 0)
    }

    /// Members whose values are data: what is in them stays where the other file keeps it.
    private static let data: Set<String> = ["environment", "args", "labels", "content"]

    /// At these depths, those of a service and of its build; above them, names are anyone's.
    private static let depthsOfData = 2...3

    /// - Parameter depth: in maps.
    private func interpolated(_ known: inout KnownVariables, depth: Int) -> DataNode {
        switch self {
        case .scalar(var scalar):
            guard let result = Interpolation(scalar.text, isDoubled: true, known: &known) else { return self }
            scalar.text = String(result.text)
            scalar.isDefault = result.hasDefault
            scalar.isPlain = scalar.isPlain || !scalar.text.contains("\n")
            return .scalar(scalar)
        case .list(let items, let place):
            return .list(items.map { $0.interpolated(&known, depth: depth) }, place)
        case .map(let members, let place):
            let changed = members.map { member in
                var member = member
                let isData = Self.depthsOfData.contains(depth) && Self.data.contains(member.key)
                member.value =
                    isData ? member.value.interpolated() : member.value.interpolated(&known, depth: depth + 1)
                return member
            }
            return .map(changed, place)
        }
    }
}

extension Located<String> {
    /// As a shell reads it where no variable is set.
    var interpolated: Located<String> {
        Interpolation(value, isDoubled: false).map { Located(String($0.text), at: place) } ?? self
    }
}
