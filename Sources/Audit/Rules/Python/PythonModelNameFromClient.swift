// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonModelNameFromClient = Rule(
        id: "BKL-P016",
        title: "A caller chooses the model that is asked",
        severity: .error,
        why: "Whoever chooses the name reaches every model of the server, those not meant for them among it.",
        mend: "Compare the name with those that are allowed before it is used, and the data with what the model takes.",
        references: [.cwe(20), .cwe(285), .owasp("A01:2025"), .sheet("Triton: Secure gRPC and HTTP Endpoints")],
        bad: [
            .file("a.py", "def infer(client, model_name, data):\n    return client.infer(model_name, data)\n"),
            .file("b.py", "def route_inference(model_name: str, data):\n    return client.infer(model_name, data)\n"),
        ],
        good: [
            .file(
                "a.py",
                """
                ALLOWED = {"classifier", "detector"}
                def infer(client, model_name, data):
                    if model_name not in ALLOWED:
                        raise ValueError("no such model")
                    return client.infer(model_name, data)
                """
            ),
            .file("b.py", "def classify(client, data):\n    return client.infer('classifier', data)\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls where methods.contains(call.method) {
                    guard call.name.contains("."), let name = call.argument("model_name", at: 0),
                        let parameter = name.taint.first
                    else {
                        continue
                    }
                    // What its own parameter says is a matter of its callers, who may have checked it.
                    let message =
                        "\(call.printedName) asks whichever model \(Printed.quoted(parameter)) names, which "
                        + "nothing here checks"
                    findings.add(call.place, message, weaker: call.handler == nil ? .warning : nil)
                }
            }
        ]
    )

    private static let methods: Set<Substring> = [
        "infer", "async_infer", "stream_infer", "async_stream_infer", "load_model", "unload_model",
    ]
}
