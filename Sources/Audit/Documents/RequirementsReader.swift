// SPDX-License-Identifier: Apache-2.0

/// Reads requirements files: lines that a backslash continues, comments, options and requirements.
package enum RequirementsReader {
    /// - Throws: if the file has more lines or longer ones than ``AuditLimits`` lets through, or a line that cannot
    /// be a requirement.
    package static func read(
        _ text: String,
        file: String,
        limits: AuditLimits = .defaults
    ) throws(Unreadable) -> RequirementsFile {
        var result = RequirementsFile(path: file)
        for line in try logicalLines(text, file: file, limits: limits) {
            try read(line, into: &result)
            guard result.requirements.count + result.options.count <= limits.nodes else {
                throw Unreadable(line.place, "the file has more than \(limits.nodes) requirements")
            }
        }
        return result
    }

    private static func logicalLines(
        _ text: String,
        file: String,
        limits: AuditLimits
    ) throws(Unreadable) -> [Located<String>] {
        var lines: [Located<String>] = []
        var (kept, start) = ("", 0)
        var number = 0
        // A byte-order mark belongs to no requirement.
        let content =
            text.unicodeScalars.first == "\u{FEFF}" ? text.unicodeScalars.dropFirst() : text.unicodeScalars[...]
        for line in content.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            let line = line.last == "\r" ? line.dropLast() : line
            guard line.utf8Count + kept.utf8.count <= limits.lineBytes else {
                throw Unreadable(Place(file, line: number), "a line has more than \(limits.lineBytes) bytes")
            }
            if kept.isEmpty { start = number }
            let bare = withoutComment(line)
            if bare.last == "\\" {
                kept.unicodeScalars += bare.dropLast()
                kept += " "
                continue
            }
            kept.unicodeScalars += bare
            append(kept, line: start, file: file, to: &lines)
            kept = ""
        }
        append(kept, line: start, file: file, to: &lines)
        return lines
    }

    private static func append(_ text: String, line: Int, file: String, to lines: inout [Located<String>]) {
        let indented = text.unicodeScalars.prefix { $0 == " " || $0 == "\t" }.count
        var bare = text.unicodeScalars.dropFirst(indented)
        while let last = bare.last, last == " " || last == "\t" { bare.removeLast() }
        guard !bare.isEmpty else { return }
        let place = Place(file, line: line, column: indented + 1, length: bare.count)
        lines.append(Located(String(String.UnicodeScalarView(bare)), at: place))
    }

    /// `#` begins one at the start of a line or after a space; within an address it does not.
    private static func withoutComment(_ line: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView {
        var before: Unicode.Scalar = " "
        for index in line.indices {
            if line[index] == "#", before == " " || before == "\t" { return line[..<index] }
            before = line[index]
        }
        return line
    }

    private static func read(_ line: Located<String>, into file: inout RequirementsFile) throws(Unreadable) {
        let text = line.value
        guard text.hasPrefix("-") else {
            let requirement = Requirement(text, place: line.place)
            guard requirement.address != nil || (isName(requirement.name) && isVersion(requirement.version)) else {
                throw Unreadable(line.place, "\(Printed.quoted(text)) is no requirement")
            }
            file.requirements.append(requirement)
            return
        }
        let found = options(of: text, at: line.place)
        if let stray = found.stray {
            throw Unreadable(line.place, "\(Printed.quoted(stray)) is no option, and stands among options")
        }
        file.options += found.options
        file.requirements += found.editable
    }

    /// Options on one line, as in a requirements file or on pip's command line.
    struct OptionLine {
        var options: [RequirementsFile.Option] = []
        /// What `-e` is given.
        var editable: [Requirement] = []
        /// The first word that belongs to no option.
        var stray: String?
    }

    static func options(of text: String, at place: Place) -> OptionLine {
        var line = OptionLine()
        let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        var index = 0
        while index < words.count {
            let word = words[index]
            index += 1
            guard word.hasPrefix("-") else {
                line.stray = line.stray ?? word
                continue
            }
            var (name, value) = split(word)
            name = longNames[name] ?? whole(name)
            if value == nil, index < words.count, !flags.contains(name), !words[index].hasPrefix("-") {
                value = words[index]
                index += 1
            }
            if name == "--editable" {
                line.editable.append(Requirement(value ?? "", place: place, isEditable: true))
            } else {
                line.options.append(.init(name: name, value: value ?? "", place: place))
            }
        }
        return line
    }

    /// `--name=value`, `-ivalue`; pip takes both.
    private static func split(_ word: String) -> (name: String, value: String?) {
        if word.hasPrefix("--") {
            guard let equals = word.firstIndex(of: "=") else { return (word, nil) }
            return (String(word[..<equals]), String(word[word.index(after: equals)...]))
        }
        return word.count > 2 ? (String(word.prefix(2)), String(word.dropFirst(2))) : (word, nil)
    }

    /// pip takes the beginning of an option for all of it, where no other begins like that.
    private static func whole(_ name: String) -> String {
        guard name.hasPrefix("--"), !longOptions.contains(name) else { return name }
        let options = longOptions.filter { $0.hasPrefix(name) }
        return options.count == 1 ? options[0] : name
    }

    private static let longOptions = [
        "--index-url", "--extra-index-url", "--no-index", "--find-links", "--trusted-host", "--requirement",
        "--constraint", "--editable", "--no-binary", "--only-binary", "--prefer-binary", "--require-hashes", "--pre",
        "--use-feature", "--hash", "--config-settings", "--global-option",
    ]

    private static let longNames = [
        "-i": "--index-url", "-r": "--requirement", "-c": "--constraint", "-e": "--editable", "-f": "--find-links",
        "--pypi-url": "--index-url",
    ]

    private static let flags: Set<String> = ["--no-index", "--pre", "--prefer-binary", "--require-hashes"]

    private static func isVersion(_ version: String) -> Bool {
        guard let first = version.utf8.first else { return true }
        return "<>=!~".utf8.contains(first)
    }

    /// PEP 508's names; anything else is a file of another kind, or a line that pip would refuse.
    private static func isName(_ name: String) -> Bool {
        func isWord(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        guard let first = name.utf8.first, let last = name.utf8.last, isWord(first), isWord(last) else { return false }
        return name.utf8.allSatisfy { isWord($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F }
    }

    /// `requirements.txt` and what is commonly named after it.
    package static func isRequirements(_ entry: AuditEntry) -> Bool {
        let name = entry.name.lowercased()
        guard name.hasSuffix(".txt") || name.hasSuffix(".in") || name.hasSuffix(".lock") else { return false }
        if name.contains("requirements") || name.hasPrefix("constraints") { return true }
        let parent = entry.path.split(separator: "/").dropLast().last
        return parent?.lowercased() == "requirements" && !name.hasSuffix(".lock")
    }
}

extension Substring.UnicodeScalarView {
    fileprivate var utf8Count: Int { Substring(self).utf8.count }
}
