// SPDX-License-Identifier: Apache-2.0

/// Something that rules look at. A file stands for any number of them.
package enum Subject: Sendable {
    case modelDirectory(ModelDirectoryView)
    case modelConfig(ModelConfigFile)
    case modelFile(ModelFile)
    case python(PythonModule)
    case dockerfile(Dockerfile)
    case shellScript(ShellScript)
    case container(Container)
    case workload(Workload)
    case serverCommand(ServerCommand)
    case bentoBuild(BentoBuild)
    case bentoConfiguration(DataDocument)
    case requirements(RequirementsFile)
    /// A file within one, which is read in its turn.
    case written(WrittenText)
    /// A part of a file that could not be read, where the rest could.
    case unreadable(Unreadable)
}
