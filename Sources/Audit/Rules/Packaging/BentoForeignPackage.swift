// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoForeignPackage = Rule(
        id: "BKL-B016",
        title: "A package comes from an address that can change",
        severity: .warning,
        why: "A branch, or a file without a hash, is whatever lies there when the image is built.",
        mend: "git+https://…@ and the whole commit, or `git checkout` of it; or an address with #sha256=….",
        references: [.cwe(494), .cwe(829), .owasp("A08:2025")],
        bad: [
            .file("requirements.txt", "git+https://github.com/example/a.git@main#egg=a\n"),
            .file("requirements.txt", "a @ https://files.example/a-1.0-py3-none-any.whl\n"),
            .file("bentofile.yaml", "service: 'a:b'\npython:\n  packages: ['git+https://github.com/example/a.git']\n"),
            .file(
                "poetry.lock",
                "[[package]]\nname = 'a'\nversion = '1'\n[package.source]\ntype = 'git'\nurl = 'https://h.example/a.git'\n"
                    + "reference = 'main'\n"
            ),
            .file("requirements.txt", "-r https://files.example/r.txt\n"),
            .file("requirements.txt", "-c https://raw.githubusercontent.com/a/b/main/c.txt\nflask==3.0.0\n"),
            .file("bentofile.yaml", "service: 'a:b'\npython:\n  pip_args: '-c https://files.example/c.txt'\n"),
            .dockerfile("FROM python:3.11-slim\nRUN pip install \"git+https://github.com/x/y@main\""),
            .dockerfile("FROM python:3.11-slim\nRUN pip install 'y @ https://files.example/y-1.0-py3-none-any.whl'"),
            .dockerfile("FROM python:3.11-slim\nRUN uv pip install --system git+https://$TOKEN@github.com/x/y"),
            .dockerfile("FROM python:3.11-slim\nRUN uv tool install git+https://github.com/x/y"),
            .script("python3 -m pip install -U -e git+ssh://git@github.com/x/y.git#egg=y"),
            .script("pip install --requirement=https://files.example/r.txt"),
            .script("git clone https://github.com/x/y && pip install ./y"),
            .script(
                "git clone --depth 1 -b main https://github.com/x/y.git /opt/y; cd /opt/y; pip install -e '.[all]'"
            ),
            .dockerfile("FROM debian:12\nRUN git clone git@github.com:x/y.git /y\nRUN make -C /y install"),
            .dockerfile("FROM debian:12\nRUN git clone https://github.com/x/y /opt/y\nWORKDIR /opt/y\nRUN make"),
            .script("npm install git+https://github.com/x/y.git"),
            .script("cargo install --git https://github.com/x/y --tag v1"),
            .script("git clone https://github.com/x/y && cd y && git checkout main && ./configure && make install"),
        ],
        good: [
            .file(
                "poetry.lock",
                "[[package]]\nname = 'a'\nversion = '1'\n[package.source]\ntype = 'git'\nurl = 'https://h.example/a.git'\n"
                    + "resolved_reference = '0123456789012345678901234567890123456789'\n"
            ),
            .file(
                "requirements.txt",
                "git+https://github.com/example/a.git@0123456789012345678901234567890123456789\n-e .\n"
            ),
            .file(
                "requirements.txt",
                "a @ https://files.example/a-1.0-py3-none-any.whl#sha256=0123\n./wheels/b-1.0.whl\n"
            ),
            .file(
                "requirements.txt",
                "-r https://raw.githubusercontent.com/a/b/0123456789012345678901234567890123456789/r.txt\n"
                    + "-c ../constraints.txt\n"
            ),
            .dockerfile(
                "FROM python:3.11-slim\nRUN pip install "
                    + "git+https://github.com/x/y@0123456789012345678901234567890123456789 "
                    + "https://files.example/y.whl#sha256=0123 -i https://pypi.example/simple ./z --find-links "
                    + "https://download.example/whl/list.html"
            ),
            .script("pip install git+https://github.com/x/y@${COMMIT}"),
            .script(
                "git clone https://github.com/x/y && cd y && "
                    + "git checkout 0123456789012345678901234567890123456789 && pip install ."
            ),
            .script("git clone https://github.com/x/y; cd y; git checkout $COMMIT; make install"),
            .dockerfile("FROM debian:12\nRUN git clone https://github.com/x/y /y\nWORKDIR /z\nRUN make"),
            .script("cargo install --git https://github.com/x/y --rev 0123456789012345678901234567890123456789"),
            .script("npm install --registry https://npm.example/ a@1.0.0 ./b.tgz; cargo install a"),
            .script("git clone https://github.com/x/y && cp y/a.txt . && pip install ."),
            .script("cd app && git clone ../y && make -C y && git clone https://github.com/x/z"),
        ],
        checks: [
            .bentoBuild { build, findings in
                foreign(build.packages, weaker: nil, &findings)
                foreign(PackageSource.all(of: build), &findings)
            },
            .requirements { file, findings in
                // A manifest may name a branch where a lock holds the commit.
                foreign(file.requirements, weaker: file.kind == .manifest ? .note : nil, &findings)
                foreign(PackageSource.all(of: file), &findings)
            },
            .shellScript { script, findings in
                var clones = ClonedSources()
                for (index, sequence) in script.sequences.enumerated() {
                    clones.begin(in: script.directories[index])
                    for command in sequence {
                        foreign(command, &findings)
                        guard let clone = clones.take(command) else { continue }
                        findings.add(
                            clone.address.place,
                            "what is installed from \(Printed.quoted(clone.address.text)) is whatever lies there at the time",
                            weaker: clone.isVersion ? .note : nil
                        )
                    }
                }
            },
        ]
    )

    /// Files of requirements that lie elsewhere.
    private static func foreign(_ sources: [PackageSource], _ findings: inout Findings) {
        for source in sources where source.kind == .requirements {
            judge(file: source.value, at: source.place, &findings)
        }
    }

    /// - Parameter file: what `-r` or `-c` is given.
    private static func judge(file: String, at place: Place, _ findings: inout Findings) {
        guard file.contains("://"), !file.hasPrefix("file:"), !file.contains("$"), !Commit.isNamed(in: file) else {
            return
        }
        findings.add(place, "the requirements at \(Printed.quoted(file)) are whatever lies there at the time")
    }

    private static func foreign(_ command: ShellCommand, _ findings: inout Findings) {
        if command.program == "cargo", command.has("install"), !command.words.contains(where: isFixed) {
            let option = command.words.firstIndex { $0.text == "--git" }
            if let option, option + 1 < command.words.count { judge(package: command.words[option + 1], &findings) }
        }
        guard let install = PackageInstall(command), install.installer == .pip || install.installer == .npm else {
            return
        }
        if install.installer == .npm {
            for package in install.packages where package.text.contains("://") && !isFixed(package) {
                judge(package: package, &findings)
            }
            return
        }
        for file in install.values where ["-r", "--requirement", "-c", "--constraint"].contains(file.option) {
            judge(file: file.value.text, at: file.value.place, &findings)
        }
        let words = install.packages + install.values.filter { ["-e", "--editable"].contains($0.option) }.map(\.value)
        let packages = words.filter { !$0.hasOpenEnd }.map { Requirement($0.text, place: $0.place) }
        foreign(packages, weaker: nil, &findings)
    }

    private static func isFixed(_ word: ShellWord) -> Bool { word.text.contains("$") || Commit.isNamed(in: word.text) }

    private static func judge(package: ShellWord, _ findings: inout Findings) {
        findings.add(package.place, "package \(Printed.quoted(package.text)) is whatever lies there at the time")
    }

    private static func foreign(_ packages: [Requirement], weaker: Severity?, _ findings: inout Findings) {
        for package in packages where !package.isPinned {
            guard let address = package.address, address.contains("://") || address.hasPrefix("git@") else { continue }
            findings.add(
                package.place,
                "package \(Printed.quoted(address)) is whatever lies there at the time",
                weaker: weaker
            )
        }
    }
}

extension ShellWord {
    /// Whether a variable that nobody knows may say the commit.
    fileprivate var hasOpenEnd: Bool { text[(text.lastIndex(of: "@") ?? text.startIndex)...].contains("$") }
}
