// SPDX-License-Identifier: Apache-2.0

/// Follows what the commands of a script load from the network: to a pipe, a variable or a file, and from there to a
/// program that runs it.
struct Downloads {
    /// What has made a text that nobody has seen.
    struct Origin {
        var program: String
        var place: Place
        /// Whether it came over a connection that others can change.
        var isPlain: Bool
        /// As in `'curl' loads`.
        var deed = "loads"
    }

    /// By the file's last name.
    private var files: [String: (path: String, origin: Origin)] = [:]
    /// By name.
    private var variables: [String: Origin] = [:]

    /// What a descriptor brings that was opened to the network, as by `exec 3<>/dev/tcp/…`.
    private var socket: Origin?

    private static let countLimit = 1024

    init(_ script: ShellScript) {
        for file in script.added.prefix(Self.countLimit) {
            let isPlain = Self.isPlain(file.address.text)
            let origin = Origin(program: "ADD", place: file.address.place, isPlain: isPlain)
            files[ShellCommand.baseName(file.path)] = (file.path, origin)
        }
    }

    /// Takes note of what a command loads, checks or puts into a variable.
    mutating func take(_ sequence: [ShellCommand], at index: Int) {
        let command = sequence[index]
        for assignment in command.settings {
            guard let origin = Self.origin(in: assignment.value.inner) else { continue }
            if variables.count < Self.countLimit { variables[assignment.name] = origin }
        }
        if command.program == "exec", let origin = Self.connection(command) { socket = origin }
        if let origin = Self.loader(command) {
            for path in Self.targets(of: sequence, at: index) where files.count < Self.countLimit {
                files[ShellCommand.baseName(path)] = (path, origin)
            }
        } else if Checksums.isCheck(command) {
            let written = Checksums.written(sequence, at: index)
            files = files.filter { file in !Checksums.isOf(file.key, command, written) }
        }
    }

    /// What a command runs that was loaded before it.
    func origin(of sequence: [ShellCommand], at index: Int) -> Origin? {
        let command = sequence[index]
        if let first = command.words.first, first.text.contains("/"), let origin = origin(ofFile: first) {
            return origin
        }
        let isInterpreter = command.isInterpreter
        guard isInterpreter || ["eval", "source", "."].contains(command.program) else { return nil }
        if let origin = received(by: command) { return origin }
        let given = command.arguments.prefix(8) + command.redirections.filter { $0.symbol.hasPrefix("<") }.map(\.target)
        for word in given {
            if let origin = Self.origin(in: word.inner) ?? origin(named: word) { return origin }
            // Of a shell's arguments, most are only data.
            let isRun = !isInterpreter || word.text.hasPrefix("<(")
            if isRun, let origin = word.inner.lazy.compactMap({ Self.teller($0.unwrapped()) }).first { return origin }
        }
        if let operand = command.operand(from: 1, valued: ShellCommand.valuedOptions) {
            if command.program != "eval", let origin = origin(ofFile: command.words[operand]) { return origin }
        }
        guard isInterpreter else { return nil }
        if let origin = Self.ownDownload(command) { return origin }
        let isGivenLines = command.wrappers.contains { ["xargs", "parallel"].contains(ShellCommand.baseName($0.text)) }
        if isGivenLines { return pipedOrigin(sequence, before: index) }
        return command.readsScript ? pipedOrigin(sequence, before: index, orElse: Self.teller) : nil
    }

    /// What a command reads from a connection.
    private func received(by command: ShellCommand) -> Origin? {
        if let origin = Self.connection(command) { return origin }
        return command.redirections.contains { $0.symbol == "<&" } ? socket : nil
    }

    /// A script may change its directory: only two whole paths that differ are those of two files.
    private func origin(ofFile word: ShellWord) -> Origin? {
        guard let file = files[ShellCommand.baseName(word.text)] else { return nil }
        let areWhole = file.path.hasPrefix("/") && word.text.hasPrefix("/")
        return areWhole && file.path != word.text ? nil : file.origin
    }

    private func origin(named word: ShellWord) -> Origin? {
        guard !variables.isEmpty else { return nil }
        return (word.expansions.map(\.name) + word.resolved).lazy.compactMap { variables[$0] }.first
    }

    /// A filter in between, as in `curl … | gunzip | sh`, changes nothing.
    /// - Parameter other: what else counts if it stands there.
    private func pipedOrigin(
        _ sequence: [ShellCommand],
        before index: Int,
        orElse other: (ShellCommand) -> Origin? = { _ in nil }
    ) -> Origin? {
        for before in sequence[..<index].suffix(8).reversed() {
            guard before.connector == .pipe else { return nil }
            if let origin = Self.loader(before) ?? before.arguments.lazy.compactMap({ origin(named: $0) }).first {
                return origin
            }
            if let origin = before.arguments.lazy.compactMap({ Self.origin(in: $0.inner) }).first { return origin }
            if let origin = Self.decoder(before) ?? other(before) ?? received(by: before) { return origin }
        }
        return nil
    }

    /// Of what commands print together.
    private static func origin(in commands: [ShellCommand]) -> Origin? {
        let commands = commands.map { $0.unwrapped() }
        return commands.lazy.compactMap { loader($0) ?? decoder($0) }.first
    }

    private static let loaders: Set<String> = [
        "curl", "wget", "fetch", "aria2c", "http", "https", "lynx", "nc", "ncat", "netcat", "socat", "telnet", "tftp",
    ]

    static func loader(_ command: ShellCommand) -> Origin? {
        guard loaders.contains(command.program) || isStorage(command) else { return nil }
        let isPlain = command.words.contains { Self.isPlain($0.text) }
        return Origin(program: command.program, place: command.place, isPlain: isPlain)
    }

    private static func isPlain(_ text: String) -> Bool { WebAddress.all(in: text).contains(where: \.isInClear) }

    /// What makes a text out of another that means nothing to a reader.
    private static func decoder(_ command: ShellCommand) -> Origin? {
        let isDecoder =
            switch command.program {
            case "base64", "base32", "openssl", "uudecode":
                command.program == "uudecode" || command.has("-d", "--decode", "-D", "-di")
            case "xxd": command.arguments.contains { $0.text.hasPrefix("-r") }
            default: false
            }
        guard isDecoder else { return nil }
        return Origin(program: command.program, place: command.place, isPlain: false, deed: "decodes")
    }

    /// `python -c "exec(urlopen(…).read())"`
    private static func ownDownload(_ command: ShellCommand) -> Origin? {
        guard !ShellCommand.shells.contains(command.program) else { return nil }
        let options = ["-c", "-e", "-p", "--eval", "--print", "-E"]
        guard let option = command.words.dropFirst().firstIndex(where: { options.contains($0.text) }),
            option + 1 < command.words.count
        else { return nil }
        let text = String(command.words[option + 1].text.prefix(4096))
        let runs = ["exec", "eval", "system", "compile", "Function("].contains { text.contains($0) }
        let loads = ["urlopen", "requests.", "httpx.", "http", "fetch(", "get(", "URI.open", "Net::"]
        guard runs, loads.contains(where: { text.contains($0) }), text.contains("://") || text.contains("$") else {
            return nil
        }
        let place = command.words[option + 1].place
        return Origin(program: command.program, place: place, isPlain: isPlain(text))
    }
}

/// Where loaded files are put.
extension Downloads {
    /// Commands behind a download among which its check is searched.
    private static let checkDistance = 64

    /// Whether what a command loads is compared, before long, with a sum or a signature that did not come with it.
    static func isChecked(_ sequence: [ShellCommand], at index: Int) -> Bool {
        guard loader(sequence[index]) != nil else { return false }
        let names = targets(of: sequence, at: index).map(ShellCommand.baseName)
        let next = (index + 1)..<min(sequence.count, index + 1 + checkDistance)
        return !names.isEmpty
            && names.allSatisfy { name in
                next.contains { Checksums.isOwnCheck(sequence, at: $0, of: name) }
            }
    }

    private static func targets(of sequence: [ShellCommand], at index: Int) -> [String] {
        let command = sequence[index]
        var paths = command.redirections.filter { $0.symbol.hasPrefix(">") }.map(\.target.text)
        if let path = named(command) { paths.append(path) } else { paths += addresses(command) }
        if storages[command.program] != nil, let last = command.words.last, !last.text.contains("://") {
            paths.append(last.text)
        }
        for (before, next) in zip(sequence[index...], sequence[index...].dropFirst()).prefix(8) {
            guard before.connector == .pipe else { break }
            if next.program == "tee" { paths += next.arguments.map(\.text) }
            paths += next.redirections.filter { $0.symbol.hasPrefix(">") }.map(\.target.text)
        }
        return paths.filter { !$0.isEmpty && $0 != "-" && !$0.hasPrefix("/dev/") }
    }

    /// `-o path`, `-qO path`, `--output=path`
    private static func named(_ command: ShellCommand) -> String? {
        let letter: Character = command.program == "wget" ? "O" : "o"
        let names = ["--output", "--output-document", "--out"]
        for (index, word) in command.words.enumerated().dropFirst() {
            let text = word.text
            if let name = names.first(where: { text.hasPrefix($0 + "=") }) {
                return String(text.dropFirst(name.count + 1))
            }
            guard text.hasPrefix("-") else { continue }
            let isRow = !text.hasPrefix("--") && text.dropFirst().allSatisfy(\.isLetter)
            if names.contains(text) || (isRow && text.last == letter) {
                return index + 1 < command.words.count ? command.words[index + 1].text : nil
            }
            if text.hasPrefix("-\(letter)") { return String(text.dropFirst(2)) }
        }
        return nil
    }

    /// The names by which files are kept that are not given one.
    private static func addresses(_ command: ShellCommand) -> [String] {
        let isKept =
            command.program != "curl"
            || command.arguments.contains { word in
                word.text == "--remote-name" || (word.text.hasPrefix("-") && word.text.contains("O"))
            }
        guard isKept else { return [] }
        return command.arguments.filter { $0.text.contains("://") }.map { word in
            String(word.text.prefix { $0 != "?" && $0 != "#" })
        }
    }
}

/// Tells commands that compare a file with what it should be.
private enum Checksums {
    static func isCheck(_ command: ShellCommand) -> Bool {
        switch command.program {
        case "gpgv", "minisign", "signify", "slsa-verifier": return true
        case "gpg", "gpg2": return command.has("--verify")
        case "cosign": return command.arguments.contains { $0.text.hasPrefix("verify") }
        case "openssl": return command.has("-verify")
        case "[", "[[", "test":
            return command.arguments.contains { word in word.inner.contains { isSum($0.unwrapped()) } }
        default:
            return isSum(command)
                && command.arguments.contains { word in
                    word.text == "--check"
                        || (word.text.hasPrefix("-") && !word.text.hasPrefix("--") && word.text.contains("c"))
                }
        }
    }

    /// Whether a check of that file stands in the script with what it is compared with, and its failure counts.
    static func isOwnCheck(_ sequence: [ShellCommand], at index: Int, of name: String) -> Bool {
        let command = sequence[index]
        guard isCheck(command), command.connector != .or else { return false }
        guard isSum(command) else { return command.words.contains { $0.text.contains(name) } }
        return written(sequence, at: index).map { isOf(name, command, $0) } ?? false
    }

    private static func isSum(_ command: ShellCommand) -> Bool {
        let name = command.program
        return name == "shasum" || name == "sha256"
            || (name.hasSuffix("sum") && (name.hasPrefix("sha") || name.hasPrefix("b2") || name.hasPrefix("md5")))
    }

    /// The list of sums, if it is written in the script: `echo "… file" | sha256sum -c`.
    static func written(_ sequence: [ShellCommand], at index: Int) -> String? {
        let command = sequence[index]
        if let redirection = command.redirections.last(where: { $0.symbol.hasPrefix("<<") }) {
            return redirection.body?.text ?? redirection.target.text
        }
        guard index > 0, sequence[index - 1].connector == .pipe else { return nil }
        let printer = sequence[index - 1]
        guard ["echo", "printf"].contains(printer.program) else { return nil }
        return printer.arguments.map(\.text).joined(separator: " ")
    }

    /// Whether a check is that of a file; one whose list is elsewhere may be.
    static func isOf(_ name: String, _ command: ShellCommand, _ written: String?) -> Bool {
        guard let written = written?.prefix(1024) else { return true }
        return written.contains(name) || written.contains("$")
    }
}

extension ShellCommand {
    /// Whether it is a program that runs what it reads.
    fileprivate var isInterpreter: Bool {
        ShellCommand.shells.contains(program) || ["perl", "ruby", "node", "nodejs", "php", "lua"].contains(program)
            || FileKinds.isPython(interpreter: program)
    }
}

/// Storages of clouds, whose programs also put files there.
extension Downloads {
    /// By program, verbs that load.
    private static let storages: [String: Set<String>] = [
        "aws": ["cp", "get-object"], "gsutil": ["cp", "cat"], "gcloud": ["cp", "cat"], "az": ["download"],
        "rclone": ["cat", "copyto", "copyurl"], "mc": ["cat", "cp", "get"], "s3cmd": ["get"], "s5cmd": ["cat", "cp"],
    ]

    private static func isStorage(_ command: ShellCommand) -> Bool {
        guard let verbs = storages[command.program] else { return false }
        guard let verb = command.words.prefix(16).firstIndex(where: { verbs.contains($0.text) }) else { return false }
        guard ["cp", "copyto"].contains(command.words[verb].text) else { return true }
        // What is copied comes first; options may stand before it.
        let paths = command.words[(verb + 1)...].lazy.filter {
            !$0.text.hasPrefix("-") && $0.text.contains { "./:".contains($0) }
        }
        return paths.first.map { $0.text.contains(":") || command.program == "mc" } ?? false
    }
}

/// What answers that is no file: a shell that is given it runs it all the same.
extension Downloads {
    private static let resolvers: Set<String> = ["dig", "host", "nslookup", "drill", "kdig", "finger"]

    private static func teller(_ command: ShellCommand) -> Origin? {
        let isResolver = resolvers.contains(command.program)
        let isOther =
            switch command.program {
            case "ssh": command.arguments.count > 1
            default: KubectlCall(command).map { ["get", "exec", "logs"].contains($0.verb) } ?? false
            }
        guard isResolver || isOther else { return nil }
        return Origin(program: command.program, place: command.place, isPlain: isResolver)
    }

    /// A shell's own way to the network, which nothing encrypts.
    private static func connection(_ command: ShellCommand) -> Origin? {
        // A log that is sent away is no reading.
        let both = command.redirections.filter { $0.symbol.hasPrefix("<") || $0.symbol.contains("&") }
        let files = both.map(\.target) + command.arguments.prefix(2)
        let file = files.first { word in ["/dev/tcp/", "/dev/udp/"].contains { word.text.hasPrefix($0) } }
        return file.map { Origin(program: $0.text, place: $0.place, isPlain: true, deed: "sends") }
    }
}
