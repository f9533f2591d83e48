// SPDX-License-Identifier: Apache-2.0
internal import Inference

extension WorkerLimits {
    /// The parameters by which a model's own configuration asks for less than the operator allows. It cannot ask for more.
    private static let memoryParameter = "WORKER_MEMORY_LIMIT_BYTES"
    private static let processorsParameter = "WORKER_CPU_LIMIT"
    /// Less stops a runtime from starting at all.
    private static let leastProcessors = 0.01
    private static let mostProcessors = 4096.0

    /// What the operator says of a worker's memory and processors, and the model of its own.
    mutating func takeResources(of source: EngineModelSource) throws(ServingError) {
        let own = source.parameters
        if let bytes = try source.workerSetting("memory-limit-bytes") {
            (addressSpaceBytes, memoryBytes) = (bytes, bytes)
        }
        if let bytes = try source.number(own[Self.memoryParameter], "parameter \(Self.memoryParameter)", least: 1) {
            addressSpaceBytes = min(addressSpaceBytes ?? bytes, bytes)
            memoryBytes = min(memoryBytes ?? WorkerCgroups.shared.memoryBytes ?? bytes, bytes)
        }
        let processors = [
            try Self.processors(source.engineSettings["cpu-limit"], "--backend-config=…,cpu-limit", source.modelName),
            try Self.processors(
                own[Self.processorsParameter],
                "parameter \(Self.processorsParameter)",
                source.modelName
            ),
        ]
        self.processors = processors.compactMap(\.self).min()
    }

    private static func processors(_ text: String?, _ what: String, _ model: String) throws(ServingError) -> Double? {
        guard let text else { return nil }
        guard let number = Double(text), (leastProcessors...mostProcessors).contains(number) else {
            throw ServingError(
                .invalidArgument,
                "\(what) of model '\(model)' must be a number of processors from \(leastProcessors) on, as in 1.5"
            )
        }
        return number
    }
}

extension EngineModelSource {
    /// A number of `--backend-config` for this model's engine that is about its workers; `nil` if it is not set.
    func workerSetting(_ key: String, least: Int = 1) throws(ServingError) -> Int? {
        try number(engineSettings[key], "--backend-config=…,\(key)", least: least)
    }

    fileprivate func number(_ text: String?, _ what: String, least: Int) throws(ServingError) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), number >= least else {
            throw ServingError(
                .invalidArgument,
                "\(what) of model '\(modelName)' must be a number from \(least) on"
            )
        }
        return number
    }
}
