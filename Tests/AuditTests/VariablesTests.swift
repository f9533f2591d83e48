// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Audit

@Suite("Variables of compose files and pods")
struct VariablesTests {
    private func findings(_ files: [String: String]) -> [Finding] {
        Audit().run(MemoryTree(files.mapValues { Array($0.utf8) })).findings
    }

    private func rules(_ service: String, _ environment: String, at path: String = ".env") -> Set<String> {
        let compose = "services:\n  a:\n    image: a:1.0\n    " + service + "\n"
        return Set(findings(["compose.yaml": compose, path: environment]).map(\.rule))
    }

    @Test(
        "A .env beside the file counts",
        arguments: [
            ("privileged: ${P}", "P=true", "BKL-D001"), ("privileged: ${P:-false}", "P='true'", "BKL-D001"),
            ("privileged: $P", "export P=\"true\" # all\n", "BKL-D001"), ("user: ${U?no user}", "U: root", "BKL-D002"),
            ("user: ${U}", "A=roo\nU=${A}t", "BKL-D002"), ("volumes: ['${V}:/h']", "# V=/srv\nV=/\n", "BKL-D015"),
            ("network_mode: ${N-bridge}", "N=host\r\n", "BKL-D016"),
            ("command: tritonserver --model-control-mode=${M}", "M=explicit", "BKL-N003"),
        ]
    )
    func environmentFile(_ service: String, _ environment: String, rule: String) {
        #expect(rules(service, environment).contains(rule))
        #expect(!rules(service, environment, at: "b/.env").contains(rule))
        #expect(!rules(service, "OTHER=1").contains(rule))
    }

    @Test("Whatever a service is called, and whatever stands before a value")
    func names() {
        let compose = "services:\n  environment: {image: 'a:1.0', privileged: '${P}'}\n"
        let others = (0..<10_000).map { "A\($0)=x\n" }.joined()
        let found = findings(["compose.yaml": compose, ".env": "\u{FEFF}B=1\n" + others + "P=true\n"])
        #expect(found.contains { $0.rule == "BKL-D001" })
        #expect(EnvironmentFile.variables("\u{FEFF}B=1\r\n", file: "").map(\.value?.value) == ["1"])
    }

    @Test(
        "A value of several lines is left out, and what stands in it sets nothing; lines are those of an excerpt",
        arguments: [
            ("A=\"x\nB=1\ny\" # all\nC=2\n", ["4 C=2"]), ("A='x\nB=\"1\ny'\nC=2\n", ["4 C=2"]),
            ("A=\"x\\\"\nB=1\"\nC=2\n", ["3 C=2"]), ("A=1\nA='x\ny'\n", []),
            ("A=\"x \\\" y\" # z\n", ["1 A=x \" y"]),
            // Programs that know no quotes read each line for itself; those that do refuse such a file.
            ("A=\"x\nB=1\n", ["1 A=x", "2 B=1"]),
            ("A=1\u{2028}x\nB=2\r\nC=3\n", ["1 A=1\u{2028}x", "2 B=2", "3 C=3"]),
        ]
    )
    func lines(_ text: String, _ expected: [String]) {
        let variables = EnvironmentFile.variables(text, file: "")
        #expect(
            variables.map { "\($0.name.place.line ?? 0) \($0.name.value)=\($0.value?.value ?? "")" } == expected
        )
    }

    @Test("Quotes that nothing closes take no time", .timeLimit(.minutes(1)))
    func openQuotes() {
        for line in ["A='x\n", "A=\"x\\\"\n", "A=\"'x\n", "A=\"x\nA='x\n"] {
            #expect(EnvironmentFile.variables(String(repeating: line, count: 100_000), file: "").count <= 1)
        }
    }

    @Test("A safe value stands in the place of a default that is not")
    func safeValue() {
        #expect(!rules("privileged: ${P:-true}", "P=false").contains("BKL-D001"))
        #expect(rules("privileged: ${P:-true}", "P=").contains("BKL-D001"))
    }

    @Test(
        "What a container is given by a file counts",
        arguments: [
            ("env_file: prod.env", "d/prod.env"), ("env_file: ['./x/../prod.env']", "d/prod.env"),
            ("env_file: [{path: ../prod.env, required: false}]", "prod.env"), ("env_file: .env", "d/.env"),
            ("env_file: [other.env, prod.env]", "d/prod.env"),
        ]
    )
    func containerFiles(_ service: String, path: String) throws {
        let compose = "services:\n  a:\n    image: a:1.0\n    " + service + "\n"
        let environment = "# ours\n\nLD_PRELOAD=/models/a.so\nTOKEN=hunter2-4711\n"
        let other = "LD_PRELOAD=/usr/lib/a.so\n"
        let files = ["d/compose.yaml": compose, path: environment, "d/other.env": other]
        let finding = try #require(findings(files).first { $0.rule == "BKL-D067" })
        #expect(finding.place == Place(path, line: 3))
        #expect(!findings(files).contains { $0.message.contains("4711") || ($0.excerpt ?? "").contains("4711") })
        let own = compose + "    environment: [LD_PRELOAD=/usr/lib/a.so]\n"
        #expect(!findings(["d/compose.yaml": own, path: environment]).contains { $0.rule == "BKL-D067" })
        let run = "docker run --env-file \(path.split(separator: "/").last ?? "") a:1.0\n"
        let script = path.hasPrefix("d/") ? "d/run.sh" : "run.sh"
        #expect(findings([script: run, path: environment]).contains { $0.rule == "BKL-D067" })
    }

    @Test("Files give containers so many variables and no more")
    func manyVariables() {
        let services = (0..<200).map { "  a\($0): {image: 'a:1.0', env_file: [/e, ../../e, none, many.env]}\n" }
            .joined()
        let variables = (0..<1000).map { "A\($0)=x\n" }.joined()
        let tree = MemoryTree([
            "compose.yaml": Array(("services:\n" + services).utf8), "many.env": Array(variables.utf8),
        ])
        let problems = Audit().run(tree).unreadable.map(\.message)
        #expect(Set(problems) == ["files give containers more than 65536 variables"])
    }

    @Test("Secrets of a .env are seen nowhere else")
    func secrets() {
        let compose = """
            services:
              a:
                image: a:1.0
                user: ${API_TOKEN}
                environment: {DB_PASSWORD: "${W}", URL: "postgres://a:${W}@db/a"}
                command: ["serve", "--token=${API_TOKEN}", "${K}"]
            """
        let environment = "API_TOKEN=hunter2-4711\nW=hunter3-4711\nK=sk-abcdefghijklmnopqrstuvwxyz0123\n"
        let found = findings(["compose.yaml": compose, ".env": environment])
        let plain = findings(["compose.yaml": compose])
        #expect(found.map(\.rule) == plain.map(\.rule))
        #expect(!found.contains { $0.message.contains("4711") || ($0.excerpt ?? "").contains("4711") })
    }

    @Test("What is put in has bounds")
    func bounds() {
        let value = String(repeating: "x", count: 4000)
        let many = String(repeating: "${V}", count: 100_000)
        var known = KnownVariables(["V": value])
        let text = Interpolation(many, isDoubled: true, known: &known)?.text.count ?? 0
        #expect(text < 2 << 20)
        let doubling = (1...64).map { "A\($0)=${A\($0 - 1)}${A\($0 - 1)}" }.joined(separator: "\n")
        let values = EnvironmentFile.variables("A0=xxxxxxxxxxxxxxxx\n" + doubling, file: "")
        #expect(!values.isEmpty && values.allSatisfy { ($0.value?.value ?? "").utf8.count <= 4 << 20 })
        var pod = PodVariables([])
        #expect(pod.expand(ShellWord(String(repeating: "$(", count: 200_000), at: Place("a"))).text.count == 400_000)
    }

    private func pod(_ lines: String) -> Set<String> {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n" + lines
        return Set(findings(["pod.yaml": text]).map(\.rule))
    }

    @Test("Kubernetes puts variables into commands")
    func podVariables() {
        let set = "    env:\n    - {name: A, value: --model-control-mode}\n    - {name: B, value: $(A)=explicit}\n"
        #expect(
            pod(set + "    command: [tritonserver]\n    args: [--model-repository=/m, $(B)]\n").contains("BKL-N003")
        )
        #expect(pod(set + "    command: [sh, -c, 'tritonserver $(B)']\n").contains("BKL-N003"))
        #expect(!pod(set + "    command: [tritonserver, $$(B), $(C)]\n").contains("BKL-N003"))
        let key = "    env:\n    - {name: API_KEY, value: hunter2-4711}\n"
        #expect(!pod(key + "    command: [tritonserver, --http-restricted-api=a:k=$(API_KEY)]\n").contains("BKL-N013"))
    }
}

@Suite("How bad it is")
struct ContainerSeverityTests {
    private func worst(_ lines: String, _ rule: String) -> Severity? {
        let text = "FROM python:3.11-slim\n" + lines + "\n"
        let found = Audit().run(MemoryTree(["Dockerfile": Array(text.utf8)])).findings
        return found.filter { $0.rule == rule }.map(\.severity).max()
    }

    @Test(
        "Downloads in clear",
        arguments: [
            ("wget -O r.tgz http://e.example/r.tgz && echo \"$SHA *r.tgz\" | sha256sum -c -", Severity.note),
            ("curl -o r.tgz http://e.example/r.tgz; echo '01 r.tgz' | sha256sum --check; tar xf r.tgz", .note),
            ("wget -O r.tgz http://e.example/r.tgz && sha256sum -c r.sum", .error),
            ("wget -O r.tgz http://e.example/r.tgz && echo '01 other' | sha256sum -c -", .error),
            ("wget -O r.tgz http://e.example/r.tgz && echo '01 r.tgz' | sha256sum -c || true", .error),
            ("curl http://host.docker.internal:8080/a", .warning), ("curl http://169.254.169.254/latest", .warning),
            ("git clone http://gitlab:8080/a.git", .warning), ("curl http://2130706434/a", .error),
            ("curl http://gitlab:8080/a http://e.example/b", .error), ("curl http://e.example@evil.example/b", .error),
        ]
    )
    func downloads(_ command: String, severity: Severity) {
        #expect(worst("RUN " + command, "BKL-D026") == severity)
    }

    @Test("Indexes in clear", arguments: [("devpi:3141", Severity.warning), ("p.example", .error)])
    func indexes(_ host: String, severity: Severity) {
        #expect(worst("ENV PIP_INDEX_URL=http://\(host)/simple", "BKL-D026") == severity)
    }

    @Test(
        "Secrets that are none",
        arguments: [
            ("RUN SECRET_KEY=dummy python manage.py collectstatic", Severity.note),
            ("RUN SECRET_KEY=build-time-only python manage.py collectstatic", .note),
            ("RUN DJANGO_SECRET_KEY=\"not-used\" python manage.py collectstatic", .note),
            ("RUN SECRET_KEY=whatever python manage.py collectstatic", .warning),
            ("RUN SECRET_KEY=hunter2-4711 python manage.py collectstatic", .error),
            ("ENV SECRET_KEY=whatever", .error), ("ENV SECRET_KEY=not-the-password1", .error),
        ]
    )
    func secrets(_ line: String, severity: Severity) { #expect(worst(line, "BKL-D020") == severity) }
}

@Suite("Requirements files that others name")
struct NamedRequirementsTests {
    @Test(
        "They are found from where the other lies",
        arguments: [
            ("r.txt", "-r a.in", ["a.in"]), ("b/r.txt", "-c ../c/a.in", ["c/a.in"]), ("/b/r.txt", "-r ./a", ["/b/a"]),
            ("../b/r.txt", "-r ../a", ["../a"]), ("../r.txt", "-r ../a", []), ("r.txt", "-r ../a", []),
            ("r.txt", "-r https://h.example/a\n-r /etc/a", []),
        ]
    )
    func paths(_ file: String, _ text: String, _ named: [String]) throws {
        #expect(try RequirementsReader.read(text, file: file).named == named)
    }

    @Test("Those that name each other are read once")
    func circle() {
        let files = ["requirements.txt": "-r a.in\n", "a.in": "-r requirements.txt\n-r a.in\n-i http://p.example/s\n"]
        let found = Audit().run(MemoryTree(files.mapValues { Array($0.utf8) })).findings
        #expect(found.filter { $0.rule == "BKL-B004" }.map(\.place.file) == ["a.in"])
    }
}

@Suite("Python in Dockerfiles")
struct DockerfilePythonTests {
    private func findings(_ text: String) -> AuditResult {
        Audit(python: PythonProgram.reader).run(
            MemoryTree(["Dockerfile": Array("FROM python:3.11-slim\n\(text)".utf8)])
        )
    }

    @Test(
        "It is judged at its own lines",
        arguments: [
            "COPY <<EOF /app/s.py\nimport pickle\npickle.load(f)\nEOF\n",
            "ADD <<a.py /app/\nimport pickle\npickle.load(f)\na.py\n",
            "COPY <<'EOF' /bin/s\n#!/usr/bin/env python3\n__import__('pickle').load(f)\nEOF\n",
        ]
    )
    func own(_ text: String) {
        let result = findings(text)
        #expect(result.unreadable.isEmpty)
        #expect(result.findings.contains { $0.rule.hasPrefix("BKL-P") && $0.place.line == 4 }, "\(result)")
    }

    @Test("What is no Python is left alone")
    func other() {
        let result = findings("COPY <<EOF /app/s.txt\nimport pickle\npickle.load(f)\nEOF\n")
        #expect(result.unreadable.isEmpty)
        #expect(!result.findings.contains { $0.rule.hasPrefix("BKL-P") })
    }
}
