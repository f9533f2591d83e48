// SPDX-License-Identifier: Apache-2.0
import InferenceProtos

extension ConfigValidator {
    private typealias Control = Inference_ModelSequenceBatching.Control

    static func checkSequenceBatching(
        _ batching: Inference_ModelSequenceBatching,
        of config: Inference_ModelConfig,
        list: inout ProblemList
    ) {
        if config.responseCache.enable {
            list.add(
                "Response Cache does not currently support model \(config.name) with sequence batching scheduler."
                    + " Please disable the response cache.",
                at: "response_cache.enable"
            )
        }
        checkControlNames(batching, of: config, list: &list)
        checkControls(batching, of: config, list: &list)
        checkStrategy(batching, of: config, list: &list)
    }

    private static func checkControlNames(
        _ batching: Inference_ModelSequenceBatching,
        of config: Inference_ModelConfig,
        list: inout ProblemList
    ) {
        var seen: Set<String> = []
        for (index, input) in batching.controlInput.enumerated() {
            let path = "sequence_batching.control_input[\(index)]"
            if input.name.isEmpty {
                list.add("sequence batching control tensor must have a name for \(config.name)", at: path)
            } else if !seen.insert(input.name).inserted {
                list.add(
                    "sequence batching control tensor '\(input.name)' is specified for multiple control kinds for"
                        + " \(config.name)",
                    at: path + ".name"
                )
            }
        }
    }

    private static func checkControls(
        _ batching: Inference_ModelSequenceBatching,
        of config: Inference_ModelConfig,
        list: inout ProblemList
    ) {
        var seen: Set<Control.Kind> = []
        for (index, input) in batching.controlInput.enumerated() {
            for (position, control) in input.control.enumerated() {
                let path = "sequence_batching.control_input[\(index)].control[\(position)]"
                if !seen.insert(control.kind).inserted {
                    list.add(
                        "sequence batching specifies multiple \(control.kind.protoName) tensors for \(config.name)",
                        at: path
                    )
                } else if control.kind == .controlSequenceCorrid {
                    checkCorrelationID(control, of: config, path: path, list: &list)
                } else {
                    checkFlag(control, of: config, path: path, list: &list)
                }
            }
        }
    }

    /// START, END and READY: the two values that stand for false and true.
    private static func checkFlag(
        _ control: Control,
        of config: Inference_ModelConfig,
        path: String,
        list: inout ProblemList
    ) {
        let suffix = "for \(control.kind.protoName) for \(config.name)"
        let given = control.valueCounts.filter { $0.count > 0 }
        switch given.count {
        case 0:
            list.add(
                "sequence batching must specify either 'int32_false_true', 'fp32_false_true' or 'bool_false_true' "
                    + suffix,
                at: path
            )
        case 1 where given[0].count != 2:
            list.add(
                "sequence batching control '\(given[0].field)' must have exactly 2 entries " + suffix,
                at: path + "." + given[0].field
            )
        case 1:
            break
        default:
            list.add(
                "sequence batching specifies more than one from 'int32_false_true', 'fp32_false_true' and"
                    + " 'bool_false_true' " + suffix,
                at: path
            )
        }
    }

    private static func checkCorrelationID(
        _ control: Control,
        of config: Inference_ModelConfig,
        path: String,
        list: inout ProblemList
    ) {
        if control.valueCounts.contains(where: { $0.count > 0 }) {
            list.add(
                "sequence batching must not specify either 'int32_false_true', 'fp32_false_true' or 'bool_false_true'"
                    + " for \(control.kind.protoName) for \(config.name)",
                at: path
            )
        }
        if ![.typeUint64, .typeInt64, .typeUint32, .typeInt32, .typeString].contains(control.dataType) {
            list.add(
                "unexpected data type for control \(control.kind.protoName) for \(config.name). Allowed data types are"
                    + " TYPE_UINT64, TYPE_INT64, TYPE_UINT32, TYPE_INT32 and TYPE_STRING",
                at: path + ".data_type"
            )
        }
    }

    private static func checkStrategy(
        _ batching: Inference_ModelSequenceBatching,
        of config: Inference_ModelConfig,
        list: inout ProblemList
    ) {
        switch batching.strategyChoice {
        case .oldest(let oldest):
            for (index, size) in oldest.preferredBatchSize.enumerated() {
                let path = "sequence_batching.oldest.preferred_batch_size[\(index)]"
                if size <= 0 {
                    list.add("sequence batching preferred batch size must be positive for \(config.name)", at: path)
                } else if size > config.maxBatchSize {
                    list.add(
                        "sequence batching preferred batch size must be <= max batch size for \(config.name)",
                        at: path
                    )
                }
            }
        case .direct(let direct):
            if !(0...1).contains(direct.minimumSlotUtilization) {
                list.add(
                    "sequence batching minimum slot utilization must be in range (0.0, 1.0] for \(config.name)",
                    at: "sequence_batching.direct.minimum_slot_utilization"
                )
            }
        case nil:
            break
        }
    }
}

extension Inference_ModelSequenceBatching.Control {
    fileprivate var valueCounts: [(field: String, count: Int)] {
        [
            ("int32_false_true", int32FalseTrue.count), ("fp32_false_true", fp32FalseTrue.count),
            ("bool_false_true", boolFalseTrue.count),
        ]
    }
}

extension Inference_ModelSequenceBatching.Control.Kind {
    fileprivate var protoName: String {
        switch self {
        case .controlSequenceStart: "CONTROL_SEQUENCE_START"
        case .controlSequenceReady: "CONTROL_SEQUENCE_READY"
        case .controlSequenceEnd: "CONTROL_SEQUENCE_END"
        case .controlSequenceCorrid: "CONTROL_SEQUENCE_CORRID"
        case .UNRECOGNIZED(let number): String(number)
        }
    }
}
