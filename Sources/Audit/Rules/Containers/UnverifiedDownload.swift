// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerUnverifiedDownload = Rule(
        id: "BKL-D026",
        title: "Download is not verified",
        severity: .error,
        why:
            "Without TLS and its certificates, whoever is on the way answers instead of the server and gives what they like.",
        mend: "Use https and drop the option; add a missing authority to the image instead.",
        references: [
            .cwe(295), .cwe(319), .cwe(494), .checkov("CKV2_DOCKER_2"), .checkov("CKV2_DOCKER_3"),
            .checkov("CKV2_DOCKER_4"),
            .checkov("CKV2_DOCKER_5"), .checkov("CKV2_DOCKER_6"),
        ],
        bad: [
            .dockerfile("FROM debian:12\nRUN curl -fskL https://example.org/a.tgz -o a.tgz"),
            .dockerfile("FROM debian:12\nRUN wget --no-check-certificate https://example.org/a"),
            .script("wget --no-check-cert https://example.org/a"),
            .script("wget --check-certificate=off https://example.org/a"),
            .script("wget -e check_certificate=off https://example.org/a"),
            .script("aria2c --check-certificate=false https://example.org/a"),
            .script("curl --insec https://example.org/a -o a"),
            .dockerfile("FROM python:3.11-slim\nRUN pip install --trusted-host pypi.example.org -r requirements.txt"),
            .dockerfile("FROM python:3.11-slim\nRUN pip install -i http://pypi.example.org/simple -r requirements.txt"),
            .dockerfile("FROM debian:12\nRUN apt-get install -y --allow-unauthenticated a=1"),
            .dockerfile("FROM debian:12\nRUN GIT_SSL_NO_VERIFY=1 git clone https://example.org/a"),
            .dockerfile("FROM debian:12\nENV PYTHONHTTPSVERIFY=0"),
            .dockerfile("FROM debian:12\nARG URL=http://example.org/a.tgz\nRUN curl -fsSLo a.tgz $URL"),
            .script("for o in -fskL; do curl $o https://example.org/a.tgz -o a.tgz; done"),
            .script("git -c http.sslVerify=false clone https://example.org/a"),
            .dockerfile("FROM python:3.11-slim\nRUN pip --trusted-host pypi.example.org install x==1"),
            .dockerfile("FROM python:3.11-slim\nRUN python3 -I -m pip --index-url http://p.example/s download x==1"),
            .dockerfile("FROM python:3.11-slim\nRUN uv --allow-insecure-host=p.example pip install x==1"),
            .dockerfile("FROM python:3.11-slim\nRUN pip install --trusted p.example x==1"),
            .dockerfile("FROM python:3.11-slim\nRUN pip config set global.trusted-host p.example"),
            .dockerfile("FROM python:3.11-slim\nRUN pip config --user set global.index-url http://p.example/simple"),
            .dockerfile("FROM python:3.11-slim\nENV PIP_INDEX_URL=http://p.example/simple"),
            .dockerfile("FROM miniconda:24\nRUN conda config --set ssl_verify no"),
            .dockerfile("FROM debian:12\nRUN echo 'deb [arch=amd64 trusted=yes] http://e.example/deb ./' >/etc/a.list"),
            .dockerfile("FROM debian:12\nCOPY <<EOF /etc/apt/sources.list.d/a.sources\nTypes: deb\nTrusted: yes\nEOF"),
            .dockerfile("FROM debian:12\nRUN apt-get -o Acquire::AllowInsecureRepositories=true update"),
            .dockerfile("FROM debian:12\nRUN apt-get install -y -oAcquire::https::Verify-Peer=false a=1"),
            .dockerfile("FROM rockylinux:9\nRUN dnf --setopt=gpgcheck=0 install -y a-1"),
            .dockerfile("FROM debian:12\nRUN wget -O a http://e.example/a && echo '01 a' | sha256sum -c || true"),
        ],
        good: [
            .dockerfile("FROM debian:12\nRUN curl -fsSL https://example.org/a.tgz -o a.tgz && sha256sum -c a.sum"),
            .dockerfile("FROM debian:12\nHEALTHCHECK CMD curl -fk https://localhost:8000/livez"),
            .script("curl -k https://127.0.0.1:8000/v2/health/ready"),
            .script("echo 'deb [signed-by=/k.gpg] http://deb.example.org/a b c' >/etc/apt/sources.list.d/a.list"),
            .dockerfile("FROM python:3.11-slim\nRUN pip config set global.index-url https://p.example/simple"),
            .script("conda config --set ssl_verify true"),
            .script("wget --no-cache --no-clobber --check-certificate=on https://example.org/a"),
            .script(
                "curl --interface eth0 https://example.org/a; aria2c --check-certificate=true https://example.org/a"
            ),
            .dockerfile("FROM debian:12\nARG URL=http://example.org/a\nENV URL=https://example.org/a\nRUN curl $URL"),
            .dockerfile(
                "FROM python:3.11-slim\nRUN pip install --index-url https://pypi.example.org/simple -r requirements.txt"
            ),
        ],
        checks: [
            .shellScript { script, findings in
                for sequence in script.sequences {
                    for (index, command) in sequence.enumerated() {
                        guard let option = InsecureOption.find(in: command) else { continue }
                        let program = Printed.quoted(command.program)
                        let deed =
                            option.isSource
                            ? "has packages taken that nobody has signed" : "does not verify whom it loads from"
                        findings.add(
                            option.word.place,
                            "\(program) \(deed): \(Printed.quoted(option.word.text))",
                            weaker: Downloads.isChecked(sequence, at: index) ? .note : option.isNear ? .warning : nil
                        )
                    }
                }
            },
            .dockerfile { file, findings in
                for instruction in file.instructions where ["ENV", "ARG"].contains(instruction.keyword) {
                    for pair in instruction.pairs {
                        let name = Printed.quoted(pair.name.value)
                        let value = pair.value?.text ?? ""
                        if InsecureOption.isInsecure(pair.name.value, value) {
                            findings.add(pair.name.place, "\(name) turns the checking of certificates off")
                        } else if let severity = InsecureOption.plainIndex(pair.name.value, value) {
                            findings.add(
                                pair.name.place,
                                "\(name) has packages come without encryption",
                                weaker: severity
                            )
                        }
                    }
                }
                for instruction in file.instructions {
                    for heredoc in instruction.heredocs where instruction.keyword != "RUN" {
                        guard InsecureOption.isUnsignedSource(heredoc.body.text) else { continue }
                        findings.add(heredoc.body.place(0), "packages are taken that nobody has signed")
                    }
                }
            },
        ]
    )
}
