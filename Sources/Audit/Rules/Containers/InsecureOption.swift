// SPDX-License-Identifier: Apache-2.0

/// Options by which programs take what anyone sends them.
struct InsecureOption {
    var word: ShellWord
    /// Whether all that the command names is on networks of the machine's own.
    var isNear = false
    /// Whether it writes to a list of where packages come from.
    var isSource = false

    static func find(in command: ShellCommand) -> InsecureOption? {
        if let set = command.assignments.first(where: { isInsecure($0.name, $0.value.text) }) {
            return InsecureOption(word: set.value)
        }
        if ["export", "ENV"].contains(command.program) {
            let set = command.arguments.first { $0.assignment.map { isInsecure($0.name, $0.value.text) } ?? false }
            return set.map { InsecureOption(word: $0) }
        }
        if let word = unsignedSource(in: command) { return InsecureOption(word: word, isSource: true) }
        guard let word = option(in: command), !isOwn(command) else { return nil }
        return InsecureOption(word: word, isNear: isNear(command))
    }

    private static func option(in command: ShellCommand) -> ShellWord? {
        switch command.program {
        case "curl":
            return command.arguments.first { word in
                isShort("k", word) || isPlainHTTP(word) || isBeginning(word, of: "--insecure", from: "--ins")
                    || isBeginning(word, of: "--proxy-insecure", from: "--proxy-ins")
            }
        case "wget":
            return command.arguments.first { word in
                isBeginning(word, of: "--no-check-certificate", from: "--no-ch") || isPlainHTTP(word)
                    || isOff(word, "--check-certificate") || isOff(word, "check_certificate")
            }
        case "aria2c": return command.arguments.first { isOff($0, "--check-certificate") || isPlainHTTP($0) }
        case "http", "https": return command.arguments.first { isOff($0, "--verify") || isPlainHTTP($0) }
        case "git":
            return command.arguments.first { $0.text.lowercased().hasPrefix("http.sslverify=false") || isPlainHTTP($0) }
        case "npm", "yarn":
            if command.has("config"), command.has("strict-ssl"), command.has("false") { return command.words.last }
        case "conda", "mamba", "micromamba":
            let isOff = command.arguments.contains { ["false", "no"].contains($0.text.lowercased()) }
            let setting = command.arguments.first { $0.text == "ssl_verify" }
            if let setting, isOff { return setting }
            return command.arguments.first { $0.text == "--insecure" || isPlainHTTP($0) }
        case "apt-get", "apt", "aptitude": return command.arguments.first(where: isOfApt)
        case "uv" where command.has("pip"): return command.arguments.first(where: isOfPip)
        case let program where program.hasPrefix("pip") || PackageInstall.isPipModule(command.words):
            return command.arguments.first(where: isOfPip)
        default: break
        }
        return PackageInstall(command) == nil ? nil : command.arguments.first(where: isOfOthers)
    }

    /// Whether it is an option, or as much of its name as a program needs to tell it from others.
    private static func isBeginning(_ word: ShellWord, of option: String, from least: String) -> Bool {
        word.text.hasPrefix(least) && option.hasPrefix(word.text)
    }

    /// `--name=false`, also as wget's settings have it.
    private static func isOff(_ word: ShellWord, _ option: String) -> Bool {
        let parts = word.text.split(separator: "=", maxSplits: 1).map { String($0).trimmingBlanks }
        return parts.count == 2 && parts[0].replacing("-", with: "_") == option.replacing("-", with: "_")
            && ["0", "false", "no", "off", "quiet"].contains(parts[1].lowercased())
    }

    /// pip takes the beginning of an option for all of it.
    private static func isOfPip(_ word: ShellWord) -> Bool {
        let name = word.text.prefix { $0 != "=" }
        let isOption = name.utf8.count > 3 && "--trusted-host".hasPrefix(name)
        return isOption || name == "--allow-insecure-host" || name.hasSuffix(".trusted-host") || isPlainHTTP(word)
    }

    private static func isOfApt(_ word: ShellWord) -> Bool {
        let text = word.text.lowercased()
        if ["--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"].contains(text) { return true }
        let parts = text.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { return isPlainHTTP(word) }
        let isOn = ["true", "1", "yes"].contains(parts[1])
        let isOff = ["false", "0", "no"].contains(parts[1])
        return isOn && allowing.contains(where: parts[0].hasSuffix)
            || isOff && ["::verify-peer", "::verify-host"].contains(where: parts[0].hasSuffix) || isPlainHTTP(word)
    }

    private static let allowing = [
        "::allowunauthenticated", "::allowinsecurerepositories", "::allowweakrepositories",
        "::allowdowngradetoinsecurerepositories",
    ]

    private static func isOfOthers(_ word: ShellWord) -> Bool {
        let text = word.text.lowercased()
        return ["--allow-untrusted", "--nogpgcheck", "--no-gpg-checks"].contains(text) || isPlainHTTP(word)
            || ["gpgcheck=0", "gpgcheck=false", "sslverify=0", "sslverify=false"].contains(where: text.hasSuffix)
    }

    private static func unsignedSource(in command: ShellCommand) -> ShellWord? {
        switch command.program {
        case "echo", "printf", "add-apt-repository", "apt-add-repository":
            return command.arguments.first { isUnsignedSource($0.text) }
        case "cat", "tee":
            let isUnsigned = command.redirections.compactMap(\.body).contains { isUnsignedSource($0.text) }
            return isUnsigned ? command.words.first : nil
        default: return nil
        }
    }

    /// What a list of apt's sources says to take packages that nobody has signed.
    static func isUnsignedSource(_ text: String) -> Bool {
        text.split(separator: "\n").contains { line in
            let line = line.lowercased()
            if line.hasPrefix("trusted:") { return line.hasSuffix("yes") }
            guard let open = line.firstIndex(of: "["), line[..<open].contains("deb") else { return false }
            let options = line[open...].dropFirst().prefix { $0 != "]" }.split(separator: " ")
            return options.contains { $0 == "trusted=yes" || $0 == "allow-insecure=yes" }
        }
    }

    private static func isShort(_ letter: Character, _ word: ShellWord) -> Bool {
        word.text.hasPrefix("-") && !word.text.hasPrefix("--") && word.text.contains(letter)
            && word.text.dropFirst().allSatisfy(\.isLetter)
    }

    static func isInsecure(_ name: String, _ value: String) -> Bool {
        switch name {
        case "PYTHONHTTPSVERIFY", "NODE_TLS_REJECT_UNAUTHORIZED": value == "0"
        case "GIT_SSL_NO_VERIFY": !value.isEmpty && value != "0" && value != "false"
        case "PIP_TRUSTED_HOST", "UV_INSECURE_HOST": !value.isEmpty
        case "NPM_CONFIG_STRICT_SSL": value == "false"
        default: false
        }
    }

    /// How bad it is that a variable has packages come from an address in clear; `nil` if it does not.
    static func plainIndex(_ name: String, _ value: String) -> Severity? {
        let isIndex =
            ["PIP_", "UV_"].contains(where: name.hasPrefix)
            && ["INDEX_URL", "_INDEX", "FIND_LINKS"].contains(where: name.hasSuffix)
        guard isIndex, isPlainHTTP(ShellWord(value, at: Place(""))) else { return nil }
        return isNear(address: value) ? .warning : .error
    }
}

/// Whom a command calls.
extension InsecureOption {
    private static func isPlainHTTP(_ word: ShellWord) -> Bool {
        WebAddress.all(in: word.text).contains { $0.isPlainHTTP && !isOwn($0) }
    }

    private static func isOwn(_ command: ShellCommand) -> Bool {
        let addresses = addresses(command)
        return !addresses.isEmpty && addresses.allSatisfy(isOwn)
    }

    private static func isNear(_ command: ShellCommand) -> Bool { areNear(addresses(command)) }

    static func isNear(address: String) -> Bool { areNear(WebAddress.all(in: address)) }

    private static func areNear(_ addresses: [WebAddress]) -> Bool {
        !addresses.isEmpty && addresses.allSatisfy { isOwn($0) || $0.isNeighbour }
    }

    private static func addresses(_ command: ShellCommand) -> [WebAddress] {
        command.arguments.flatMap { WebAddress.all(in: $0.text) }
    }

    private static func isOwn(_ address: WebAddress) -> Bool {
        // What a variable stands for is not known, and often is the container itself.
        address.isLoopback || address.host.hasPrefix("$")
    }
}
