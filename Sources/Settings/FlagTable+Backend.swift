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
            showing: .keys([
                "default-max-batch-size", "enable_mem_arena", "enable_mem_pattern", "execution_mode",
                "inter_op_thread_count", "intra_op_thread_count", "memory.enable_memory_arena_shrinkage",
                "session.intra_op.allow_spinning",
                "session.use_device_allocator_for_initializers",
            ]),
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
