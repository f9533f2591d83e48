// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonSystemPath = Rule(
        id: "BKL-P007",
        title: "A file of the system is opened",
        severity: .error,
        why:
            "Accounts, keys and the settings of processes are what an attacker looks for first; model code has "
            + "no need of them.",
        mend: "Read only what lies beside the model, and hand secrets over by the server's own means.",
        references: [.cwe(200), .cwe(552), .owasp("A01:2025"), .sheet("Triton: Sandbox Custom Backend Code")],
        bad: [
            .file(
                "model.py",
                """
                class TritonPythonModel:
                    def execute(self, requests):
                        open("/etc/passwd", "r")
                """
            ),
            .file("b.py", "from pathlib import Path\nkey = Path('/root/.ssh/id_rsa').read_text()\n"),
        ],
        good: [
            .file("a.py", "open('/opt/models/a.bin', 'rb')\nopen('/dev/null')\nopen('/proc/meminfo')\n"),
            .file("c.py", "open('/var/run/secrets/hugging_face/password')\nopen('/run/secrets/key')\n"),
            .file("b.py", "BANNED = ['/etc/passwd']\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls {
                    guard let position = PythonNames.paths[call.name],
                        let path = call.argument("file", at: position)?.text, let severity = severity(ofPath: path)
                    else { continue }
                    let message = "\(call.printedName) is given \(Printed.quoted(path)), a file of the system"
                    findings.add(call.place, message, weaker: severity)
                }
            }
        ]
    )

    private static let secretPaths = [
        "/etc/passwd", "/etc/shadow", "/etc/sudoers", "/root/", "/run/docker.sock", "/proc/self/environ", "/proc/1/",
        "/proc/self/mem",
        "/etc/kubernetes",
    ]

    /// What a pod may do at the cluster's own interface.
    private static let accountPath = "/run/secrets/kubernetes.io"

    private static let systemPaths = [
        "/etc/", "/boot/", "/sys/", "/proc/", "/dev/", "/run/", "/var/log/", "/usr/", "/bin/",
    ]

    private static let harmless = [
        "/dev/null", "/dev/urandom", "/dev/random", "/dev/shm/", "/dev/stdin", "/dev/stdout", "/dev/stderr",
        "/dev/nvidia",
        "/proc/meminfo", "/proc/cpuinfo", "/proc/self/", "/proc/stat", "/proc/loadavg", "/etc/ssl/",
        "/etc/os-release",
        "/run/secrets/", "/etc/hostname", "/etc/localtime", "/sys/fs/cgroup", "/usr/share/", "/usr/local/", "/usr/lib/",
    ]

    private static func severity(ofPath written: String) -> Severity? {
        // `/var/run` is a link to it.
        let path = written.hasPrefix("/var/run/") ? String(written.dropFirst(4)) : written
        if path.hasPrefix(accountPath) { return .warning }
        if path.contains("/.ssh/") || path.contains("/.aws/") || secretPaths.contains(where: path.hasPrefix) {
            return .error
        }
        if harmless.contains(where: path.hasPrefix) { return nil }
        return systemPaths.contains(where: path.hasPrefix) ? .warning : nil
    }
}
