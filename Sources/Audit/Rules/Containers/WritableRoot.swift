// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerWritableRoot = Rule(
        id: "BKL-D005",
        title: "Root file system can be written",
        severity: .warning,
        why: "Who runs code in the container can change the server's own programs and stay until it is made anew.",
        mend:
            "Write `readOnlyRootFilesystem: true`, `read_only: true` or `--read-only`, and mount a tmpfs where files are made.",
        references: [
            .cwe(732), .cisDocker("5.13"), .kubeLinter("no-read-only-root-fs"), .kubesec("ReadOnlyRootFilesystem"),
            .checkov("CKV_K8S_22"), .trivy("KSV-0014"), .sheet("BentoML: Secure BentoML Deployment Configuration"),
            .sheet("Triton: Enforce GPU and Memory Isolation"),
        ],
        bad: [
            .container("image: triton:1.0"),
            .container("securityContext:\n  readOnlyRootFilesystem: false"),
            .service("image: triton:1.0"),
            .service("image: triton:1.0\nread_only: false"),
        ],
        good: [
            .container("securityContext:\n  readOnlyRootFilesystem: true"),
            .service("image: triton:1.0\nread_only: true"),
            .script("docker run --read-only triton:1.0"),
        ],
        checks: [
            .container { container, findings in
                guard container.readOnlyRoot?.value != true, container.isWhole || container.readOnlyRoot != nil else {
                    return
                }
                let isCluster = container.origin == .kubernetes && !container.isTransient
                findings.add(
                    container.readOnlyRoot?.place ?? container.place,
                    "\(container.described) can write to its root file system",
                    weaker: isCluster ? nil : .note
                )
            }
        ]
    )
}
