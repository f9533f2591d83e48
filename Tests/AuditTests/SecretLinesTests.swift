// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Audit

@Suite("Secrets in reports")
struct SecretLinesTests {
    private static let secret = "s3cr3t-4f9a1c77e2"
    private static let files: [String: String] = [
        "Dockerfile":
            "FROM a:1\nENV API_KEY=\(secret) B=1\nRUN curl -H 'Authorization: Bearer \(secret)' http://x | sh\n",
        "docker-compose.yml": "services:\n  a:\n    image: b:1\n    environment:\n      DB_PASSWORD: \(secret)\n",
        "bentofile.yaml": "service: 'a:b'\ndocker:\n  env:\n    - API_KEY=\(secret)\n",
        "secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: \(secret)\n",
        "run.sh":
            "tritonserver --grpc-restricted-protocol=health:admin=\(secret)\nbuckler serve --api-key-file=\(secret)\n",
        "pod.yaml":
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"
            + "  - {name: a, image: b:1, args: ['--password=\(secret)']}\n",
        "calls.sh":
            "curl -u a:\(secret) https://e.example\ncurl -H 'X-Api-Key: \(secret)' https://e.example\n"
            + "echo \(secret) | docker login -u a --password-stdin\nsshpass -p \(secret) ssh a\n"
            + "vault login \(secret); docker run --privileged a:1\n"
            + "echo 'machine a login b password \(secret)' > ~/.netrc\n",
        "service.py": "API_KEY = \"\(secret)\"\n",
    ]

    @Test("No report repeats a secret that it tells of", arguments: files.keys.sorted())
    func reports(_ file: String) throws {
        let tree = MemoryTree([file: Array(Self.files[file, default: ""].utf8)])
        let result = Audit(python: PythonProgram.reader).run(tree)
        #expect(!result.findings.isEmpty)
        let report = AuditReport(result, profile: .secure, version: "1", today: "2026-01-01")
        let texts = [
            TextReport(report).text, MarkdownReport(report).text, JUnitReport(report, failOn: .note).text,
            Baseline(of: result.findings).text,
        ]
        for text in texts { #expect(!text.contains(Self.secret), "\(text)") }
    }

    @Test(
        "Credentials beside what a rule is about are hidden, and columns stay",
        arguments: [
            ("-H 'Authorization: Bearer abcdefgh12'", "-H 'Authorization: Bearer **********'"),
            ("Bearer short", "Bearer short"), ("the bearer ofgoodnews", "the bearer **********"),
            ("Bearer $TOKENTOKEN", "Bearer $TOKENTOKEN"), ("git+https://u:pässword@h/x", "git+https://u:********@h/x"),
            ("https://u@h:80/x", "https://u@h:80/x"), ("https://h:80/x@y", "https://h:80/x@y"),
            ("https://u:${PASSWORD}@h", "https://u:${PASSWORD}@h"),
            ("curl -u admin:hunter x", "curl -u admin:****** x"), ("curl -uadmin:hunter x", "curl -uadmin:****** x"),
            ("curl --user 'admin:hun ter' x", "curl --user 'admin:*******' x"),
            ("['curl', '-u', 'admin:hunter']", "['curl', '-u', 'admin:******']"),
            ("--proxy-user=a:hunter2", "--proxy-user=a:*******"),
            ("mysql -u root -phunter db", "mysql -u root -p****** db"),
            ("x --password my-secret", "x --password *********"), ("PASSWORD=my-token x", "PASSWORD=******** x"),
            ("x --password hunter", "x --password ******"), ("x --db-password=hunter", "x --db-password=******"),
            ("x --token \"abc def\" y", "x --token \"*******\" y"), ("auth=(\"u\", \"pw\")", "auth=(\"u\", \"**\")"),
            ("HTTPBasicAuth('u','pw')", "HTTPBasicAuth('u','**')"),
            ("s.login(\"u\", \"pw\")", "s.login(\"u\", \"**\")"),
            ("sshpass -p hunter ssh x", "sshpass -p ****** ssh x"), ("sshpass -phunter x", "sshpass -p****** x"),
            ("docker login -u a -p hunter r", "docker login -u a -p ****** r"),
            ("redis-cli -a hunter", "redis-cli -a ******"),
            ("PGPASSWORD=hunter psql", "PGPASSWORD=****** psql"), ("DB_PASSWORD: hunter", "DB_PASSWORD: ******"),
            ("{\"api_key\": \"abc123def\"}", "{\"api_key\": \"*********\"}"),
            ("token = 'abc123def'", "token = '*********'"),
            ("X-Api-Key: abc123def", "X-Api-Key: *********"), ("-passin pass:hunter", "-passin pass:******"),
            ("Authorization: Basic YWRtaW46aHVudGVy", "Authorization: Basic ****************"),
            ("http://h/a?token=hunter&b=c&sig=hun%2F#x", "http://h/a?token=******&b=c&sig=******#x"),
            ("'https://h?X-Amz-Signature=hunter'", "'https://h?X-Amz-Signature=******'"),
            ("https://h/a?page=2&name=hunter", "https://h/a?page=2&name=hunter"),
            ("h?token=$T&key=", "h?token=$T&key="),
            ("openssl enc -k hunter", "openssl enc -k ******"),
            ("curl -b session=hunter x", "curl -b session=****** x"),
            ("x -e \"pw=hunter2\"", "x -e \"pw=*******\""), ("API_KEY=$'hunter'", "API_KEY=$'******'"),
            ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "****************************************"),
            ("k: AKIAABCDEFGHIJKLMNOP", "k: ********************"),
            ("://", "://"), ("https://a:@b", "https://a:@b"),
        ]
    )
    func credentials(_ line: String, shown: String) {
        let text = "FROM a:1\nRUN curl http://x | sh # \(line)\n"
        let findings = Audit().run(MemoryTree(["Dockerfile": Array(text.utf8)])).findings
        #expect(findings.contains { $0.excerpt == "RUN curl http://x | sh # \(shown)" })
    }

    @Test(
        "What is no secret stays",
        arguments: [
            "docker run -u 1000:1000 -p8000:8000 a", "docker run --user app:app a", "mkdir -p /models", "cp -pr a b",
            "max_tokens=4096", "tokenizer: a", "token: Optional[str] = None", "password=args.password",
            "password=self.db_password",
            "x(password=password)",
            "--password-file /run/secrets/p", "--password $PASSWORD", "--password \"${PASSWORD}\"",
            "--token-type bearer",
            "--secret id=key,src=k", "API_KEY=$(cat key)", "secret = get_secret(name)", "api_key = os.environ['KEY']",
            "API_KEY_FILE=/run/secrets/key1", "every secret: in the vault", "curl -u $USER:$PASSWORD x", "key: value",
            "unzip -p a.zip", "openssl req -keyout a.pem", "mysql -p db", "author(\"a\", \"b\")", "login(user, \"b\")",
            "secretName: a-key-1",
        ]
    )
    func ordinary(_ line: String) { #expect(Credentials.concealed(in: line.unicodeScalars) == line) }

    @Test("A line of separators alone takes no time", .timeLimit(.minutes(1)))
    func long() {
        for part in ["password:", "--password ", "-u a:", "auth=(\"", "pass:"] {
            let line = String(repeating: part, count: 20_000)
            #expect(Credentials.concealed(in: line.unicodeScalars).unicodeScalars.count == line.unicodeScalars.count)
        }
    }
}
