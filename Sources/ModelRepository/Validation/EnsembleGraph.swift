// SPDX-License-Identifier: Apache-2.0
import InferenceProtos

/// The tensors of an ensemble and the steps between them.
///
/// A step is ready to run once all its inputs are there, and then so are all its outputs. The work is linear in the
/// size of the configuration, however its maps are drawn.
struct EnsembleGraph {
    private struct Step {
        var inputs: [String]
        var outputs: [String]
    }

    private struct Tensor {
        var producer: Int?
        var consumers: [Int] = []
    }

    private var steps: [Step] = []
    private var tensors: [String: Tensor] = [:]

    init(_ scheduling: Inference_ModelEnsembling, of ensemble: String) throws(ConfigProblem) {
        for (index, step) in scheduling.step.enumerated() {
            let path = "ensemble_scheduling.step[\(index)]"
            let place = "in step \(index) of ensemble '\(ensemble)'"
            if step.modelName.isEmpty {
                throw ConfigProblem("must specify 'model_name' " + place, at: path)
            }
            if step.inputMap.isEmpty {
                throw ConfigProblem("must specify 'input_map' " + place, at: path)
            }
            if step.outputMap.isEmpty {
                throw ConfigProblem("must specify 'output_map' " + place, at: path)
            }
            let inputs = step.inputMap.sorted { $0.key < $1.key }.map(\.value)
            let outputs = step.outputMap.sorted { $0.key < $1.key }.map(\.value)
            for output in outputs {
                guard tensors[output]?.producer == nil else {
                    throw ConfigProblem(
                        "ensemble tensor '\(output)' can appear in an output map only once for ensemble '\(ensemble)'"
                            + " step \(index)",
                        at: path + ".output_map"
                    )
                }
                tensors[output, default: Tensor()].producer = index
            }
            for input in Set(inputs) { tensors[input, default: Tensor()].consumers.append(index) }
            steps.append(Step(inputs: inputs, outputs: outputs))
        }
    }

    func checkDataFlow(of config: Inference_ModelConfig) throws(ConfigProblem) {
        for (index, input) in config.input.enumerated() where tensors[input.name] == nil {
            throw ConfigProblem(
                "ensemble input '\(input.name)' for ensemble \(config.name)' is not used",
                at: "input[\(index)]"
            )
        }
        let ready = readyTensors(from: config.input.map(\.name))
        for (index, output) in config.output.enumerated() {
            let path = "output[\(index)]"
            guard tensors[output.name] != nil else {
                throw ConfigProblem(
                    "ensemble output '\(output.name)' for ensemble \(config.name)' is not used",
                    at: path
                )
            }
            guard ready.contains(output.name) else {
                var message = "output '\(output.name)' for ensemble '\(config.name)' is not written"
                let source = missingSource(of: output.name, ready: ready)
                if source != output.name {
                    message += ": at least one of its depending tensors, '\(source)', is not connected"
                }
                throw ConfigProblem(message, at: path)
            }
        }
        let outputs = Set(config.output.map(\.name))
        let unused = tensors.filter { name, tensor in
            !outputs.contains(name) && (!ready.contains(name) || tensor.consumers.isEmpty)
        }
        if let name = unused.keys.min() {
            throw ConfigProblem(
                "ensemble tensor '\(name)' is unused in ensemble '\(config.name)'",
                at: "ensemble_scheduling"
            )
        }
    }

    private func readyTensors(from inputs: [String]) -> Set<String> {
        var ready: Set<String> = []
        var waiting = steps.map { Set($0.inputs).count }
        var queue: [String] = []
        for input in inputs where ready.insert(input).inserted { queue.append(input) }
        while let tensor = queue.popLast() {
            for step in tensors[tensor]?.consumers ?? [] {
                waiting[step] -= 1
                guard waiting[step] == 0 else { continue }
                for output in steps[step].outputs where ready.insert(output).inserted { queue.append(output) }
            }
        }
        return ready
    }

    /// Goes upstream from a tensor that is never written to the first that nothing writes.
    private func missingSource(of name: String, ready: Set<String>) -> String {
        var source = name
        var seen: Set<String> = []
        var inputs = producerInputs(of: name)
        while let next = inputs.first(where: { !ready.contains($0) && !seen.contains($0) }) {
            seen.insert(next)
            source = next
            inputs = producerInputs(of: next)
        }
        return source
    }

    private func producerInputs(of tensor: String) -> [String] {
        tensors[tensor]?.producer.map { steps[$0].inputs } ?? []
    }
}
