// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos

/// What an input and an output have in common.
private protocol ConfiguredTensor {
    var name: String { get }
    var dataType: Inference_DataType { get }
    var dims: [Int64] { get }
    var hasReshape: Bool { get }
    var reshape: Inference_ModelTensorReshape { get }
    var isShapeTensor: Bool { get }
    var isNonLinearFormatIo: Bool { get }
}

extension Inference_ModelInput: ConfiguredTensor {}
extension Inference_ModelOutput: ConfiguredTensor {}

extension ConfigValidator {
    private static let tensorRTPlatform = "tensorrt_plan"

    static func checkTensors(_ config: Inference_ModelConfig, list: inout ProblemList) {
        checkRepeats(config.input.map(\.name), kind: "input", config: config, list: &list)
        checkRepeats(config.output.map(\.name), kind: "output", config: config, list: &list)
        for (index, input) in config.input.enumerated() {
            let path = "input[\(index)]"
            checkShape(input, prefix: "model input ", path: path, config: config, list: &list)
            if [.nhwc, .nchw].contains(input.format), input.dims.count != 3 {
                list.add("model input NHWC/NCHW require 3 dims for \(config.name)", at: path + ".format")
            }
            checkPlatform(input, kind: "input", path: path, config: config, list: &list)
        }
        for (index, output) in config.output.enumerated() {
            let path = "output[\(index)]"
            checkShape(output, prefix: "model output ", path: path, config: config, list: &list)
            checkPlatform(output, kind: "output", path: path, config: config, list: &list)
        }
    }

    /// Triton lets them pass; which of the two a request means could not be said.
    private static func checkRepeats(
        _ names: [String],
        kind: String,
        config: Inference_ModelConfig,
        list: inout ProblemList
    ) {
        var seen: Set<String> = []
        for (index, name) in names.enumerated() where !name.isEmpty && !seen.insert(name).inserted {
            list.add(
                "model \(kind) '\(name)' is specified more than once for \(config.name)",
                at: "\(kind)[\(index)].name"
            )
        }
    }

    private static func checkShape(
        _ tensor: some ConfiguredTensor,
        prefix: String,
        path: String,
        config: Inference_ModelConfig,
        list: inout ProblemList
    ) {
        let suffix = " for \(config.name)"
        guard !tensor.name.isEmpty else {
            list.add(prefix + "must specify 'name'" + suffix, at: path)
            return
        }
        let named = prefix + "'\(tensor.name)' "
        if tensor.dataType.dataType == nil {
            list.add(named + "must specify 'data_type'" + suffix, at: path)
        }
        if tensor.dims.isEmpty {
            list.add(named + "must specify 'dims'" + suffix, at: path)
        }
        if tensor.hasReshape, tensor.reshape.shape.isEmpty, config.maxBatchSize == 0 {
            list.add(
                named + "cannot have empty reshape for non-batching model as scalar tensors are not supported" + suffix,
                at: path + ".reshape"
            )
        }
        let rule = "must be integer >= 1, or -1 to indicate a variable-size dimension"
        if let index = tensor.dims.firstIndex(where: { $0 < 1 && $0 != -1 }) {
            list.add(named + "dimension " + rule + suffix, at: path + ".dims[\(index)]")
            return
        }
        guard tensor.hasReshape else { return }
        if let index = tensor.reshape.shape.firstIndex(where: { $0 < 1 && $0 != -1 }) {
            list.add(named + "reshape dimensions " + rule + suffix, at: path + ".reshape.shape[\(index)]")
            return
        }
        if let problem = ReshapeProblem(dims: tensor.dims, reshape: tensor.reshape.shape) {
            list.add(problem.message(tensor: tensor.name, prefix: named) + suffix, at: path + ".reshape")
        }
    }

    private static func checkPlatform(
        _ tensor: some ConfiguredTensor,
        kind: String,
        path: String,
        config: Inference_ModelConfig,
        list: inout ProblemList
    ) {
        let isTensorRT = config.platform == tensorRTPlatform
        if tensor.isShapeTensor, !isTensorRT {
            list.add(
                "shape tensors are only supported for TensorRT platform for \(config.name)",
                at: path + ".is_shape_tensor"
            )
        }
        guard tensor.isNonLinearFormatIo else { return }
        if !isTensorRT {
            list.add(
                "Non-linear IO format is only supported for the TensorRT platform for \(config.name)",
                at: path + ".is_non_linear_format_io"
            )
        } else if tensor.dims.count != 3 {
            list.add("Non-linear IO format \(kind) requires 3 dims for \(config.name)", at: path + ".dims")
        }
    }
}

/// Why a shape can not be had from another without moving elements: `[2, 4, -1, 6]` can be had from `[8, -1, 1, 6]`.
enum ReshapeProblem: Equatable {
    case dimsOverflow
    case reshapeOverflow
    case differentSize
    case differentVariableDimensions

    /// `nil` if the two agree. Every dimension is at least 1, or -1.
    init?(dims: [Int64], reshape: [Int64]) {
        guard let from = Self.trunkSizes(dims) else {
            self = .dimsOverflow
            return
        }
        guard let to = Self.trunkSizes(reshape) else {
            self = .reshapeOverflow
            return
        }
        if (from.count > 1) != (to.count > 1) {
            self = .differentSize
        } else if from.count != to.count {
            self = .differentVariableDimensions
        } else if from != to {
            self = .differentSize
        } else {
            return nil
        }
    }

    /// Elements of each run of dimensions between variable ones, 1 for an empty run; `nil` if one overflows `Int64`.
    private static func trunkSizes(_ dims: [Int64]) -> [Int64]? {
        var sizes: [Int64] = [1]
        for dim in dims {
            if dim == -1 {
                sizes.append(1)
                continue
            }
            let (product, overflow) = sizes[sizes.count - 1].multipliedReportingOverflow(by: dim)
            if overflow { return nil }
            sizes[sizes.count - 1] = product
        }
        return sizes
    }

    func message(tensor: String, prefix: String) -> String {
        switch self {
        case .dimsOverflow: "element count for tensor '\(tensor) dims' exceeds maximum size of \(Int64.max)"
        case .reshapeOverflow: "element count for tensor '\(tensor) reshape' exceeds maximum size of \(Int64.max)"
        case .differentSize: prefix + "has different size for dims and reshape"
        case .differentVariableDimensions:
            prefix + "has different number of variable-size dimensions for dims and reshape"
        }
    }
}
