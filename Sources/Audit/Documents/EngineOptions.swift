// SPDX-License-Identifier: Apache-2.0

/// An option of a command of docker, podman or nerdctl, by its long name where it has one.
struct EngineOption {
    var name: String
    /// `true` of a switch that stands alone.
    var value: Located<String>

    var isOn: Bool { !["false", "f", "0"].contains(value.value.lowercased()) }
}

/// How options are written: `--name value`, `--name=value`, `-it`, `-v/data:/data`, `-v=/data:/data`.
struct EngineOptions {
    /// Long names of those that take no word after them.
    var switches: Set<String>
    var shortNames: [Character: String]

    /// Takes options off the front, up to the first word that is none.
    func take(from rest: inout ArraySlice<ShellWord>) -> [EngineOption] {
        var options: [EngineOption] = []
        while let word = rest.first, word.text.hasPrefix("-") || standsForOptions(word, before: rest.dropFirst().first)
        {
            rest = rest.dropFirst()
            if word.text == "--" { break }
            if word.text.hasPrefix("--") {
                options.append(long(word, &rest))
            } else if word.text.hasPrefix("-") {
                options += short(word, &rest)
            }
        }
        return options
    }

    /// Whether a variable stands for options, and not for the image, by its name or by what comes behind it.
    private func standsForOptions(_ word: ShellWord, before next: ShellWord?) -> Bool {
        guard word.isExpanded, word.text.hasPrefix("$") else { return false }
        let name = word.text.uppercased()
        if ["OPT", "ARG", "FLAG", "PARAM"].contains(where: name.contains) { return true }
        if ["IMAGE", "IMG", "TAG", "REPO", "NAME", "CONTAINER", "TARGET"].contains(where: name.contains) {
            return false
        }
        guard let next, next.text.hasPrefix("-"), !name.contains(where: \.isNumber) else { return false }
        return isKnown(next.text)
    }

    /// Whether it is an option of the engine's: behind the image stand those of its program.
    private func isKnown(_ option: String) -> Bool {
        guard option.hasPrefix("--") else {
            return option.utf8.count > 1
                && option.dropFirst().prefix(2).allSatisfy { shortNames[$0] != nil || $0 == "/" }
        }
        let name = String(option.dropFirst(2).prefix { $0 != "=" })
        return switches.contains(name) || shortNames.values.contains(name) || Self.others.contains(name)
    }

    /// Long names alone, of what gives a container something of its host.
    private static let others: Set<String> = [
        "add-host", "cap-add", "cgroupns", "device", "entrypoint", "gpus", "group-add", "ipc", "mount", "net",
        "network",
        "pid", "restart", "runtime", "security-opt", "shm-size", "ulimit", "userns", "uts", "volumes-from",
    ]

    private func long(_ word: ShellWord, _ rest: inout ArraySlice<ShellWord>) -> EngineOption {
        let body = word.text.dropFirst(2)
        guard let equals = body.firstIndex(of: "=") else { return option(String(body), of: word, &rest) }
        let value = Located(String(body[body.index(after: equals)...]), at: word.place)
        return EngineOption(name: String(body[..<equals]), value: value)
    }

    /// Letters of switches, then at most one that takes what follows it in the word, or the next word.
    private func short(_ word: ShellWord, _ rest: inout ArraySlice<ShellWord>) -> [EngineOption] {
        var options: [EngineOption] = []
        var letters = word.text.dropFirst()
        while let letter = letters.popFirst() {
            let name = shortNames[letter] ?? String(letter)
            if letters.isEmpty { return options + [option(name, of: word, &rest)] }
            if letters.first != "=", switches.contains(name) {
                options.append(EngineOption(name: name, value: Located("true", at: word.place)))
                continue
            }
            if letters.first == "=" { letters = letters.dropFirst() }
            return options + [EngineOption(name: name, value: Located(String(letters), at: word.place))]
        }
        return options
    }

    /// What is not known as a switch takes the next word, unless that is an option itself.
    private func option(_ name: String, of word: ShellWord, _ rest: inout ArraySlice<ShellWord>) -> EngineOption {
        guard !switches.contains(name), let next = rest.first, !next.text.hasPrefix("-") || Int(next.text) != nil else {
            return EngineOption(name: name, value: Located("true", at: word.place))
        }
        rest = rest.dropFirst()
        return EngineOption(name: name, value: next.located)
    }
}

extension EngineOptions {
    /// Before the verb, of docker, podman and nerdctl alike.
    static let global = EngineOptions(
        switches: [
            "debug", "debug-full", "experimental", "help", "insecure-registry", "noout", "remote", "syslog", "tls",
            "tlsverify", "transient-store", "version",
        ],
        shortNames: [
            "D": "debug", "H": "host", "a": "host", "c": "context", "l": "log-level", "n": "namespace", "r": "remote",
            "v": "version",
        ]
    )

    /// Between `compose` and its verb.
    static let compose = EngineOptions(
        switches: ["all-resources", "compatibility", "dry-run", "help", "tls", "tlsverify", "verbose", "version"],
        shortNames: ["D": "verbose", "H": "host", "c": "context", "f": "file", "p": "project-name", "v": "version"]
    )

    private static let ofContainers: Set<String> = [
        "detach", "disable-content-trust", "env-host", "help", "http-proxy", "init", "interactive", "net-host",
        "no-healthcheck",
        "no-hostname", "no-hosts", "oom-kill-disable", "passwd", "privileged", "publish-all", "quiet", "read-only",
        "read-only-tmpfs", "replace", "rm", "rmi", "rootfs", "sig-proxy", "tls-verify", "tty", "unsetenv-all",
        "use-api-socket",
    ]
    private static let lettersOfContainers: [Character: String] = [
        "P": "publish-all", "a": "attach", "c": "cpu-shares", "d": "detach", "e": "env", "h": "hostname",
        "i": "interactive", "l": "label", "m": "memory", "p": "publish", "q": "quiet", "t": "tty", "u": "user",
        "v": "volume", "w": "workdir",
    ]

    /// Of `run` and `create`.
    static let run = EngineOptions(switches: ofContainers, shortNames: lettersOfContainers)

    /// Of `exec`, and of compose's `run` and `exec`.
    static let exec = EngineOptions(
        switches: ofContainers.union([
            "build", "latest", "no-TTY", "no-deps", "no-tty", "quiet-build", "quiet-pull", "remove-orphans",
            "service-ports", "use-aliases",
        ]),
        shortNames: lettersOfContainers.merging(["T": "no-TTY", "l": "latest"]) { $1 }
    )

    /// Of `service create`.
    static let service = EngineOptions(
        switches: ofContainers.union(["no-resolve-image", "with-registry-auth"]),
        shortNames: lettersOfContainers
    )

    /// Of `volume create`.
    static let volume = EngineOptions(
        switches: ["help", "ignore"],
        shortNames: ["d": "driver", "l": "label", "o": "opt"]
    )

    /// Of `build`.
    static let build = EngineOptions(
        switches: [
            "all-platforms", "check", "compress", "debug", "disable-content-trust", "force-rm", "help", "http-proxy",
            "layers", "load", "no-cache", "no-hosts", "print", "provenance", "pull", "push", "quiet", "rm", "sbom",
            "squash", "squash-all", "tls-verify",
        ],
        shortNames: ["D": "debug", "f": "file", "m": "memory", "o": "output", "q": "quiet", "t": "tag", "v": "volume"]
    )
}
