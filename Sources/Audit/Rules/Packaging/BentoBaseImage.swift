// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let bentoBaseImage = Rule(
        id: "BKL-B012",
        title: "The base image is not pinned",
        severity: .warning,
        why: "The next build takes whatever the name stands for then.",
        mend: "A tag with a version, better still a digest: python:3.11-slim@sha256:….",
        references: [
            .cwe(1357), .owasp("A03:2025"), .cisDocker("4.2"), .checkov("CKV_DOCKER_7"), .trivy("DS-0001"),
            .hadolint("DL3006"),
            .hadolint("DL3007"), .kubeLinter("latest-tag"),
        ],
        bad: [
            .file("bentofile.yaml", "docker:\n  base_image: python\n  user: bentoml\n"),
            .file("bentofile.yaml", "docker:\n  base_image: registry.example:5000/base:latest\n  user: bentoml\n"),
            .file("bentofile.yaml", "docker:\n  base_image: registry.example:5000/base:1.2\n  user: bentoml\n"),
        ],
        good: [
            .file("bentofile.yaml", "docker:\n  base_image: python@sha256:0123\n  user: bentoml\n")
        ],
        checks: [
            .bentoBuild { build, findings in
                guard let image = build.docker?["base_image"]?.located, !image.value.isEmpty, !image.value.contains("@")
                else { return }
                // A colon before the last slash is that of a port.
                let name = image.value.split(separator: "/").last ?? ""
                let tag = name.firstIndex(of: ":").map { name[name.index(after: $0)...] }
                guard tag == nil || tag == "latest" || tag == "" else {
                    let message = "base image \(Printed.quoted(image.value)) has no digest: its tag may be moved"
                    return findings.add(image.place, message, weaker: .note)
                }
                let what = tag == nil ? "has no tag" : "has the tag 'latest'"
                findings.add(image.place, "base image \(Printed.quoted(image.value)) \(what)")
            }
        ]
    )
}
