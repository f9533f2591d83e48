// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let scriptInModel = Rule(
        id: "BKL-M004",
        title: "Script or bytecode in a model directory",
        severity: .warning,
        why: """
            A Python backend may import or start what lies beside its model.py, with the server's rights; \
            bytecode cannot be reviewed, and is loaded in place of the source that can.
            """,
        mend: "Keep scripts out of the model's directory, delete __pycache__, and ship model.py alone.",
        references: [.cwe(829), .cwe(94), .sheet("Triton: Sandbox Custom Backend Code")],
        bad: [
            .model("run", "#!/bin/sh\nid\n"), .model("setup.bat", "whoami\n"),
            .model(
                "helper.pyc",
                [0xA7, 0x0D, 0x0D, 0x0A] + [UInt8](repeating: 0, count: 12) + [0xE3, 0, 0, 0, 0, 0],
                beside: ["model.onnx": ExampleBytes.onnx()]
            ),
        ],
        good: [
            .model("model.onnx", ExampleBytes.onnx()),
            .bytes("scripts/run", ExampleBytes.text("#!/bin/sh\nid\n")),
        ],
        checks: [
            .problems(.script, weaker: { $0.isBesidePythonModel ? nil : .note }, where: { $0.isInModelDirectory })
        ]
    )
}
