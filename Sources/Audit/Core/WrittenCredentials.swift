// SPDX-License-Identifier: Apache-2.0

/// Credentials that a line has by the form in which programs and languages take them: `curl -u name:password`,
/// `--password word`, `PASSWORD=word`, `auth=("name", "password")`. Of a line; the time is linear in its words, each of
/// which is looked at as often as there are forms.
struct WrittenCredentials {
    private let line: LineWords
    private(set) var ranges: [Range<Int>] = []

    init(in scalars: [Unicode.Scalar]) {
        line = LineWords(scalars)
        var programs: Set<String> = []
        for index in line.words.indices {
            takeIssued(index)
            takeParameters(index)
            takeSetting(index)
            takeOption(index, programs)
            takePair(index)
            takeToken(index)
            let program = ShellCommand.baseName(line.text(line.words[index].range))
            if Self.programs.contains(program) { programs.insert(program) }
        }
    }

    // MARK: - Names

    /// `name=value`, `name: value`, `"name": "value"`, `--name value`.
    private mutating func takeSetting(_ index: Int) {
        let word = line.words[index]
        let scalars = line.scalars[word.range]
        let sign = scalars.firstIndex { $0 == "=" || $0 == ":" }
        let name = line.text(word.range.lowerBound..<(sign ?? word.range.upperBound))
        guard name.utf8.count <= 100, Self.isSecret(name) else { return }
        let isOption = name.hasPrefix("-")
        if let sign, sign + 1 < word.range.upperBound {
            // `NAME=$'word'`
            if sign + 2 == word.range.upperBound, line.scalars[sign + 1] == "$", index + 1 < line.words.count,
                let value = line.words[index + 1].quoted, value.lowerBound == sign + 3
            {
                return append(value)
            }
            return take((sign + 1)..<word.range.upperBound, of: name, isOption: isOption)
        }
        let isSign = index + 1 < line.words.count && [":", "="].contains(line.text(line.words[index + 1].range))
        guard sign != nil || isSign || isOption else { return }
        let last = isSign ? index + 1 : index
        guard last + 1 < line.words.count, isApart(last, isOption ? "\"'," : "\"'") else { return }
        take(line.words[last + 1].quoted ?? line.words[last + 1].range, of: name, isOption: isOption)
    }

    /// Whether only blanks and quotes, or also what parts the words of a list, stand behind a word.
    private func isApart(_ index: Int, _ marks: String = "\"',") -> Bool {
        line.between(line.words[index], line.words[index + 1]).allSatisfy { marks.contains($0) }
    }

    private mutating func take(_ range: Range<Int>, of name: String, isOption: Bool) {
        let value = line.text(range)
        guard let first = value.unicodeScalars.first, !"$%*-".unicodeScalars.contains(first) else { return }
        guard isOption || !isHandedOn(range, value, as: name) else { return }
        let isPassword = name.uppercased().hasSuffix("PASSWORD")
        let isGiven = isOption && range.count >= 4 && !PasswordOption.references.contains(name)
        if isGiven || WrittenSecret.isValue(value, of: isPassword ? "password" : name) { ranges.append(range) }
    }

    /// Whether code says where the value is: `password=password`, `password=args.password`, `token=read(…)`.
    private func isHandedOn(_ range: Range<Int>, _ value: String, as name: String) -> Bool {
        let next = range.upperBound < line.scalars.count ? line.scalars[range.upperBound] : " "
        if next == "(" || next == "[" || value == name { return true }
        guard next != "\"", next != "'", let dot = value.lastIndex(of: ".") else { return false }
        return Self.isSecret(String(value[value.index(after: dot)...]))
    }

    private static func isSecret(_ name: String) -> Bool {
        shortNames.contains(name.lowercased()) || WrittenSecret.isSecretName(name) || SecretShapes.isSecretName(name)
            || name.uppercased().hasSuffix("PASSWORD")
    }

    private static let shortNames: Set<String> = ["pass", "passwd", "pw"]

    // MARK: - Addresses

    /// Names of parameters beside those of secrets: whoever has the address has what they allow.
    private static let signatures: Set<String> = ["auth", "code", "jwt", "key", "session", "sid", "sig", "signature"]

    /// `?token=word&sig=word`
    private mutating func takeParameters(_ index: Int) {
        let range = line.words[index].range
        var start = range.lowerBound
        if start == 0 || line.scalars[start - 1] != "&" {
            guard let mark = line.scalars[range].firstIndex(of: "?") else { return }
            start = mark + 1
        }
        guard let sign = line.scalars[start..<range.upperBound].firstIndex(of: "=") else { return }
        let name = line.text(start..<sign)
        guard name.utf8.count <= 100 else { return }
        let words = name.lowercased().split(separator: "-")
        guard Self.isSecret(name) || words.last.map({ Self.signatures.contains(String($0)) }) == true else { return }
        let end = line.scalars[sign..<range.upperBound].firstIndex(of: "#") ?? range.upperBound
        append((sign + 1)..<end)
    }

    /// What is a secret by its form, as those who issue them write it.
    private mutating func takeIssued(_ index: Int) {
        let range = line.words[index].range
        if WrittenSecret.isWebhook(line.text(range)), let slash = line.scalars[range].lastIndex(of: "/") {
            return append((slash + 1)..<range.upperBound)
        }
        let sign = line.scalars[range].lastIndex { $0 == "=" || $0 == ":" }
        let value = (sign.map { $0 + 1 } ?? range.lowerBound)..<range.upperBound
        if SecretShapes.shape(of: line.text(value)) != nil { append(value) }
    }

    // MARK: - Options

    /// In a line, a verb stands for the programs that have it.
    private static let options = PasswordOption.programs.merging(["login": .login]) { $1 }
    private static let programs = PasswordOption.callers.union(options.keys)

    private mutating func takeOption(_ index: Int, _ programs: Set<String>) {
        let range = line.words[index].range
        let text = line.text(range)
        if text.hasPrefix("pass:"), text.utf8.count > 5 { ranges.append((range.lowerBound + 5)..<range.upperBound) }
        guard text.utf8.first == UInt8(ascii: "-"), text.utf8.count > 1 else { return }
        let isCaller = !programs.isDisjoint(with: PasswordOption.callers)
        takeUser(index, text, isSurely: isCaller)
        if isCaller, ["-b", "--cookie"].contains(text), index + 1 < line.words.count, isApart(index) {
            takeCookie(line.words[index + 1].range)
        }
        let letter = Character(line.scalars[range.lowerBound + 1])
        let takers = programs.compactMap { Self.options[$0] }.filter { $0.letter == letter }
        if range.count > 2 {
            if takers.contains(where: \.isGlued) { append((range.lowerBound + 2)..<range.upperBound) }
        } else if takers.contains(where: \.isApart), index + 1 < line.words.count, isApart(index) {
            append(line.words[index + 1].quoted ?? line.words[index + 1].range)
        }
    }

    /// `-u name:password`, `-uname:password`, `--user=name:password`: of others than curl it is a user and a group.
    private mutating func takeUser(_ index: Int, _ text: String, isSurely: Bool) {
        let names = ["--proxy-user", "--user", "-u"]
        guard let name = names.first(where: text.hasPrefix) else { return }
        var range = line.words[index].range
        if text.count == name.count {
            guard index + 1 < line.words.count, isApart(index) else { return }
            range = line.words[index + 1].quoted ?? line.words[index + 1].range
        }
        guard let colon = line.scalars[range].firstIndex(of: ":") else { return }
        let password = (colon + 1)..<range.upperBound
        let word = line.text(password).unicodeScalars
        let isMixed = word.contains { ("0"..."9").contains($0) } && word.contains { $0.properties.isAlphabetic }
        if isSurely || isMixed { append(password) }
    }

    /// `name=word`
    private mutating func takeCookie(_ range: Range<Int>) {
        guard let sign = line.scalars[range].firstIndex(of: "=") else { return }
        append((sign + 1)..<range.upperBound)
    }

    private mutating func append(_ range: Range<Int>) {
        guard let first = line.scalars[range].first, first != "$", first != "-" else { return }
        ranges.append(range)
    }

    /// `vault login word`
    private mutating func takeToken(_ index: Int) {
        guard index > 0, index + 1 < line.words.count, line.text(line.words[index].range) == "login",
            ShellCommand.baseName(line.text(line.words[index - 1].range)) == "vault", isApart(index)
        else { return }
        append(line.words[index + 1].quoted ?? line.words[index + 1].range)
    }

    // MARK: - Pairs

    /// `auth=("name", "password")`, `HTTPBasicAuth("name", "password")`, `login("name", "password")`.
    private mutating func takePair(_ index: Int) {
        guard index + 2 < line.words.count else { return }
        let (word, name, password) = (line.words[index], line.words[index + 1], line.words[index + 2])
        let text = line.text(word.range).lowercased()
        guard ["auth", "auth=", "login"].contains(where: text.hasSuffix), let value = password.quoted else { return }
        let opening = line.between(word, name).filter { $0 != "=" }
        let comma = line.between(name, password)
        guard opening == "(\"" || opening == "('", comma == "\",\"" || comma == "','" else { return }
        append(value)
    }
}
