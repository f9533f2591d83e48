// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerNoMemoryLimit = Rule(
        id: "BKL-D010",
        title: "No memory limit",
        severity: .warning,
        why:
            "One model, or one large request, takes the memory of the whole machine and brings down what else runs there.",
        mend: "Set `resources.limits.memory`, `deploy.resources.limits.memory`, `mem_limit` or `--memory`.",
        references: [
            .cwe(400), .cwe(770), .cisDocker("5.11"), .kubeLinter("unset-memory-requirements"),
            .kubesec("LimitsMemory"),
            .checkov("CKV_K8S_12"), .checkov("CKV_K8S_13"), .trivy("KSV-0018"), .trivy("KSV-0016"),
            .sheet("Triton: Enforce GPU and Memory Isolation"),
            .sheet("BentoML: Secure BentoML Deployment Configuration"),
        ],
        bad: [
            .file(
                "configuration.yaml",
                "version: '2'\nservices:\n  http:\n    build: .\n    logging: {driver: none}\n"
            ),
            .file("pod.yaml", "containers:\n- name: bentoml\n  image: bento:1.0\n"),
            .service("image: triton:1.0"),
            .script("docker run --gpus all tritonserver"),
            .script("docker run --memory=0 triton:1.0"),
            .service("image: triton:1.0\nmem_limit: 0"),
            .service("image: triton:1.0\nmem_limit: 2t"),
            .service("image: triton:1.0\nmem_limit: 400g"),
            .container("resources:\n  limits:\n    memory: 4096Gi\n  requests:\n    memory: 4Gi"),
            .container("resources:\n  limits:\n    memory: 4Gi\n  requests:\n    cpu: 1"),
        ],
        good: [
            .file(
                "bentoml_configuration.yaml",
                "services:\n  traffic: {timeout: 9}\n  http: {port: 3000}\n"
            ),
            .file("configuration.yml", "version: 2\nservices:\n  iris:\n    logging: {access: {enabled: true}}\n"),
            .container("resources:\n  limits:\n    memory: 4Gi\n  requests:\n    memory: 2Gi"),
            .service("image: triton:1.0\nmem_limit: 4g"),
            .service("image: triton:1.0\ndeploy:\n  resources:\n    limits:\n      memory: 16G"),
            .script("docker run -m 4g triton:1.0"),
            .script("docker run --gpus 1 -m 400g triton:1.0"),
        ],
        checks: [
            .container { container, findings in
                judgeSize(container, &findings)
                guard container.isWhole, !isLimit(container.memoryLimit) else { return }
                findings.add(
                    container.memoryLimit?.place ?? container.place,
                    "\(container.described) has no memory limit: it can take all of the machine's",
                    weaker: container.isTransient ? .note : nil
                )
            }
        ]
    )

    /// No machine that serves models has so much.
    private static let bytesOfNoMachine = 1 << 40

    /// Beside GPUs so much is ordinary; few other machines have more.
    private static let bytesOfFewMachines = 256 << 30

    private static func judgeSize(_ container: Container, _ findings: inout Findings) {
        guard let limit = container.memoryLimit, isLimit(limit) else { return }
        let bytes = Quantities.bytes(limit.value)
        if let bytes, bytes >= bytesOfNoMachine {
            findings.add(
                limit.place,
                "\(container.described) may have \(Printed.quoted(limit.value)) of memory: that is no limit"
            )
        } else if let bytes, bytes > bytesOfFewMachines, container.gpus.isEmpty, container.usesGPURuntime == nil {
            findings.add(
                limit.place,
                "\(container.described) may have \(Printed.quoted(limit.value)) of memory, more than most machines",
                weaker: .note
            )
        }
        guard container.origin == .kubernetes, !container.isTransient, container.memoryRequest == nil else { return }
        findings.add(
            limit.place,
            "\(container.described) says what memory it may have at most, and not what is kept for it",
            weaker: .note
        )
    }

    /// 0 and -1 stand for none.
    static func isLimit(_ value: Located<String>?) -> Bool {
        guard let value else { return false }
        return !["", "0", "-1", "0.0"].contains(value.value)
    }
}
