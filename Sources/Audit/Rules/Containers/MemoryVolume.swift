// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let containerMemoryVolume = Rule(
        id: "BKL-D074",
        title: "Volume in memory has no size",
        severity: .warning,
        why: """
            What is written to `emptyDir` with `medium: Memory` is memory: without a size, and without a limit of the \
            container's, it takes that of the node until other pods die.
            """,
        mend: "Set `sizeLimit` beside `medium`, and a memory limit for the containers.",
        references: [.cwe(770), .cwe(400)],
        bad: [
            .pod("volumes:\n- name: shm\n  emptyDir: {medium: Memory}"),
            .pod("volumes:\n- name: shm\n  emptyDir: {medium: Memory, sizeLimit: null}"),
            .file("patch.yaml", "spec: {template: {spec: {volumes: [{name: shm, emptyDir: {medium: Memory}}]}}}\n"),
            .file("values.yaml", "volumes: [{name: shm, emptyDir: {medium: Memory}}]\n"),
            .file(
                "pod.yaml",
                "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  volumes: [{name: shm, emptyDir: {medium: Memory}}]\n"
                    + "  containers: [{name: a, resources: {limits: {memory: 1Gi}}}]\n"
            ),
        ],
        good: [
            .pod("volumes:\n- name: shm\n  emptyDir: {medium: Memory, sizeLimit: 1Gi}"),
            .pod("volumes:\n- name: scratch\n  emptyDir: {}"),
        ],
        checks: [
            .workload { workload, findings in
                guard let pod = workload.pod else { return }
                for volume in pod.memoryVolumes {
                    findings.add(
                        volume.place,
                        "volume \(Printed.quoted(volume.value)) of \(workload.described) takes memory without a bound",
                        // What is written counts as the container's.
                        weaker: pod.hasMemoryLimits ? .note : nil
                    )
                }
            }
        ]
    )
}
