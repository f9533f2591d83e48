// SPDX-License-Identifier: Apache-2.0
import Audit
import Testing

@Suite("Files that scripts have written out in them")
struct WrittenTextTests {
    private func audit(_ name: String, _ text: String) -> AuditResult {
        Audit(python: PythonProgram.reader).run(MemoryTree([name: Array(text.utf8)]))
    }

    private func line(_ rule: String, _ result: AuditResult) -> Int? {
        result.findings.first { $0.rule == rule }?.place.line
    }

    private static let unpickling =
        "import pickle\nimport urllib.request as u\npickle.load(u.urlopen('https://a.example'))\n"

    @Test(
        "Python that an interpreter reads, or that is put into a file, is read",
        arguments: [
            ("Dockerfile", "FROM python:3.11\nRUN python3 <<EOF\n"), ("run.sh", "set -e\npython3 - <<'EOF'\n"),
            ("run.sh", "X=1\ncat <<EOF > x.py\n"), ("run.sh", "\ncat <<\"EOF\" | sudo tee /opt/x.py\n"),
            ("run.sh", "\ncat <<EOF | exec python3.11 -u\n"), ("run.sh", "if a; then\npython <<EOF | grep a\n"),
            ("Dockerfile", "FROM python:3.11\nRUN <<EOF cat > /x.py\n"), ("run.sh", "set -e\npypy3 - <<'EOF'\n"),
            ("run.sh", "cat > x.pyw <<EOF\n"), ("Dockerfile", "FROM python:3.11\nCOPY <<EOF /x.PYW\n"),
            ("run.sh", "cat > x <<EOF\n#!/usr/bin/env pypy3\n"),
            ("Dockerfile", "FROM python:3.11\nCOPY <<EOF /x\n#!/usr/bin/env -S uv run\n"),
            ("Dockerfile", "FROM python:3.11\nRUN cat <<EOF | ssh a \"python3 -\" && python3 - <<EOF\nEOF\n"),
        ]
    )
    func python(_ name: String, _ start: String) {
        let result = audit(name, start + Self.unpickling + "EOF\n")
        let before = start.split(separator: "\n", omittingEmptySubsequences: false).count - 1
        #expect(line("BKL-P002", result) == before + 3, "\(result)")
        #expect(result.unreadable.isEmpty, "\(result.unreadable)")
    }

    @Test("Python that a service has its image run is read")
    func ofImages() {
        let run = "python3 - <<EOF\\n" + Self.unpickling.replacing("\n", with: "\\n") + "EOF"
        let text = "import bentoml\nimage = bentoml.images.Image(base_image='a:1').run(\"\(run)\")\n"
        let result = audit("service.py", text)
        #expect(line("BKL-P002", result) != nil, "\(result)")
        #expect(result.unreadable.isEmpty, "\(result.unreadable)")
    }

    @Test("A script of the build that says it is Python's is read as that")
    func program() {
        let result = audit("Dockerfile", "FROM python:3.11\nRUN <<EOF\n#!/usr/bin/env python3\n\(Self.unpickling)EOF\n")
        #expect(line("BKL-P002", result) == 6, "\(result)")
    }

    @Test("What the shell puts in is a name to Python")
    func expansions() {
        let text =
            "python3 - <<EOF\na = $A\nb = ${B:-1} + $(id -u) + `id`\nprint('\\$5 $', a, $@)\n\(Self.unpickling)EOF\n"
        let result = audit("run.sh", text)
        #expect(line("BKL-P002", result) == 7, "\(result)")
        #expect(result.unreadable.isEmpty, "\(result.unreadable)")
    }

    @Test("Python that is none is told; other programs' texts are not read as it")
    func otherPrograms() {
        #expect(!audit("run.sh", "python3 - <<EOF\na = (\nEOF\n").unreadable.isEmpty)
        for start in ["python3 a.py", "cat", "python3 -c 'x'", "python3 -m a", "ruby", "cat > a.txt", "python2"] {
            let result = audit("run.sh", "\(start) <<EOF\n\(Self.unpickling)EOF\n")
            #expect(line("BKL-P002", result) == nil && result.unreadable.isEmpty, "\(start): \(result)")
        }
    }

    private static let pod =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: $IMAGE\n"
        + "    securityContext:\n      privileged: true\n"
    private static let services = "services:\n  a:\n    image: a:1\n    privileged: true\n"
    private static let dockerfile = "FROM debian:12\nRUN --security=insecure ./build\n"

    @Test(
        "Manifests, compose files and Dockerfiles that a program is given are read",
        arguments: [
            ("kubectl apply -f - <<EOF", pod, 10), ("kubectl -n a create --filename=- <<'EOF'", pod, 10),
            ("cat <<EOF | sudo kubectl apply -f-", pod, 10), ("cat <<EOF > deploy/a.yaml", pod, 10),
            ("cat <<EOF | tee a.yml >/dev/null", pod, 10), ("oc replace -f /dev/stdin <<EOF", pod, 10),
            ("docker compose -f - up -d <<EOF", services, 5), ("docker-compose --file=- up <<EOF", services, 5),
            ("docker stack deploy -c - a <<EOF", services, 5), ("docker build -t a - <<EOF", dockerfile, 3),
            ("docker buildx build -f - . <<EOF", dockerfile, 3), ("cat > Dockerfile <<EOF", dockerfile, 3),
            ("cat > Dockerfile.gpu <<EOF", dockerfile, 3), ("tee a/gpu-Containerfile <<EOF", dockerfile, 3),
        ]
    )
    func documents(_ start: String, _ text: String, _ line: Int) {
        let result = audit("run.sh", "\(start)\n\(text)EOF\n")
        #expect(self.line("BKL-D001", result) == line, "\(start): \(result)")
        #expect(result.unreadable.isEmpty, "\(result.unreadable)")
    }

    @Test("What a container's commands have in them is read too")
    func containers() {
        let script = "python3 - <<EOF\n\(Self.unpickling)EOF\n".split(separator: "\n").map { "        " + $0 }
        let text = "services:\n  a:\n    image: a:1\n    command:\n    - sh\n    - -c\n    - |\n"
        let result = audit("compose.yaml", text + script.joined(separator: "\n") + "\n")
        #expect(result.findings.contains { $0.rule == "BKL-P002" }, "\(result)")
    }

    @Test("Tabs before lines do not count where the script says so")
    func tabs() {
        let lines = Self.services.split(separator: "\n").map { "\t" + $0 + "\n" }.joined()
        #expect(line("BKL-D001", audit("run.sh", "docker compose -f - up <<-EOF\n\(lines)\tEOF\n")) == 5)
    }

    @Test("What is printed for a program is read as well")
    func printed() {
        let text = "echo '{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"spec\":{\"hostPID\":true}}' | kubectl apply -f -\n"
        #expect(line("BKL-D016", audit("run.sh", text)) == 1)
    }

    @Test("What cannot be read is told where it is exact")
    func unreadable() {
        #expect(!audit("run.sh", "kubectl apply -f - <<EOF\na: [\nEOF\n").unreadable.isEmpty)
        #expect(!audit("run.sh", "cat > a.yaml <<EOF\na: [\nEOF\n").unreadable.isEmpty)
        #expect(audit("run.sh", "cat > a.yaml <<EOF\na: b\n$MORE\nEOF\n").unreadable.isEmpty)
    }

    @Test("Files in files, and many of them, have an end")
    func bounds() {
        var text = "true\n"
        for depth in 0..<40 {
            text = "docker build - <<E\(depth)\nFROM a\nRUN <<R\(depth)\n\(text)R\(depth)\nE\(depth)\n"
        }
        #expect(!audit("run.sh", text).unreadable.isEmpty)
        let many = String(repeating: "kubectl apply -f - <<EOF\na: b\nEOF\n", count: 40)
        #expect(audit("run.sh", many).unreadable.count == 1)
        let open = "python3 - <<EOF\nx = '" + String(repeating: "${", count: 100_000) + "'\nEOF\n"
        #expect(audit("run.sh", open).unreadable.isEmpty)
    }

    @Test(
        "What a shell puts in as lines of their own hides no other line, and is not told",
        arguments: [
            "kubectl apply -f - <<EOF\n", "cat <<EOF | envsubst | kubectl apply -f -\n",
            "envsubst <<'EOF' | kubectl apply -f -\n", "$KUBECTL apply -f - <<'EOF'\n", "cat > pod.yaml <<EOF\n",
        ]
    )
    func openLines(_ start: String) {
        let text =
            "\(start)kind: Pod\napiVersion: v1\nmetadata:\n  labels:\n$LABELS\n  annotations:\n    a: |\n"
            + "$(sed 's/^/  /' a)\nspec:\n  hostPID: true\nEOF\n"
        let result = audit("run.sh", text)
        #expect(line("BKL-D016", result) == 11)
        #expect(result.unreadable.isEmpty)
    }
}
