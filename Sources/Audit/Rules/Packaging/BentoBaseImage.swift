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
            .files([
                "a/bentofile.yaml": "service: 'a:b'\npython:\n  requirements_txt: ./requirements.lock\n",
                "a/requirements.lock": "flask==3.0.0 --hash=sha256:0b5d2ae4dc60c6f5\n",
            ]),
        ],
        good: [
            .file("bentofile.yaml", "docker:\n  base_image: python@sha256:0123\n  user: bentoml\n"),
            .files([
                "bentofile.yaml": "service: 'a:b'\npython:\n  requirements_txt: requirements.txt\n",
                "requirements.txt": "flask==3.0.0\n",
            ]),
            .files([
                "bentofile.yaml": "service: 'a:b'\npython: {requirements_txt: a.lock}\n"
                    + "docker: {dockerfile_template: ./Dockerfile.template}\n",
                "a.lock": "flask==3.0.0 --hash=sha256:0b5d2ae4dc60c6f5\n",
            ]),
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
            },
            .project { project, findings in
                let hashed = project.requirements.filter { file in
                    !file.requirements.isEmpty && file.requirements.allSatisfy { !$0.hashes.isEmpty }
                }
                let paths = Set(hashed.map(\.path))
                for build in project.bentoBuilds { judgeUnnamed(build, hashed: paths, &findings) }
            },
        ]
    )

    /// Who takes packages by their hashes alone wants to know what is built; the image below is then a tag of BentoML's
    /// choice.
    /// - Parameter hashed: the files of requirements that are such.
    private static func judgeUnnamed(_ build: BentoBuild, hashed: Set<String>, _ findings: inout Findings) {
        let images = [build.docker?["base_image"], build.docker?["dockerfile_template"], build.root["image"]]
        guard images.allSatisfy({ $0.map { $0.isNull || $0.text?.isEmpty == true } ?? true }),
            let list = build.python?["requirements_txt"]?.located
        else { return }
        let name = list.value.hasPrefix("./") ? list.value.dropFirst(2) : Substring(list.value)
        guard hashed.contains(build.directory + name) else { return }
        findings.add(
            build.root.member("docker")?.keyPlace ?? list.place,
            "packages are taken by their hashes, and no 'docker.base_image' says on what image: its tag may be moved",
            weaker: .note
        )
    }
}
