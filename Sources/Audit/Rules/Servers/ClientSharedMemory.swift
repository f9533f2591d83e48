// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverClientSharedMemory = Rule(
        id: "BKL-N004",
        title: "Clients may name shared memory",
        severity: .warning,
        why: """
            A client that names a region makes the server read and write it, also one that is another program's: Triton's own \
            regions were taken over that way to run code.
            """,
        mend: "Drop `--allow-client-shm`; send tensors in the request.",
        references: [
            .cwe(284), .cve("CVE-2025-23320"), .cve("CVE-2025-23334"), .cve("CVE-2025-23329"), .cve("CVE-2024-0088"),
        ],
        bad: [
            .script("tritonserver --model-repository=/models --allow-client-shm=true"),
            .script("buckler serve --allow-client-shm"),
            predictor("triton: {storageUri: 's3://m', args: ['--allow-client-shm=true']}"),
            predictor("model: {modelFormat: {name: b}, runtime: kserve-tritonserver, args: [--allow-client-shm, '1']}"),
        ],
        good: [
            .script("tritonserver --model-repository=/models --allow-client-shm=false"),
            predictor("triton: {storageUri: 's3://m', args: ['--allow-client-shm=false']}"),
            predictor("model: {modelFormat: {name: sklearn}, args: ['--allow-client-shm=true']}"),
        ],
        checks: [
            .serverCommand { command, findings in
                guard let flag = command.flag("allow-client-shm"), flag.isOn else { return }
                findings.add(flag.place, "\(command.program.rawValue) reads and writes shared memory that clients name")
            }
        ]
    )

    /// A predictor of KServe's.
    private static func predictor(_ lines: String) -> RuleExample {
        .file(
            "service.yaml",
            "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: a}\nspec:\n  predictor:\n"
                + "    \(lines)\n"
        )
    }
}
