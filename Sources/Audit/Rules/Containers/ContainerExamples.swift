// SPDX-License-Identifier: Apache-2.0

extension RuleExample {
    /// A compose file with one service, of which these are lines.
    static func service(_ lines: String) -> RuleExample {
        .file("compose.yaml", "services:\n  triton:\n" + indented(lines, by: 4))
    }

    /// A pod with one container, of which these are lines.
    static func container(_ lines: String) -> RuleExample {
        .file(
            "pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: serving\nspec:\n  containers:\n  - name: triton\n"
                + indented(lines, by: 4)
        )
    }

    /// A pod of whose specification these are lines, before its one container.
    static func pod(_ lines: String) -> RuleExample {
        .file(
            "pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: serving\nspec:\n" + indented(lines, by: 2)
                + "  containers:\n  - name: triton\n    image: triton:1.0\n"
        )
    }

    static func dockerfile(_ lines: String) -> RuleExample { .file("Dockerfile", lines + "\n") }

    static func script(_ lines: String) -> RuleExample { .file("run.sh", lines + "\n") }

    private static func indented(_ lines: String, by count: Int) -> String {
        lines.split(separator: "\n").map { String(repeating: " ", count: count) + $0 + "\n" }.joined()
    }
}
