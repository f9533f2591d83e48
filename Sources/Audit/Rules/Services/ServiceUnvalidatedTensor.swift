// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceUnvalidatedTensor = Rule(
        id: "BKL-S015",
        title: "Python model takes anything",
        severity: .warning,
        why:
            "The server checks types and shapes that are fixed, and no contents: texts, variable sizes and "
            + "values are up to the client.",
        mend: "Compare sizes and values with what the model takes, and answer others with a TritonError.",
        references: [.cwe(20), .cwe(770), .owaspLLM("LLM10"), .sheet("Triton: Validate Ensemble Pipeline Security")],
        bad: [
            .file(
                "models/a/1/model.py",
                """
                class TritonPythonModel:
                    def execute(self, requests):
                        for request in requests:
                            data = pb_utils.get_input_tensor_by_name(request, "INPUT")
                            result = process_any_data(data)
                """
            )
        ],
        good: [
            .file(
                "models/a/1/model.py",
                """
                class TritonPythonModel:
                    def execute(self, requests):
                        for request in requests:
                            data = pb_utils.get_input_tensor_by_name(request, "INPUT")
                            if data.as_numpy().nbytes > self.max_input_size:
                                continue
                            result = process(data)
                """
            )
        ],
        checks: [
            .unchecked(.triton)
        ]
    )
}
