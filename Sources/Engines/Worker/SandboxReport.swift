// SPDX-License-Identifier: Apache-2.0

/// What `buckler sandbox check` found, for people and for programs.
package struct SandboxReport: Encodable, Sendable {
    package struct Layer: Encodable, Sendable {
        package var name: String
        package var holds: Bool
        package var isRequired: Bool
        /// Why it does not, or what it amounts to.
        package var detail: String
    }

    package var isSound: Bool
    package var layers: [Layer]

    /// Of the launcher's lines: `name TAB holds|missing TAB required|optional TAB detail`; nil if one is none such.
    init?(lines: String) {
        layers = []
        for line in lines.split(separator: "\n") {
            let fields = line.split(separator: "\t", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 4, ["holds", "missing"].contains(fields[1]),
                ["required", "optional"].contains(fields[2])
            else { return nil }
            layers.append(
                Layer(
                    name: fields[0],
                    holds: fields[1] == "holds",
                    isRequired: fields[2] == "required",
                    detail: fields[3]
                )
            )
        }
        guard !layers.isEmpty else { return nil }
        isSound = layers.allSatisfy { $0.holds || !$0.isRequired }
    }

    /// A sentence for each required layer that does not hold: what to do.
    package var advice: [String] {
        layers.filter { $0.isRequired && !$0.holds }.map { layer in
            "the layer \(layer.name) is required and does not hold here (\(layer.detail)): "
                + "\(Self.remedy(for: layer.name)), or leave it out of --require."
        }
    }

    private static func remedy(for layer: String) -> String {
        switch layer {
        case "landlock": "run Linux 5.13 or later with landlock in its list of security modules (lsm=)"
        case "seccomp", "no-new-privileges":
            "run a kernel with seccomp filters, and in a container let it make the call seccomp"
        case "one-shot-exec": "take away the outer seccomp filter that has a listener"
        case "uid": "start as an ordinary user, or leave root the capabilities SETUID, SETGID and KILL"
        case "cgroup": "delegate a cgroup with memory, pids and cpu to this user"
        case "user-namespace", "mount-namespace", "pid-namespace", "ipc-namespace", "uts-namespace",
            "network-namespace", "read-only-binds", "private-tmp":
            "allow user namespaces (user.max_user_namespaces; on Ubuntu "
                + "kernel.apparmor_restrict_unprivileged_userns; in a container its seccomp profile)"
        default: "see Docs/Sandbox.md"
        }
    }
}
