// SPDX-License-Identifier: Apache-2.0

/// The groups and keys that there are for a flag of the form `[<group>,]<key>=<value>`, and what each key takes.
package enum SettingRules: Sendable {
    case backend, metrics

    private static let backends = ["onnxruntime", "identity", "repeat", "python"]
    /// Of a backend, or of all of them.
    private static let commonKeys: [String: ValueKind] = ["default-max-batch-size": .count]
    private static let engineKeys: [String: ValueKind] = [
        "intra_op_thread_count": threads, "inter_op_thread_count": threads, "execution_mode": zeroOrOne,
        "enable_mem_pattern": zeroOrOne, "enable_mem_arena": zeroOrOne,
        "memory.enable_memory_arena_shrinkage": .choice(["cpu:0"], ignoringCase: false),
        "session.use_device_allocator_for_initializers": zeroOrOne, "session.intra_op.allow_spinning": zeroOrOne,
        globalPool: .bool,
    ]
    /// What onnxruntime takes besides, for models in workers.
    private static let hostedKeys: [String: ValueKind] = [
        "start-timeout-seconds": .integer(1...86_400), "execution-timeout-seconds": .integer(1...86_400),
        "memory-limit-bytes": .integer(1...Int.max), "cpu-limit": processors,
        "restart-patience-milliseconds": .integer(0...60_000),
    ]
    /// What python takes.
    static let pythonKeys: [String: ValueKind] = [
        "interpreter": .string, "stub-timeout-seconds": .integer(1...86_400),
        "execution-timeout-seconds": .integer(1...86_400), "memory-limit-bytes": .integer(1...Int.max),
        "cpu-limit": processors, "ready-timeout-seconds": .integer(1...86_400), "max-calls": .integer(1...4096),
        "max-metric-families": .integer(0...4096), "max-metrics": .integer(0...65_536),
    ]
    /// What Triton's backend takes besides, about how its shared memory is made.
    private static let idlePythonKeys: [String: ValueKind] = [
        "shm-default-byte-size": .count, "shm-growth-byte-size": .count, "shm-region-prefix-name": .string,
        "shm_message_queue_size": .count, "thread-pool-size": .count,
    ]
    /// What onnxruntime takes, for the reference.
    static var backendKeys: [String] {
        commonKeys.keys.sorted() + engineKeys.keys.filter { $0 != globalPool }.sorted() + hostedKeys.keys.sorted()
    }
    private static let globalPool = "enable-global-threadpool"
    private static let threads = ValueKind.integer(0...1024)
    private static let processors = ValueKind.number(0.01...4096)
    private static let zeroOrOne = ValueKind.choice(["0", "1", "true", "false"])
    private static let metricsKeys: [String: ValueKind] = [
        counterLatencies: .bool, "histogram_latencies": .bool, "summary_latencies": .bool, "summary_quantiles": .string,
    ]
    private static let counterLatencies = "counter_latencies"

    /// What is wrong with `setting`, to be put behind the flag's name; `nil` if nothing is.
    func fault(in setting: KeyedSetting) -> String? {
        guard let keys = keys(ofGroup: setting.group) else { return nil }
        let group = setting.group.isEmpty ? "" : setting.group + ","
        guard let kind = keys[setting.key] else {
            let hint = Suggestion.nearest(to: setting.key, among: keys.keys.sorted()).map { "; did you mean \($0)?" }
            let place = setting.group.isEmpty ? "" : setting.group + " "
            return "\(place)has no setting '\(Printable.text(setting.key))'\(hint ?? "")"
        }
        if let fault = Self.fault(of: setting, kind) {
            return "\(group)\(setting.key) must be \(fault); got '\(Printable.text(setting.value))'"
        }
        if setting.key == Self.globalPool, ValueKind.bool(setting.value) == true {
            return
                "\(group)\(setting.key)=\(Printable.text(setting.value)) is refused: threads shared by all models are "
                + "not supported here; intra_op_thread_count bounds those of each model"
        }
        return nil
    }

    /// The line for the log if `setting`, which nothing is wrong with, changes nothing.
    func notice(for setting: KeyedSetting) -> String? {
        switch self {
        case .metrics:
            return setting.key == Self.counterLatencies
                ? nil : "\(Printable.text(setting.key)) changes nothing: only \(Self.counterLatencies) does"
        case .backend where keys(ofGroup: setting.group) == nil:
            let hint = Suggestion.nearest(to: setting.group, among: Self.backends).map { "; did you mean \($0)?" } ?? ""
            return "\(Printable.text(setting.group)),… changes nothing: there is no such backend here\(hint)"
        case .backend where ["identity", "repeat"].contains(setting.group):
            return "\(setting.group),\(Printable.text(setting.key)) changes nothing: the backend has no settings"
        case .backend where setting.group == "python" && Self.idlePythonKeys[setting.key] != nil:
            return "python,\(setting.key) changes nothing: memory is shared in another way here"
        case .backend: return nil
        }
    }

    /// `nil` for a group that is not known.
    private func keys(ofGroup group: String) -> [String: ValueKind]? {
        switch (self, group) {
        case (.metrics, _): Self.metricsKeys
        case (.backend, ""): Self.commonKeys.merging(Self.engineKeys) { common, _ in common }
        case (.backend, "onnxruntime"):
            Self.commonKeys.merging(Self.engineKeys) { common, _ in common }.merging(Self.hostedKeys) { known, _ in
                known
            }
        case (.backend, "identity"), (.backend, "repeat"): Self.commonKeys
        case (.backend, "python"):
            Self.commonKeys.merging(Self.pythonKeys) { common, _ in common }
                .merging(Self.idlePythonKeys) { known, _ in known }
        case (.backend, _): nil
        }
    }

    private static func fault(of setting: KeyedSetting, _ kind: ValueKind) -> String? {
        if setting.key == "summary_quantiles" { return quantilesFault(setting.value) }
        return kind.fault(in: setting.value)
    }

    /// `<quantile>:<error>` with commas between them.
    private static func quantilesFault(_ text: String) -> String? {
        let isWellFormed = text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { pair in
            let parts = pair.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
            return parts.count == 2 && parts.allSatisfy { $0.map { (0...1).contains($0) } ?? false }
        }
        return isWellFormed ? nil : "pairs <quantile>:<error> with commas between them"
    }
}
