// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerAllGPUs = Rule(
        id: "BKL-D013",
        title: "Container gets GPUs that nobody chose",
        severity: .warning,
        why: """
            A GPU's memory and time are shared by all that reach it: one model starves the others, and what the hardware \
            does not clear can be read by the next. Whoever gets all GPUs can do so to everyone.
            """,
        mend:
            "Name devices: `device_ids: ['0']`, `--gpus '\"device=0\"'`; in Kubernetes `nvidia.com/gpu` under limits.",
        references: [.cwe(400), .cwe(770), .sheet("Triton: Enforce GPU and Memory Isolation")],
        bad: [
            .script("docker run --gpus all tritonserver"),
            .service("image: triton:1.0\ngpus: all"),
            .service(
                """
                image: triton:1.0
                deploy:
                  resources:
                    reservations:
                      devices:
                        - driver: nvidia
                          count: all
                          capabilities: [gpu]
                """
            ),
            .service(
                "image: triton:1.0\ndeploy:\n  resources:\n    reservations:\n      devices:\n"
                    + "        - capabilities: [gpu]\n"
            ),
            .service("image: triton:1.0\nruntime: nvidia"),
            .service("image: triton:1.0\nenvironment:\n- NVIDIA_VISIBLE_DEVICES=all"),
            .container("env:\n- name: NVIDIA_VISIBLE_DEVICES\n  value: all"),
            .script("docker run --gpus 2 triton:1.0"),
        ],
        good: [
            .script("docker run --gpus '\"device=0\"' triton:1.0"),
            .service(
                """
                image: triton:1.0
                deploy:
                  resources:
                    reservations:
                      devices:
                        - driver: nvidia
                          device_ids: ['0']
                          capabilities: [gpu]
                """
            ),
            .service("image: triton:1.0\nruntime: nvidia\nenvironment:\n  NVIDIA_VISIBLE_DEVICES: '0'"),
            .container("resources:\n  limits:\n    nvidia.com/gpu: 1"),
        ],
        checks: [
            .container { container, findings in
                for request in container.gpus { judge(request, of: container, &findings) }
                let visible = container.environment.first { $0.name.value == "NVIDIA_VISIBLE_DEVICES" }
                if let value = visible?.value, value.value == "all" {
                    findings.add(value.place, "\(container.described) sees all GPUs by NVIDIA_VISIBLE_DEVICES")
                } else if let runtime = container.usesGPURuntime, container.gpus.isEmpty, visible == nil {
                    findings.add(runtime.place, "\(container.described) runs with NVIDIA's runtime and names no GPUs")
                }
            },
            .dockerfile { file, findings in
                for instruction in file.finalStages.flatMap(\.instructions) where instruction.keyword == "ENV" {
                    for pair in instruction.pairs where pair.name.value == "NVIDIA_VISIBLE_DEVICES" {
                        guard pair.value?.text == "all" else { continue }
                        findings.add(
                            pair.name.place,
                            "the image asks for all GPUs by NVIDIA_VISIBLE_DEVICES",
                            weaker: .note
                        )
                    }
                }
            },
        ]
    )

    private static func judge(_ request: GPURequest, of container: Container, _ findings: inout Findings) {
        switch request.devices {
        case .all:
            findings.add(request.place, "\(container.described) gets all GPUs of the machine")
        case .count(let count) where count != "0":
            findings.add(
                request.place,
                "\(container.described) gets \(Printed.cut(count, limit: 20)) GPUs, whichever they are",
                weaker: .note
            )
        case .count, .named: break
        }
    }
}
