// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let serviceUnvalidatedRunner = Rule(
        id: "BKL-S014",
        title: "Runner takes anything",
        severity: .warning,
        why: "Whatever comes past the service reaches the model: any type, any size.",
        mend: "Compare input_arr.nbytes and input_arr.shape with what the model takes before it is called.",
        references: [.cwe(20), .cwe(770), .owaspLLM("LLM10"), .sheet("BentoML: Configure Secure Runner Execution")],
        bad: [
            .file(
                "runner.py",
                """
                class NoValidation(bentoml.Runnable):
                    @bentoml.Runnable.method(batchable=True)
                    def predict(self, data):
                        return self.model(data)
                """
            )
        ],
        good: [
            .file(
                "runner.py",
                """
                class SecureRunnable(bentoml.Runnable):
                    @bentoml.Runnable.method(batchable=True, batch_dim=0)
                    def predict(self, input_arr: np.ndarray) -> np.ndarray:
                        if input_arr.nbytes > self.max_input_size:
                            raise ValueError("Input too large")
                        return self.model(input_arr)
                """
            )
        ],
        checks: [
            .unchecked(.runnable)
        ]
    )
}
