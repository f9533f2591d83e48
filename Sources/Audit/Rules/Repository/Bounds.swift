// SPDX-License-Identifier: Apache-2.0
private import InferenceProtos

extension Rule {
    static let unboundedDimension = Rule(
        id: "BKL-R020",
        title: "Input of any size",
        severity: .note,
        why: """
            A dimension of -1 takes as many elements as a request brings: what one request may cost is then bounded by the \
            request's size alone.
            """,
        mend: "Give the dimension its size where the model has one, or bound requests: --model-limit.",
        references: [.cwe(770), .cwe(400), .sheet("Triton: Secure Model Repository Configuration")],
        bad: [
            .file(
                "models/m/config.pbtxt",
                "name: \"m\"\nbackend: \"onnxruntime\"\ninput [ { name: \"x\" data_type: TYPE_FP32 dims: [ -1, 4 ] } ]\n"
            )
        ],
        good: [.config("")],
        checks: [
            .modelConfig { file, findings in
                for (index, input) in file.config.input.enumerated() {
                    guard let dimension = input.dims.firstIndex(of: -1) else { continue }
                    findings.add(
                        file.place("input[\(index)].dims[\(dimension)]"),
                        "input \(Printed.quoted(input.name)) of model \(Printed.quoted(file.modelName)) takes any size"
                    )
                }
            }
        ]
    )

    /// Beyond it one batch holds what many requests brought for longer than they would wait.
    static let usualBatch: Int32 = 1024

    static let largeBatch = Rule(
        id: "BKL-R021",
        title: "Batches without a sensible bound",
        severity: .warning,
        why: "One batch may take all memory of the engine: a few requests then fail everybody else's.",
        mend: "Set max_batch_size, and preferred_batch_size beneath it, to what was measured to help.",
        references: [.cwe(400), .cwe(770), .sheet("Triton: Secure Model Repository Configuration")],
        bad: [.file("models/m/config.pbtxt", "name: \"m\"\nbackend: \"onnxruntime\"\nmax_batch_size: 1000000\n")],
        good: [.config("")],
        checks: [
            .modelConfig { file, findings in
                guard file.config.maxBatchSize >= usualBatch else { return }
                findings.add(
                    file.place("max_batch_size"),
                    "model \(Printed.quoted(file.modelName)) makes batches of up to \(file.config.maxBatchSize)"
                )
            }
        ]
    )

    /// Microseconds.
    static let usualQueueDelay: UInt64 = 10_000_000

    /// Microseconds: who has asked has long gone by then.
    static let usualQueueTimeout: UInt64 = 300_000_000

    static let unboundedQueue = Rule(
        id: "BKL-R022",
        title: "Requests may wait without bound",
        severity: .warning,
        why: "A queue that takes all that comes, or holds it for long, answers late to everybody and fills the memory.",
        mend: "Keep max_queue_delay_microseconds below a second and give default_queue_policy a max_queue_size.",
        references: [.cwe(770), .sheet("Triton: Secure Model Repository Configuration")],
        bad: [
            .config("dynamic_batching { max_queue_delay_microseconds: 60000000 }"),
            .config(
                "dynamic_batching { default_queue_policy "
                    + "{ max_queue_size: 8 default_timeout_microseconds: 3600000000 } }"
            ),
            .config("dynamic_batching { default_queue_policy { timeout_action: REJECT max_queue_size: 8 } }"),
            .config(
                "dynamic_batching { default_queue_policy "
                    + "{ timeout_action: DELAY max_queue_size: 8 default_timeout_microseconds: 500000 } }"
            ),
        ],
        good: [
            .config(
                "dynamic_batching { default_queue_policy { max_queue_size: 8 default_timeout_microseconds: 500000 } }"
            ),
            .config("dynamic_batching { preferred_batch_size: [8] max_queue_delay_microseconds: 100000 }"),
        ],
        checks: [
            .modelConfig { file, findings in
                let name = Printed.quoted(file.modelName)
                guard case .dynamicBatching(let batching) = file.config.schedulingChoice else { return }
                let delay = batching.maxQueueDelayMicroseconds
                if delay > usualQueueDelay {
                    findings.add(
                        file.place("dynamic_batching.max_queue_delay_microseconds"),
                        "model \(name) may hold a request back for \(delay / 1_000_000) s to fill a batch"
                    )
                }
                let timeout = batching.defaultQueuePolicy.defaultTimeoutMicroseconds
                if timeout > usualQueueTimeout {
                    findings.add(
                        file.place("dynamic_batching.default_queue_policy.default_timeout_microseconds"),
                        "a request may wait \(timeout / 1_000_000) s in the queue of model \(name)"
                    )
                }
                if batching.hasDefaultQueuePolicy, batching.defaultQueuePolicy.maxQueueSize == 0 {
                    findings.add(
                        file.place("dynamic_batching.default_queue_policy"),
                        "the queue policy of model \(name) sets no max_queue_size: it takes all that comes",
                        weaker: .note
                    )
                }
                if batching.hasDefaultQueuePolicy, timeout == 0 {
                    findings.add(
                        file.place("dynamic_batching.default_queue_policy"),
                        "the queue policy of model \(name) sets no default_timeout_microseconds: requests wait as long "
                            + "as it takes",
                        weaker: .note
                    )
                }
                if timeout > 0, batching.defaultQueuePolicy.timeoutAction == .delay {
                    findings.add(
                        file.place("dynamic_batching.default_queue_policy.timeout_action"),
                        "the queue of model \(name) keeps requests that have waited too long: it fills up with them",
                        weaker: .note
                    )
                }
            }
        ]
    )

    static let sharedResponseCache = Rule(
        id: "BKL-R023",
        title: "Answers are kept for other callers",
        severity: .note,
        why: """
            A response cache answers a caller with what another one's request computed; how fast the answer comes tells \
            whether somebody has asked the same before.
            """,
        mend: "Turn response_cache off for models that see confidential inputs.",
        references: [.cwe(524), .cwe(208)],
        bad: [.config("response_cache { enable: true }")],
        good: [.config("response_cache { enable: false }"), .config("")],
        checks: [
            .modelConfig { file, findings in
                guard file.config.responseCache.enable else { return }
                findings.add(
                    file.place("response_cache.enable"),
                    "answers of model \(Printed.quoted(file.modelName)) are kept and given to other callers"
                )
            }
        ]
    )
}
