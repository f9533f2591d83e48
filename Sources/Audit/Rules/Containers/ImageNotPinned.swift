// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerImageNotPinned = Rule(
        id: "BKL-D024",
        title: "Image is not pinned",
        severity: .warning,
        why: """
            A tag is moved by whoever owns it, or whoever has broken into their registry: what runs tomorrow is another \
            program than the one that was looked at.
            """,
        mend: "Name a version and its digest: `image:1.2.3@sha256:…`, and verify its signature when it is pulled.",
        references: [
            .cwe(1357), .cwe(494), .cisDocker("4.2"), .cisDocker("4.5"), .cisDocker("5.28"), .kubeLinter("latest-tag"),
            .checkov("CKV_K8S_14"), .checkov("CKV_K8S_43"), .checkov("CKV_DOCKER_7"), .trivy("DS-0001"),
            .trivy("KSV-0013"),
            .hadolint("DL3006"), .hadolint("DL3007"),
        ],
        bad: [
            .dockerfile("FROM python"),
            .dockerfile("ARG TAG=latest\nFROM python:${TAG}"),
            .dockerfile("FROM python:3.11-slim"),
            .service("image: nvcr.io/nvidia/tritonserver:latest"),
            .container("image: localhost:5000/triton"),
            .script("docker run tritonserver"),
            .dockerfile("FROM scratch\nCOPY --from=busybox /bin/sh /bin/sh"),
            .dockerfile("FROM scratch\nRUN --mount=type=bind,from=busybox:latest,target=/b /b/bin/sh"),
            .dockerfile("# syntax=registry.example/reader:1\nFROM scratch"),
            .service("build:\n  context: .\n  additional_contexts: {a: 'docker-image://alpine:latest'}"),
        ],
        good: [
            .dockerfile("FROM python@sha256:\(digest) AS build\nFROM build\nFROM scratch\nCOPY --from=build /a /a"),
            .service("image: registry.example.org/triton:24.05@sha256:\(digest)"),
            .service("build: .\nimage: triton"),
            .dockerfile("ARG BASE\nFROM ${BASE}"),
            .dockerfile(
                "# syntax=docker/dockerfile:1\nFROM scratch AS a\nFROM scratch\nRUN --mount=from=a,target=/a /a/b"
            ),
            .dockerfile("# syntax=registry.example/reader@sha256:\(digest)\nFROM scratch"),
        ],
        checks: [
            .dockerfile { file, findings in
                let names = Set(file.stages.compactMap(\.name))
                for stage in file.stages where stage.parent == nil && !stage.isOpen {
                    judge(stage.image, &findings)
                }
                for instruction in file.instructions where instruction.keyword == "COPY" {
                    guard let source = instruction.flag("from")?.value else { continue }
                    let isStage = names.contains(source.value.lowercased()) || source.value.allSatisfy(\.isNumber)
                    if !isStage { judge(source, &findings) }
                }
                for instruction in file.instructions where instruction.keyword == "RUN" {
                    for source in mounted(by: instruction) where !names.contains(source.value.lowercased()) {
                        judge(source, &findings)
                    }
                }
                guard let reader = file.directives["syntax"], !isPinnedReader(reader.value) else { return }
                findings.add(
                    reader.place,
                    "\(Printed.quoted(reader.value)), the program that reads this Dockerfile, is not pinned by a digest"
                )
            },
            .container { container, findings in
                // What is built here has the name that it is given here.
                guard let image = container.image, !container.isBuilt else { return }
                judge(image, &findings)
            },
            .container { container, findings in
                let scheme = "docker-image://"
                for source in container.sources where source.value.hasPrefix(scheme) {
                    judge(Located(String(source.value.dropFirst(scheme.count)), at: source.place), &findings)
                }
            },
        ]
    )

    private static let digest = String(repeating: "0123456789abcdef", count: 4)

    /// Images of which a `RUN` sees files: `--mount=from=image,target=/a`.
    private static func mounted(by instruction: DockerInstruction) -> [Located<String>] {
        instruction.flags.filter { $0.name == "mount" }.compactMap(\.value).compactMap { mount in
            let fields = mount.value.split(separator: ",")
            let source = fields.last { $0.hasPrefix("from=") }?.dropFirst(5) ?? ""
            return source.isEmpty || source.allSatisfy(\.isNumber) ? nil : Located(String(source), at: mount.place)
        }
    }

    /// Docker's own changes with it, by the numbers that it promises to keep.
    private static func isPinnedReader(_ image: String) -> Bool {
        let reference = ImageReference(image)
        let isOwn = ["docker/dockerfile", "docker.io/docker/dockerfile"].contains(reference.name)
        return isOwn || reference.digest != nil || reference.name.isEmpty || reference.isOpen
    }

    private static func judge(_ image: Located<String>, _ findings: inout Findings) {
        let shown = Printed.quoted(image.value)
        switch ImageReference(image.value).looseness {
        case .noTag: findings.add(image.place, "image \(shown) has no tag: it is the latest there is")
        case .movingTag: findings.add(image.place, "image \(shown) has a tag that moves")
        case .noDigest: findings.add(image.place, "image \(shown) is not pinned by a digest", weaker: .note)
        case nil: break
        }
    }
}
