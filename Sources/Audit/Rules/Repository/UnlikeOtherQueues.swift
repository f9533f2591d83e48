// SPDX-License-Identifier: Apache-2.0
private import InferenceProtos

extension Rule {
    static let unlikeOtherQueues = Rule(
        id: "BKL-R025",
        title: "Queue without the bound that others have",
        severity: .note,
        why: "Other models of the repository refuse what they cannot do in time; this one keeps whatever comes.",
        mend: "Give it a dynamic_batching with a default_queue_policy of its own: max_queue_size, a timeout.",
        references: [.cwe(770), .sheet("Triton: Secure Model Repository Configuration")],
        bad: [
            .files([
                "models/a/config.pbtxt": bounded("a"),
                "models/b/config.pbtxt": "name: \"b\"\nbackend: \"onnxruntime\"\nmax_batch_size: 8\n",
            ])
        ],
        good: [
            .files(["models/a/config.pbtxt": bounded("a"), "models/b/config.pbtxt": bounded("b")]),
            // Nothing is queued for batches.
            .files([
                "models/a/config.pbtxt": bounded("a"),
                "models/b/config.pbtxt": "name: \"b\"\nbackend: \"onnxruntime\"\n",
            ]),
            .file("models/b/config.pbtxt", "name: \"b\"\nbackend: \"onnxruntime\"\nmax_batch_size: 8\n"),
        ],
        checks: [
            .project { project, findings in
                let configs = project.modelDirectories.compactMap(\.config)
                guard let other = configs.first(where: boundsItsQueue) else { return }
                for file in configs where file.config.maxBatchSize > 0 && file.config.schedulingChoice == nil {
                    findings.add(
                        file.place("max_batch_size"),
                        "the queue of model \(Printed.quoted(file.modelName)) has no bound, and that of "
                            + "\(Printed.quoted(other.modelName)) has one"
                    )
                }
            }
        ]
    )

    private static func boundsItsQueue(_ file: ModelConfigFile) -> Bool {
        guard case .dynamicBatching(let batching) = file.config.schedulingChoice else { return false }
        return batching.defaultQueuePolicy.maxQueueSize > 0
    }

    private static func bounded(_ name: String) -> String {
        "name: \"\(name)\"\nbackend: \"onnxruntime\"\nmax_batch_size: 8\ndynamic_batching { default_queue_policy "
            + "{ max_queue_size: 8 default_timeout_microseconds: 500000 } }\n"
    }
}
