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
            "Setting of a backend, or of all of them; may be given more than once."
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
