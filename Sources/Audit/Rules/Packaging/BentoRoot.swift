// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoRoot = Rule(
        id: "BKL-B010",
        title: "The image runs as root",
        severity: .error,
        why: "Whoever breaks out of the service is root in the container, and one hole away from the host.",
        mend: "docker.user: bentoml, or any user that is not root.",
        references: [
            .cwe(250), .cwe(269), .owasp("A05:2025"), .cisDocker("4.1"), .checkov("CKV_DOCKER_3"),
            .checkov("CKV_DOCKER_8"),
            .trivy("DS-0002"), .hadolint("DL3002"), .sheet("BentoML: Secure Bento Building and Signing"),
            .sheet("BentoML: Secure BentoML Deployment Configuration"),
        ],
        bad: [
            .file("bentofile.yaml", "docker:\n  base_image: python:3.11\n"),
            .file("bentofile.yaml", "docker:\n  base_image: python:3.11-slim\n  user: root\n"),
            .file("bentofile.yaml", "docker:\n  user: '0:0'\n"),
        ],
        good: [
            .file("bentofile.yaml", "docker:\n  base_image: python:3.11-slim\n  user: bentoml\n"),
            .file(
                "bentofile.yaml",
                "docker:\n  base_image: python:3.11-slim\n  dockerfile_template: ./Dockerfile.template\n"
            ),
            .file("bentofile.yaml", "service: 'a:b'\ndocker:\n  distro: debian\n"),
        ],
        checks: [
            .bentoBuild { build, findings in
                guard let docker = build.docker else { return }
                if let user = docker.member("user"), let text = user.value.text, !user.value.isNull {
                    let name = text.prefix { $0 != ":" }
                    guard name == "root" || Int(name) == 0 || name.isEmpty else { return }
                    findings.add(user.value.place, "'docker.user' is \(Printed.quoted(text)): the image runs as root")
                } else if let image = docker.member("base_image"), docker["dockerfile_template"] == nil {
                    findings.add(
                        image.keyPlace,
                        "'docker' names a base image and no user: the image may run as root",
                        weaker: .warning
                    )
                }
            }
        ]
    )
}
