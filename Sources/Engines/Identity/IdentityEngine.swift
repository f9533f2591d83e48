// SPDX-License-Identifier: Apache-2.0
package import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Answers each request with its own inputs: the first input is the first output, and so on.
///
/// As Triton's identity backend it waits for `execute_delay_ms` before it answers, times the number of the instance if
/// `instance_wise_delay_multiplier` is set, so that tests can hold a queue.
package struct IdentityEngine: Engine {
    package let name = "identity"

    package init() {}

    package func open(_ source: EngineModelSource) throws(ServingError) -> any EngineModel {
        IdentityModel(
            delay: try IdentityDelay(source),
            allowance: OutputAllowance(modelName: source.modelName, limit: source.outputLimit)
        )
    }
}

struct IdentityDelay: Equatable {
    static let limitMilliseconds = 600_000

    private var milliseconds: Int
    private var multiplier: Int?

    init(_ source: EngineModelSource) throws(ServingError) {
        milliseconds = try Self.number("execute_delay_ms", source) ?? 0
        multiplier = try Self.number("instance_wise_delay_multiplier", source)
    }

    /// Milliseconds that the instance at `index` waits.
    func milliseconds(forInstance index: Int) -> Int {
        guard let multiplier else { return milliseconds }
        let (product, overflow) = milliseconds.multipliedReportingOverflow(by: max(1, multiplier * index))
        return overflow ? Self.limitMilliseconds : min(product, Self.limitMilliseconds)
    }

    private static func number(_ name: String, _ source: EngineModelSource) throws(ServingError) -> Int? {
        guard let text = source.parameters[name] else { return nil }
        guard let value = Int(text), (0...limitMilliseconds).contains(value) else {
            throw ServingError(
                .invalidArgument,
                "failed to parse parameter '\(name)' of model '\(source.modelName)': '\(text)'"
            )
        }
        return value
    }
}

private final class IdentityModel: EngineModel, @unchecked Sendable {
    // SAFETY: `configure` comes before any instance is made, by the contract; nothing is written afterwards.
    private var configuration = EngineModelConfiguration(inputs: [], outputs: [], maxBatchSize: 0)
    private let delay: IdentityDelay
    private let allowance: OutputAllowance

    init(delay: IdentityDelay, allowance: OutputAllowance) {
        self.delay = delay
        self.allowance = allowance
    }

    var signature: GraphSignature? { nil }

    func configure(_ configuration: EngineModelConfiguration) throws(ServingError) {
        let (inputs, outputs) = (configuration.inputs, configuration.outputs)
        guard inputs.count == outputs.count else {
            throw ServingError(
                .invalidArgument,
                "model configuration must have as many outputs as inputs, got \(inputs.count) inputs and "
                    + "\(outputs.count) outputs"
            )
        }
        for (input, output) in zip(inputs, outputs) where input.dataType != output.dataType {
            throw ServingError(
                .invalidArgument,
                "output '\(output.name)' must have the data type of input '\(input.name)', "
                    + "got \(output.dataType.configName) and \(input.dataType.configName)"
            )
        }
        self.configuration = configuration
    }

    func makeInstance(_ index: Int) throws(ServingError) -> any EngineInstance {
        IdentityInstance(
            configuration,
            delayMilliseconds: delay.milliseconds(forInstance: index),
            allowance: allowance
        )
    }
}

private final class IdentityInstance: EngineInstance {
    private let configuration: EngineModelConfiguration
    private let delayMilliseconds: Int
    private let allowance: OutputAllowance

    init(_ configuration: EngineModelConfiguration, delayMilliseconds: Int, allowance: OutputAllowance) {
        self.configuration = configuration
        self.delayMilliseconds = delayMilliseconds
        self.allowance = allowance
    }

    func execute(_ batch: ExecutionBatch) {
        batch.inputsReady = .now()
        if delayMilliseconds > 0 {
            var remaining = timespec(tv_sec: delayMilliseconds / 1000, tv_nsec: delayMilliseconds % 1000 * 1_000_000)
            var requested = remaining
            while nanosleep(&requested, &remaining) != 0 && errno == EINTR { requested = remaining }
        }
        batch.outputsReady = .now()
        var allowance = allowance
        for (index, request) in batch.requests.enumerated() {
            let outputs = outputs(of: request.request)
            do throws(ServingError) {
                try allowance.take(outputs)
                batch.respond(toRequestAt: index, outputs: outputs)
            } catch {
                batch.fail(requestAt: index, error)
            }
        }
    }

    private func outputs(of request: InferenceRequest) -> [OutputTensor] {
        let fields = request.fields
        var outputs: [OutputTensor] = []
        for (input, output) in zip(configuration.inputs, configuration.outputs) {
            guard let tensor = fields.inputs.first(where: { $0.name == input.name }) else { continue }
            let isWanted =
                fields.requestedOutputs.isEmpty || fields.requestedOutputs.contains { $0.name == output.name }
            guard isWanted else { continue }
            outputs.append(
                OutputTensor(name: output.name, dataType: tensor.dataType, shape: tensor.shape, bytes: tensor.bytes)
            )
        }
        return outputs
    }
}
