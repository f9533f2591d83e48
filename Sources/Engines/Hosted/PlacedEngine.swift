// SPDX-License-Identifier: Apache-2.0
package import Inference

/// An engine in both placements. Which of them a model gets is for the operator to say and for nobody else: nothing that
/// comes with the model is asked.
package struct PlacedEngine: Engine {
    package let name: String
    private let inProcess: any Engine
    private let inWorker: any Engine
    private let isHosted: @Sendable (String) -> Bool

    /// - Parameter isHosted: whether the model of that name runs in a worker.
    package init(
        inProcess: any Engine,
        inWorker: any Engine,
        isHosted: @escaping @Sendable (String) -> Bool
    ) {
        name = inProcess.name
        self.inProcess = inProcess
        self.inWorker = inWorker
        self.isHosted = isHosted
    }

    package func open(_ source: EngineModelSource) throws(ServingError) -> any EngineModel {
        try (isHosted(source.modelName) ? inWorker : inProcess).open(source)
    }
}
