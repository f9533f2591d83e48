// SPDX-License-Identifier: Apache-2.0

private let sharedLibrariesNotLoaded =
    "engines are built in; shared libraries are never loaded from a directory"

extension FlagTable {
    /// Triton's flags about backends and repository agents. Names: `command_line_parser.cc`.
    static let backend: [Flag] = [
        Flag(
            "backend-directory",
            .backend,
            .path,
            .accepted(sharedLibrariesNotLoaded),
            default: "/opt/tritonserver/backends",
            "Directory of backends."
        ),
        Flag(
            "backend-config",
            .backend,
            .setting(group: "backend"),
            .works(.table(\.backendConfig)),
            showing: .keys(Set(SettingRules.backendKeys + SettingRules.pythonKeys.keys)),
            rules: .backend,
            "Setting of a backend, or of all of them; may be given more than once. Those of onnxruntime: "
                + SettingRules.backendKeys.joined(separator: ", ") + "; of python: "
                + SettingRules.pythonKeys.keys.sorted().joined(separator: ", ")
                + ". Those of backends that are not here change "
                + "nothing. enable-global-threadpool=1 is refused."
        ),
        Flag(
            "repoagent-directory",
            .repositoryAgent,
            .path,
            .accepted(sharedLibrariesNotLoaded),
            default: "/opt/tritonserver/repoagents",
            "Directory of repository agents."
        ),
    ]
}
