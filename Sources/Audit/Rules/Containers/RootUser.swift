// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerRootUser = Rule(
        id: "BKL-D002",
        title: "Container runs as root, or with its group",
        severity: .error,
        why: """
            Root in a container is the host's root as soon as anything else fails: a mount, a kernel bug, a socket. A model \
            that runs code then owns all that the container can touch.
            """,
        mend: "Create a user in the image and name it, best by a number: `USER 10001`, `runAsUser: 10001`.",
        references: [
            .cwe(250), .owasp("A05:2025"), .podSecurity("restricted"), .cisDocker("4.1"),
            .kubeLinter("run-as-non-root"),
            .kubesec("RunAsUser"), .checkov("CKV_DOCKER_8"), .checkov("CKV_K8S_23"), .trivy("DS-0002"),
            .trivy("KSV-0105"),
            .hadolint("DL3002"), .sheet("BentoML: Secure BentoML Deployment Configuration"),
        ],
        bad: [
            .dockerfile("FROM python:3.11-slim\nUSER app\nRUN true\nUSER root"),
            .dockerfile("FROM python:3.11-slim AS base\nUSER 0:0\nFROM base"),
            .container("securityContext:\n  runAsUser: 0"),
            .pod("securityContext:\n  runAsUser: 0"),
            .service("image: triton:1.0\nuser: \"0:0\""),
            .script("docker run -u root triton:1.0"),
            .pod("securityContext:\n  runAsUser: 10001\n  supplementalGroups: [0]"),
            .service("image: triton:1.0\nuser: '10001:0'"),
        ],
        good: [
            .dockerfile("FROM python:3.11-slim AS build\nUSER root\nFROM python:3.11-slim\nUSER 10001"),
            .dockerfile("FROM python:3.11-slim\nUSER root\nRUN true\nUSER app"),
            .container("securityContext:\n  runAsUser: 1000"),
            .service("image: triton:1.0\nuser: '1000'"),
        ],
        checks: [
            .dockerfile { file, findings in
                guard let user = file.last("USER"), let name = user.words.first, isRoot(name.text) else { return }
                findings.add(
                    name.place,
                    "the image runs as \(Printed.quoted(name.text)): nothing in it is kept from root"
                )
            },
            .container { container, findings in
                guard let user = container.user, isRoot(user.value) else { return }
                findings.add(
                    user.place,
                    "\(container.described) runs as user \(Printed.quoted(user.value)), which is root"
                )
            },
            .container { container, findings in
                let ofUser = container.user.flatMap { user in
                    user.value.split(separator: ":").dropFirst().first.map { Located(String($0), at: user.place) }
                }
                guard container.user.map({ !isRoot($0.value) }) ?? true else { return }
                for group in container.groups + [ofUser].compactMap({ $0 }) where isRoot(group.value) {
                    findings.add(
                        group.place,
                        "\(container.described) has the group \(Printed.quoted(group.value)), which is root's",
                        weaker: .warning
                    )
                }
            },
        ]
    )

    private static func isRoot(_ user: String) -> Bool {
        let name = user.split(separator: ":", omittingEmptySubsequences: false).first ?? ""
        return name == "root" || (!name.isEmpty && name.allSatisfy { $0 == "0" })
    }
}
