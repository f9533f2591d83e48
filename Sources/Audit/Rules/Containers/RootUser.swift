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
            .dockerfile("FROM python:3.11-slim\nARG U=root\nUSER $U"),
            .dockerfile("ARG U=0\nFROM python:3.11-slim\nARG U\nUSER \"${U}:${G:-0}\""),
            .dockerfile("FROM python:3.11-slim AS base\nENV U=0\nARG U=app\nFROM base\nUSER ${U:?}"),
            .dockerfile("FROM python:3.11-slim\nUSER ${U:-root}"),
            .dockerfile("FROM python:3.11-slim\nUSER app\nONBUILD USER root"),
            .dockerfile("FROM python:3.11-slim\nONBUILD COPY . /app\nONBUILD USER 0"),
            .script("U=root\ndocker run -u $U triton:1.0"),
            .script("U=1000; U=0; docker run --user=\"${U}\" triton:1.0"),
            .container("securityContext:\n  runAsUser: 0"),
            .pod("securityContext:\n  runAsUser: 0"),
            .service("image: triton:1.0\nuser: \"0:0\""),
            .container("securityContext:\n  runAsUser: 0x0"),
            .container("securityContext:\n  runAsUser: -0o0_0"),
            .container("securityContext:\n  runAsUser: 0.0"),
            .container("securityContext:\n  runAsUser: !!int \"0e3\""),
            .dockerfile("FROM python:3.11-slim\nUSER +0:+0"),
            .dockerfile("FROM python:3.11-slim\nRUN id && useradd -o -u 0 -m app\nUSER app"),
            .dockerfile("FROM python:3.11-slim AS a\nRUN adduser --uid=00 app\nFROM a\nUSER app:app"),
            .dockerfile("FROM python:3.11-slim\nRUN useradd app && usermod -ou0 app\nUSER app"),
            .dockerfile("FROM python:3.11-slim\nARG UID=0\nRUN useradd -ou $UID app\nUSER app"),
            .dockerfile("FROM alpine:3.20\nRUN echo 'app:x:0:0::/:/bin/sh' >> /etc/passwd\nUSER app"),
            .dockerfile("FROM alpine:3.20\nCOPY <<EOF /etc/passwd\nroot:x:0:0::/:\napp:x:0:0::/:\nEOF\nUSER app"),
            .script("docker run -u root triton:1.0"),
            .pod("securityContext:\n  runAsUser: 10001\n  supplementalGroups: [0]"),
            .service("image: triton:1.0\nuser: '10001:0'"),
        ],
        good: [
            .dockerfile("FROM python:3.11-slim AS build\nUSER root\nFROM python:3.11-slim\nUSER 10001"),
            .dockerfile("FROM python:3.11-slim\nUSER root\nRUN true\nUSER app"),
            .dockerfile("FROM python:3.11-slim\nARG U=root\nENV U=app\nUSER $U\nONBUILD USER root\nONBUILD USER app"),
            .dockerfile("FROM python:3.11-slim\nARG U=10001\nUSER ${U:-root}"),
            .dockerfile("FROM python:3.11-slim\nARG U=root\nUSER '$U'"),
            .script("U=0; U=1000\ndocker run -u $U triton:1.0"),
            .container("securityContext:\n  runAsUser: 1000"),
            .service("image: triton:1.0\nuser: '1000'"),
            .container("securityContext:\n  runAsUser: 0x3e8\n  runAsGroup: 10_000"),
            .dockerfile("FROM python:3.11-slim\nRUN useradd -u 10001 -g 0 app && usermod -u 0 -o other\nUSER app"),
            .dockerfile("FROM python:3.11-slim AS a\nRUN useradd -ou 0 app\nFROM python:3.11-slim\nUSER app"),
            .dockerfile("FROM alpine:3.20\nRUN echo 'app:x:10001:0::/:/bin/sh' >> /etc/passwd\nUSER app"),
        ],
        checks: [
            .dockerfile { file, findings in
                let later = file.finalStages.flatMap(\.instructions).last { $0.keyword == "USER" && $0.isOnBuild }
                for user in [file.last("USER"), later].compactMap({ $0 }) {
                    guard let name = user.words.first else { continue }
                    let image = user.isOnBuild ? "an image that is made from this one" : "the image"
                    let runs = "\(image) runs as \(Printed.quoted(name.text))"
                    if isRoot(name.text) {
                        findings.add(name.place, "\(runs): nothing in it is kept from root")
                    } else if let place = UserNumber.zero(of: name.text, in: file) {
                        findings.add(place, "\(runs), which is root by another name: its number is 0")
                    }
                }
            },
            .container { container, findings in
                guard let user = container.user, isRoot(user.value) else { return }
                findings.add(
                    user.place,
                    "\(container.described) runs as user \(Printed.quoted(user.value)), which is root",
                    // It ends, and a server beside it may still be another user's.
                    weaker: container.origin == .exec ? .warning : nil
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
        return name == "root" || UserNumber.isZero(name)
    }
}
