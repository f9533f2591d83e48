// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Stands where an engine's library could not be loaded: whoever needs it is told why.
package struct UnavailableEngine: Engine {
    package let name: String
    private let error: ServingError

    package init(name: String, error: ServingError) {
        self.name = name
        self.error = error
    }

    package func open(_ source: EngineModelSource) throws(ServingError) -> any EngineModel { throw error }
}
