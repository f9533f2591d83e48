// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerWritableCode = Rule(
        id: "BKL-D046",
        title: "Container can write what it is told by",
        severity: .warning,
        why: """
            A server that is broken into changes the script that starts it, its policies, or the keys it trusts, on the host: \
            what was a break-in for a moment is there after every restart.
            """,
        mend: """
            Mount it read-only: `./policies:/srv/policies:ro`, `readonly`. In an image leave code to root: `COPY` without \
            `--chown`, `chown` for data alone.
            """,
        references: [
            .cwe(732), .cwe(276), .cisDocker("5.13"), .sheet("BentoML: Secure BentoML Deployment Configuration"),
        ],
        bad: [
            .service("image: triton:1.0\nvolumes:\n- ./serve.sh:/serve.sh"),
            .service("image: triton:1.0\nvolumes:\n- ./policies:/srv/policies:rw"),
            .service("image: triton:1.0\nvolumes:\n- type: bind\n  source: ./tls/server.crt\n  target: /server.crt"),
            .script("docker run -v $PWD/config:/etc/server triton:1.0"),
            .dockerfile("FROM debian:12\nCOPY --chown=10001:10001 --chmod=0755 app /app\nUSER 10001"),
            .dockerfile("FROM debian:12\nWORKDIR /app\nCOPY . .\nRUN chown -R app:app /app\nUSER app"),
            .dockerfile("FROM debian:12\nENV U=app\nCOPY . /app\nRUN chown -R $U /app\nUSER $U"),
            .dockerfile("FROM debian:12\nCOPY serve.py /srv/x/\nRUN useradd app && chown app: /srv -R\nUSER app:app"),
        ],
        good: [
            .service("image: triton:1.0\nvolumes:\n- ./serve.sh:/serve.sh:ro\n- ./policies:/srv/policies:ro"),
            .service("image: triton:1.0\nvolumes:\n- ./data:/data\n- policies:/srv/policies"),
            .script("docker run --mount type=bind,src=/srv/config,dst=/config,readonly triton:1.0"),
            .dockerfile("FROM debian:12\nCOPY app /app\nRUN mkdir /app/data && chown -R app /app/data\nUSER app"),
            .dockerfile("FROM debian:12\nWORKDIR /home/app\nCOPY --chown=app . .\nRUN chown -R app /app\nUSER app"),
            .dockerfile("FROM debian:12\nCOPY --chown=app --chmod=555 app /app\nCOPY --chown=0 b /b\nUSER app"),
            .dockerfile("FROM debian:12\nCOPY --chown=build a /a\nUSER build\nRUN make\nUSER nobody"),
        ],
        checks: [
            .container { container, findings in
                for mount in container.mounts where mount.kind == .host && !mount.isReadOnly {
                    guard tells(mount.source) || tells(mount.target) else { continue }
                    findings.add(
                        mount.place,
                        "\(container.described) can write \(Printed.quoted(mount.source)) of the host, by which it is told what to do"
                    )
                }
            },
            .dockerfile { file, findings in
                guard let gift = OwnedCode(file).first else { return }
                findings.add(
                    gift.place,
                    "\(gift.giver) gives \(Printed.quoted(gift.path)) to \(Printed.quoted(gift.user)), as whom the image runs: "
                        + "it can change its own code",
                    weaker: .note
                )
            },
        ]
    )

    private static let directories: Set<String> = [
        "policy", "policies", "config", "configs", "conf", "conf.d", "configuration", "certs", "certificates", "tls",
        "ssl", "pki", "keys", "secrets", "scripts", "bin", "sbin",
    ]
    private static let endings: Set<String> = [
        "sh", "bash", "py", "yaml", "yml", "json", "toml", "ini", "cfg", "conf", "pbtxt", "env", "crt", "pem", "key",
        "cer", "properties", "rules",
    ]

    private static func tells(_ path: String) -> Bool {
        guard let name = path.split(separator: "/").last?.lowercased() else { return false }
        if directories.contains(name) { return true }
        let parts = name.split(separator: ".")
        return parts.count > 1 && parts.last.map { endings.contains(String($0)) } ?? false
    }
}
