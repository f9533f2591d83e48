// SPDX-License-Identifier: Apache-2.0

extension RuleCheck {
    /// Looks at each variable that a command of a shell sets, for itself or for those behind it.
    static func assignments(
        _ judge: @escaping @Sendable (String, Located<String>, String, inout Findings) -> Void
    ) -> RuleCheck {
        .shellScript { script, findings in
            for command in script.commands {
                for set in command.variables {
                    judge(set.name, set.value.located, "a command", &findings)
                }
            }
        }
    }

    /// Looks at each variable that a container, an image or a bento is given with a value: its name, the value, and whose
    /// it is.
    static func environment(
        _ judge: @escaping @Sendable (String, Located<String>, String, inout Findings) -> Void
    ) -> [RuleCheck] {
        [
            .container { container, findings in
                for variable in container.environment {
                    guard let value = variable.value else { continue }
                    judge(variable.name.value, value, container.described, &findings)
                }
            },
            .dockerfile { file, findings in
                for instruction in file.instructions where instruction.keyword == "ENV" {
                    for pair in instruction.pairs {
                        guard let value = pair.value?.located else { continue }
                        judge(pair.name.value, value, "the image", &findings)
                    }
                }
            },
            .bentoBuild { build, findings in
                for variable in build.variables {
                    guard let value = variable.value else { continue }
                    judge(variable.name, Located(value, at: variable.place), "the bento", &findings)
                }
            },
        ]
    }
}
