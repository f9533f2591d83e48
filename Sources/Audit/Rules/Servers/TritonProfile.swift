// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serverTritonProfile = Rule(
        id: "BKL-N007",
        title: "Buckler is told to be as open as Triton",
        severity: .warning,
        why: "With `--profile=triton` nobody is asked for a key, no audit log is kept, and most limits are off.",
        mend: "Drop `--profile=triton` and set the few flags that a client truly needs.",
        references: [.cwe(1188), .cwe(306), .owasp("A05:2025")],
        bad: [
            .script("buckler serve --profile=triton --model-repository=/models"),
            .file("buckler.yaml", "profile: triton\nmodel-repository: /models\n"),
        ],
        good: [.script("buckler serve --profile secure"), .file("buckler.yaml", "model-repository: /models\n")],
        checks: [
            .serverCommand { command, findings in
                guard command.program == .buckler, let flag = command.flag("profile") else { return }
                guard flag.value?.text == "triton" else { return }
                findings.add(flag.place, "buckler serve takes Triton's defaults: no keys, no audit log, hardly a limit")
            }
        ]
    )
}
