// SPDX-License-Identifier: Apache-2.0
private import Dispatch
package import Inference
package import ModelRepository
private import Scheduling

/// What is found out about a model by loading it without serving it: the work of `buckler check`.
package struct ModelCheck: Sendable {
    package struct Version: Sendable {
        package var version: Int64
        package var error: ServingError?
        package var configurationJSON: String?
    }

    package var name: String
    package var versions: [Version] = []
    package var warnings: [String] = []
    /// What is unsafe about it and does not keep it from being loaded.
    package var findings: [AdmissionFinding] = []
    /// One line for each thing that the configuration left out and the server filled in.
    package var completed: [String] = []
    /// What kept any version from being tried.
    package var error: ServingError?

    package var isSound: Bool { error == nil && versions.allSatisfy { $0.error == nil } }

    /// Blocks while the engine reads the model.
    package init(
        model name: String,
        repository: ModelRepository,
        engines: EngineSelection,
        settings: LoadSettings
    ) {
        self.name = name
        let loader = ModelLoader(repository: repository, engines: engines, settings: settings)
        do throws(ServingError) {
            let definition = try loader.definition(of: name, overrides: LoadParameters())
            findings = try loader.admit(definition, overrides: LoadParameters())
            warnings = definition.warnings
            completed = definition.completed
            for version in definition.versions { check(version, of: definition, by: loader) }
            warnings = definition.allWarnings
        } catch {
            self.error = error
        }
    }

    private mutating func check(_ version: Int64, of definition: ModelDefinition, by loader: ModelLoader) {
        do throws(ServingError) {
            let (parts, completed) = try loader.loadReporting(definition, version: version)
            // What it started is gone before the command ends.
            let gone = DispatchSemaphore(value: 0)
            parts.scheduler.stop(whenDrained: { parts.engine.close(whenClosed: { gone.signal() }) })
            gone.wait()
            self.completed = completed
            versions.append(Version(version: version, configurationJSON: parts.configurationJSON))
        } catch {
            versions.append(Version(version: version, error: error))
        }
    }
}
