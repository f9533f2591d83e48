// SPDX-License-Identifier: Apache-2.0

/// A path of the host as a mount names it, with `.` and `..` followed as far as the text tells.
struct HostPath {
    enum Start {
        case root
        /// `~`, `$HOME`
        case home
        /// `.`, `$PWD`, a variable: nobody knows where that is.
        case unknown
    }

    private(set) var start: Start
    /// How many directories above its start it is.
    private(set) var climbed = 0
    private(set) var names: [Substring] = []

    init(_ text: String) {
        var parts = text.split(separator: "/", omittingEmptySubsequences: false)[...]
        let first = parts.popFirst() ?? ""
        if text.hasPrefix("/") {
            start = .root
        } else if first == "$HOME" || first == "${HOME}" || first.hasPrefix("~") {
            start = .home
        } else {
            start = .unknown
            if first != "", first != ".", !first.hasPrefix("$"), !first.hasPrefix("`") { follow(first) }
        }
        for part in parts where part != "" && part != "." { follow(part) }
    }

    private mutating func follow(_ part: Substring) {
        if part != ".." {
            names.append(part)
        } else if names.popLast() == nil, start != .root {
            climbed += 1
        }
    }

    /// From the root on, if it is that far up: a home is beneath one directory as a rule.
    private var absolute: String? {
        switch start {
        case .root: "/" + names.joined(separator: "/")
        case .home where climbed == 1: "/home"
        case .home where climbed > 1, .unknown where climbed > 1 && !names.isEmpty: "/" + names.joined(separator: "/")
        case .home, .unknown: nil
        }
    }

    /// Whether everybody on a machine, or in a container, may put files there.
    var isWritableByAll: Bool {
        start == .root && [["tmp"], ["var", "tmp"], ["dev", "shm"]].contains { names.starts(with: $0) }
    }

    /// How bad it is to give a container this path; `nil` for what may well be meant for it.
    var danger: Severity? {
        if let absolute {
            guard !Self.isBeneath(absolute, Self.harmless), !Self.devices.contains(where: absolute.hasPrefix) else {
                return nil
            }
            if Self.shared.contains(absolute) { return .error }
            if Self.isBeneath(absolute, Self.owned) { return .error }
            if let first = Self.name(in: absolute, beneath: "/etc/") {
                return Self.settings.contains(first) || first.hasPrefix("cron") ? .error : .warning
            }
        } else if names.isEmpty {
            // From where files of projects lie it is not far to the root.
            if start == .home || climbed > 2 { return .error }
            if climbed == 2 { return .warning }
        }
        return names.contains { Self.secrets.contains(String($0)) } ? .error : nil
    }

    private static func isBeneath(_ path: String, _ roots: [String]) -> Bool {
        roots.contains { path == $0 || path.hasPrefix($0 + "/") }
    }

    private static func name(in path: String, beneath directory: String) -> String? {
        path.hasPrefix(directory) ? String(path.dropFirst(directory.count).prefix { $0 != "/" }) : nil
    }

    private static let harmless = [
        "/etc/localtime", "/etc/timezone", "/etc/ssl/certs", "/etc/pki/ca-trust", "/etc/ca-certificates",
    ]
    /// Shared memory and GPUs are passed in as files.
    private static let devices = ["/dev/shm", "/dev/nvidia", "/dev/dri"]
    /// What is beneath them may be anyone's.
    private static let shared: Set<String> = [
        "/", "/etc", "/home", "/var", "/usr", "/var/run", "/run", "/var/lib", "/lib", "/opt",
    ]
    private static let owned = [
        "/root", "/proc", "/sys", "/dev", "/boot", "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/lib/modules",
        "/var/lib/docker", "/var/lib/containerd", "/var/lib/kubelet", "/var/log", "/var/spool/cron", "/run/docker",
        "/run/containerd", "/var/run/docker", "/var/run/containerd",
    ]
    /// What in `/etc` says who may do what on the host, or what it runs; the rest is some program's own.
    private static let settings: Set<String> = [
        "cni", "containerd", "crio", "default", "docker", "environment", "fstab", "group", "gshadow", "hosts", "init.d",
        "kubernetes", "ld.so.conf", "ld.so.conf.d", "ld.so.preload", "modprobe.d", "netplan", "nsswitch.conf", "pam.d",
        "passwd", "pki", "polkit-1", "profile", "profile.d", "rancher", "security", "shadow", "ssh", "ssl", "sudoers",
        "sudoers.d", "sysconfig", "sysctl.d", "systemd", "udev",
    ]
    private static let secrets: Set<String> = [
        ".ssh", ".aws", ".kube", ".docker", ".gnupg", ".netrc", "id_rsa", "id_ed25519",
    ]
}
