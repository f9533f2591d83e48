// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerNoHealthCheck = Rule(
        id: "BKL-D031",
        title: "Nobody asks whether the server is well",
        severity: .warning,
        why: "A server that hangs, or was made to, keeps getting requests until somebody notices.",
        mend: "Set `livenessProbe` and `readinessProbe` (`/v2/health/live`, `/v2/health/ready`), or a HEALTHCHECK.",
        references: [
            .cwe(754), .cisDocker("4.6"), .cisDocker("5.27"), .kubeLinter("no-liveness-probe"),
            .kubeLinter("no-readiness-probe"), .checkov("CKV_K8S_8"), .checkov("CKV_K8S_9"), .checkov("CKV_DOCKER_2"),
            .trivy("DS-0026"), .hadolint("DL3057"), .sheet("BentoML: Secure BentoML Deployment Configuration"),
        ],
        bad: [
            .container("image: triton:1.0"),
            .container("livenessProbe:\n  httpGet: {path: /v2/health/live, port: 8000}"),
            .container(
                "startupProbe:\n  tcpSocket: {port: 8001}\nreadinessProbe:\n  tcpSocket: {port: 8001}"
            ),
            .container("readinessProbe:\n  httpGet: {path: /v2/health/ready, port: 8000}"),
            .dockerfile("FROM python:3.11-slim\nCMD [\"bentoml\", \"serve\"]"),
            .dockerfile("FROM python:3.11-slim\nHEALTHCHECK NONE"),
            .dockerfile("FROM python:3.11-slim\nHEALTHCHECK --interval=1h CMD ./check"),
            .dockerfile("FROM python:3.11-slim\nHEALTHCHECK --interval=10s --retries=2147483647 CMD ./check"),
            .dockerfile("FROM python:3.11-slim\nHEALTHCHECK --timeout=20m CMD ./check"),
            .service("image: triton:1.0\nhealthcheck:\n  disable: true"),
            .service("image: triton:1.0"),
            .service("image: triton:1.0\nhealthcheck:\n  interval: 30s"),
            .service("image: triton:1.0\nhealthcheck:\n  test: [CMD, ./check]\n  interval: 1h"),
            .service("image: triton:1.0\nhealthcheck:\n  test: [CMD, ./check]\n  retries: 2147483647"),
            .container(
                "livenessProbe:\n  tcpSocket: {port: 8001}\n  periodSeconds: 3600\n"
                    + "readinessProbe:\n  tcpSocket: {port: 8001}"
            ),
        ],
        good: [
            .container(
                "livenessProbe:\n  httpGet: {path: /v2/health/live, port: 8000}\n"
                    + "readinessProbe:\n  httpGet: {path: /v2/health/ready, port: 8000}"
            ),
            .dockerfile("FROM python:3.11-slim\nHEALTHCHECK CMD curl -f http://localhost:3000/livez || exit 1"),
            .dockerfile("FROM python:3.11-slim\nHEALTHCHECK --interval=1m --timeout=10s --retries=5 CMD ./check"),
            .service("image: triton:1.0\nhealthcheck:\n  test: [CMD, ./check]\n  interval: 1m30s\n  retries: 5"),
            .service("build: ."),
            .file(
                "job.yaml",
                "apiVersion: batch/v1\nkind: Job\nmetadata: {name: convert}\nspec:\n  template:\n    spec:\n"
                    + "      containers:\n      - name: convert\n        image: convert:1.0\n"
            ),
        ],
        checks: [
            .dockerfile { file, findings in
                let check = file.last("HEALTHCHECK")
                if let check, case .text(let text) = check.arguments, text.text.trimmingBlanks.uppercased() == "NONE" {
                    findings.add(check.place, "the image turns its health check off", weaker: .note)
                } else if check == nil, !file.isTemplate, let stage = file.finalStages.last {
                    findings.add(stage.place, "the image has no HEALTHCHECK", weaker: .note)
                } else if let check, let delay = delay(check) {
                    judgeDelay(delay, of: "a server of this image", &findings)
                }
            },
            .container { container, findings in
                if let place = container.disabledHealthCheck {
                    findings.add(place, "\(container.described) turns the image's health check off", weaker: .note)
                }
                for delay in container.unhealthyAfter { judgeDelay(delay, of: container.described, &findings) }
                let hasNone = !container.hasLiveness && container.disabledHealthCheck == nil
                if container.origin == .compose, container.isWhole, hasNone, !container.isBuilt {
                    findings.add(
                        container.place,
                        "\(container.described) has no health check, unless its image brings one",
                        weaker: .note
                    )
                }
                guard container.origin == .kubernetes, !container.isTransient else { return }
                let missing =
                    (container.hasLiveness ? [] : ["livenessProbe"])
                    + (container.hasReadiness ? [] : ["readinessProbe"])
                guard !missing.isEmpty else { return }
                findings.add(container.place, "\(container.described) has no \(missing.joined(separator: " and no "))")
            },
        ]
    )

    /// Seconds until somebody notices.
    private static let longestDelay = 30 * 60

    private static func judgeDelay(_ delay: Located<Int>, of name: String, _ findings: inout Findings) {
        guard delay.value > longestDelay else { return }
        let time = delay.value == .max ? "ever" : "\(delay.value / 60) minutes"
        findings.add(delay.place, "\(name) may hang for \(time) before it is called unhealthy")
    }

    /// Seconds, of an image's own check: each try ends after its timeout, the next begins an interval later.
    /// - Returns: `nil` if a part of it comes with the build.
    private static func delay(_ check: DockerInstruction) -> Located<Int>? {
        let (interval, timeout, retries) = (check.flag("interval"), check.flag("timeout"), check.flag("retries"))
        let given = [retries, interval, timeout].compactMap { $0?.value }
        guard let first = given.first, !given.contains(where: { $0.value.contains("$") }) else { return nil }
        // The engine's defaults.
        let pause = interval?.value.map { Durations.seconds($0.value) } ?? 30
        let wait = timeout?.value.map { Durations.seconds($0.value) } ?? 30
        let (each, isTooLong) = pause.addingReportingOverflow(wait)
        let tries = retries?.value.map { Int($0.value) ?? .max } ?? 3
        return Located(Durations.product(isTooLong ? .max : each, tries), at: first.place)
    }
}
