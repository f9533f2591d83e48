// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerPreloadedLibrary = Rule(
        id: "BKL-D067",
        title: "Every program loads a library from where others may write",
        severity: .error,
        why: """
            The loader takes what `LD_PRELOAD` and `LD_AUDIT` name into every program that starts: a file that comes with a \
            model, or that anyone may put there, runs in the server before its first line.
            """,
        mend: "Name a library of the image, beneath `/usr/lib`, or do without.",
        references: [.cwe(426), .cwe(427), .owasp("A08:2025")],
        bad: [
            .service("image: triton:1.0\nenvironment:\n  LD_PRELOAD: /models/a.so"),
            .container("env:\n- name: LD_PRELOAD\n  value: libjemalloc.so.2:/tmp/a.so"),
            .dockerfile("FROM debian:12\nENV LD_AUDIT=/dev/shm/a.so"),
            .dockerfile("FROM debian:12\nENV LD_PRELOAD=./a.so"),
            .script("docker run -e LD_PRELOAD=/models/../models/a.so triton:1.0"),
            .file("bentofile.yaml", "service: 'a:b'\nenvs:\n- {name: LD_PRELOAD, value: /tmp/a.so}\n"),
            .file("bentofile.yaml", "service: 'a:b'\ndocker:\n  env: [LD_AUDIT=/tmp/a.so]\n"),
            .script("export LD_PRELOAD=/tmp/x.so; exec tritonserver --model-repository=/models"),
            .script("LD_PRELOAD=/tmp/x.so tritonserver --model-repository=/models"),
            .script("X=/tmp/x.so\nLD_PRELOAD=$X exec tritonserver --model-repository=/models"),
            .dockerfile("FROM debian:12\nCMD LD_PRELOAD=/tmp/x.so exec tritonserver"),
            .dockerfile("FROM debian:12\nRUN echo /tmp/x.so > /etc/ld.so.preload"),
            .dockerfile("FROM debian:12\nRUN echo /dev/shm/x.so | tee -a /etc/ld.so.preload"),
            .script("cp preload /etc/ld.so.preload"),
            .dockerfile("FROM debian:12\nCOPY preload /etc/ld.so.preload"),
        ],
        good: [
            .file("bentofile.yaml", "service: 'a:b'\nenvs:\n- {name: LD_PRELOAD, value: libjemalloc.so.2}\n"),
            .dockerfile("FROM debian:12\nENV LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2:$LD_PRELOAD"),
            .service("image: triton:1.0\nenvironment:\n  LD_PRELOAD: libtcmalloc.so.4 /opt/lib/libgomp.so.1"),
            .script("LD_PRELOAD=/usr/lib/libtcmalloc.so.4 tritonserver; rm -f /etc/ld.so.preload"),
            .script("echo /usr/lib/libjemalloc.so.2 >> /etc/ld.so.preload"),
            .dockerfile(
                "FROM debian:12\nENV LD_LIBRARY_PATH=/usr/local/cuda/lib64:${LD_LIBRARY_PATH} PYTHONPATH=/app:."
            ),
        ],
        checks: RuleCheck.environment(judge) + [
            .assignments(judge),
            .shellScript { script, findings in
                for sequence in script.sequences {
                    for index in sequence.indices { judgeList(sequence, at: index, &findings) }
                }
            },
            .dockerfile { file, findings in
                for instruction in file.instructions where ["COPY", "ADD"].contains(instruction.keyword) {
                    guard let target = instruction.words.last, target.text == list else { continue }
                    findings.add(
                        target.place,
                        "\(instruction.keyword) brings \(list), which nobody sees",
                        weaker: .warning
                    )
                }
            },
        ]
    )

    /// What every program loads, whatever its variables are.
    private static let list = "/etc/ld.so.preload"

    /// What a command writes to the list.
    private static func judgeList(_ sequence: [ShellCommand], at index: Int, _ findings: inout Findings) {
        let command = sequence[index]
        let outputs = command.redirections.filter { $0.symbol.hasPrefix(">") }.map(\.target)
        let isCopied = ["cp", "mv", "ln", "install"].contains(command.program) && command.words.last?.text == list
        let isWritten = outputs.contains { $0.text == list } || (command.program == "tee" && command.has(list))
        guard isCopied || isWritten else { return }
        let printers =
            isWritten ? [command] + sequence[..<index].suffix(8).reversed().prefix { $0.connector == .pipe } : []
        let printed = printers.filter { ["echo", "printf"].contains($0.program) }.flatMap(\.arguments)
        for word in printed { judge("LD_PRELOAD", word.located, "a command, in \(list),", &findings) }
        guard printed.isEmpty else { return }
        findings.add(
            command.place,
            "\(Printed.quoted(command.program)) writes \(list) from what is not seen",
            weaker: .warning
        )
    }

    private static func judge(_ name: String, _ value: Located<String>, _ owner: String, _ findings: inout Findings) {
        guard name == "LD_PRELOAD" || name == "LD_AUDIT" else { return }
        for path in value.value.split(whereSeparator: { $0 == ":" || $0 == ";" || $0 == " " }).prefix(100) {
            guard let severity = danger(String(path)) else { continue }
            findings.add(
                value.place,
                "\(owner) is told by \(Printed.quoted(name)) to load what is in \(Printed.quoted(String(path)))",
                weaker: severity
            )
        }
    }

    private static func danger(_ library: String) -> Severity? {
        guard library.contains("/"), !library.contains("$") else { return nil }
        let path = HostPath(library)
        // It depends on where a program is started.
        guard path.start == .root else { return .warning }
        let isOfModel = path.names.contains { models.contains($0.lowercased()) }
        return isOfModel || path.isWritableByAll ? .error : nil
    }

    private static let models: Set<String> = ["models", "model_repository", "model-repository"]
}
