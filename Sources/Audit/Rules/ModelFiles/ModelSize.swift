// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let modelSize = Rule(
        id: "BKL-M009",
        title: "Sizes or nesting of a model are not believable",
        severity: .error,
        why: """
            Dimensions that overflow, content of another size than stated, graphs within graphs and \
            functions that double at each call make an engine allocate without bound or write beyond what it \
            allocated.
            """,
        mend: "Export the model again from a source you trust; raise the limit if a model truly is that large.",
        references: [.cwe(190), .cwe(400), .cwe(674), .cwe(787), .owaspLLM("LLM10")],
        bad: [
            .model(
                "model.onnx",
                ExampleBytes.onnx(
                    graph: ExampleBytes.field(
                        5,
                        ExampleBytes.field(1, 4) + ExampleBytes.field(2, 1) + ExampleBytes.field(9, [0, 0, 0, 0])
                    )
                )
            )
        ],
        good: [
            .model("model.onnx", ExampleBytes.onnx()),
            .model(
                "model.onnx",
                ExampleBytes.onnx(
                    graph: ExampleBytes.field(
                        5,
                        ExampleBytes.field(1, 1) + ExampleBytes.field(2, 1) + ExampleBytes.field(9, [0, 0, 0, 0])
                    )
                )
            ),
        ],
        checks: [.problems(.modelSize)]
    )
}
