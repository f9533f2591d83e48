// SPDX-License-Identifier: Apache-2.0

/// Everything that was read, for rules about what is missing in all of it.
package struct Project: Sendable {
    package var entries: [AuditEntry] = []
    package var modelDirectories: [ModelDirectoryView] = []
    package var pythonModules: [PythonModule] = []
    package var dockerfiles: [Dockerfile] = []
    package var containers: [Container] = []
    package var workloads: [Workload] = []
    package var serverCommands: [ServerCommand] = []
    package var bentoBuilds: [BentoBuild] = []
    package var bentoConfigurations: [DataDocument] = []
    package var requirements: [RequirementsFile] = []

    package init() {}
}
