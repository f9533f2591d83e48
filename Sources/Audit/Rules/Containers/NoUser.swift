// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerNoUser = Rule(
        id: "BKL-D003",
        title: "No user is set, so it may be root",
        severity: .warning,
        why: """
            Images run as root unless they, or what starts them, say otherwise. A model server needs no right of root's, and \
            an attacker in it gets all of them.
            """,
        mend: "End the Dockerfile with `USER 10001`, or set `runAsNonRoot: true` and `runAsUser` in the manifest.",
        references: [
            .cwe(250), .podSecurity("restricted"), .cisDocker("4.1"), .kubeLinter("run-as-non-root"),
            .kubesec("RunAsNonRoot"),
            .checkov("CKV_DOCKER_3"), .checkov("CKV_K8S_23"), .trivy("DS-0002"), .trivy("KSV-0012"),
            .hadolint("DL3002"),
            .sheet("BentoML: Secure Bento Building and Signing"),
            .sheet("BentoML: Secure BentoML Deployment Configuration"),
        ],
        bad: [
            .dockerfile("FROM python:3.11-slim\nCMD [\"bentoml\", \"serve\"]"),
            .dockerfile("FROM python:3.11-slim\nARG U\nUSER $U"),
            .container("image: triton:1.0"),
            .container("image: triton:1.0\nsecurityContext:\n  runAsNonRoot: false"),
            .service("image: triton:1.0"),
        ],
        good: [
            .dockerfile("FROM python:3.11-slim AS base\nUSER app\nFROM base\nCMD [\"bentoml\", \"serve\"]"),
            .dockerfile("FROM gcr.io/distroless/cc-debian12:nonroot"),
            .container("securityContext:\n  runAsNonRoot: true"),
            .pod("securityContext:\n  runAsUser: 1000"),
            .service("image: triton:1.0\nuser: '1000'"),
        ],
        checks: [
            .dockerfile { file, findings in
                guard !file.isTemplate, file.last("USER") == nil, let stage = file.finalStages.first else { return }
                guard !ImageReference(stage.image.value).isNonRoot else { return }
                findings.add(
                    stage.image.place,
                    "the image sets no USER, so it runs as that of \(Printed.quoted(stage.image.value)), as a rule root"
                )
            },
            .dockerfile { file, findings in
                guard let name = file.last("USER")?.words.first, name.text.hasPrefix("$") else { return }
                findings.add(
                    name.place,
                    "the image runs as \(Printed.quoted(name.text)), which is only told when it is built",
                    weaker: .note
                )
            },
            .container { container, findings in
                guard container.isWhole, container.user == nil, container.runAsNonRoot?.value != true else { return }
                let isCluster = container.origin == .kubernetes
                findings.add(
                    container.runAsNonRoot?.place ?? container.place,
                    "\(container.described) runs as the image's user, which nothing here keeps from being root",
                    weaker: isCluster ? .warning : .note
                )
            },
        ]
    )
}
