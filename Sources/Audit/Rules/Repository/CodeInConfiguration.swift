// SPDX-License-Identifier: Apache-2.0
private import InferenceProtos

extension Rule {
    static let pythonBackend = Rule(
        id: "BKL-R013",
        title: "Model is a Python program",
        severity: .note,
        why: """
            A Python backend runs whatever its author wrote. Triton runs it with the server's own rights; Buckler runs it \
            in a sandbox without network, files or other processes.
            """,
        mend: "Read model.py as you would read any program, or serve it with Buckler, which does not trust it.",
        references: [.cwe(94), .owaspLLM("LLM05"), .sheet("Triton: Secure Model Repository Configuration")],
        bad: [.file("models/m/config.pbtxt", "name: \"m\"\nbackend: \"python\"\n")],
        good: [.config("")],
        checks: [
            .modelConfig { file, findings in
                guard file.engine == "python" else { return }
                findings.add(
                    file.place("backend"),
                    "model \(Printed.quoted(file.modelName)) is a Python program: Triton runs it with the server's rights"
                )
            }
        ]
    )

    static let remoteCodeParameter = Rule(
        id: "BKL-R014",
        title: "Configuration turns on code from elsewhere",
        severity: .error,
        why:
            "'trust_remote_code' runs Python that a model hub delivers at the moment of the load: nobody has reviewed it.",
        mend: "Remove the parameter; put the code that is needed, reviewed, into the model's own directory.",
        references: [.cwe(829), .cwe(94), .owaspLLM("LLM05"), .sheet("Triton: Secure Model Repository Configuration")],
        bad: [
            .file(
                "models/m/config.pbtxt",
                "backend: \"python\"\nparameters { key: \"trust_remote_code\" value: { string_value: \"true\" } }\n"
            ),
            .file(
                "models/m/config.pbtxt",
                "backend: \"vllm\"\nparameters { key: \"args\" value: { string_value: \"--trust_remote_code\" } }\n"
            ),
        ],
        good: [.config("parameters { key: \"trust_remote_code\" value: { string_value: \"false\" } }")],
        checks: [
            .modelConfig { file, findings in
                for (key, value) in file.config.parameters.sorted(by: { $0.key < $1.key }) {
                    let isNamed = asksForRemoteCode(key) && !isOff(value.stringValue)
                    guard isNamed || asksForRemoteCode(value.stringValue) else { continue }
                    findings.add(
                        file.place("parameters[\"\(key)\"]"),
                        "parameter \(Printed.quoted(key)) of model \(Printed.quoted(file.modelName)) trusts remote code",
                        weaker: takesNoParameters.contains(file.engine) ? .note : nil
                    )
                }
            }
        ]
    )

    /// Engines that have no use for parameters of this kind; whoever changes the engine wakes them.
    private static let takesNoParameters: Set<String> = [
        "dali", "ensemble", "fil", "identity", "onnxruntime", "openvino", "pytorch", "repeat", "tensorflow", "tensorrt",
    ]

    private static func asksForRemoteCode(_ text: String) -> Bool {
        let plain = text.lowercased().replacing("-", with: "_")
        return plain.contains("trust_remote_code") && !plain.contains("trust_remote_code=false")
            && !plain.contains("\"trust_remote_code\": false") && !plain.contains("\"trust_remote_code\":false")
    }

    private static func isOff(_ text: String) -> Bool { ["", "0", "false", "no", "off"].contains(text.lowercased()) }

    static let environmentOutside = Rule(
        id: "BKL-R015",
        title: "Python environment from outside the model's directory",
        severity: .warning,
        why: """
            The interpreter and libraries that EXECUTION_ENV_PATH names are code; outside the model's directory they are \
            changed without the model being changed, and an address is fetched at the load.
            """,
        mend: "Put the environment into the model's directory: $$TRITON_MODEL_DIRECTORY/environment.tar.gz.",
        references: [.cwe(829), .cwe(426)],
        bad: [
            .config("parameters { key: \"EXECUTION_ENV_PATH\" value: { string_value: \"/opt/env.tar.gz\" } }"),
            .config("parameters { key: \"EXECUTION_ENV_PATH\" value: { string_value: \"s3://bucket/env.tar.gz\" } }"),
        ],
        good: [
            .config(
                "parameters { key: \"EXECUTION_ENV_PATH\" value: "
                    + "{ string_value: \"$$TRITON_MODEL_DIRECTORY/env.tar.gz\" } }"
            ),
            .config("parameters { key: \"EXECUTION_ENV_PATH\" value: { string_value: \"env.tar.gz\" } }"),
        ],
        checks: [
            .modelConfig { file, findings in
                guard let value = file.config.parameters["EXECUTION_ENV_PATH"]?.stringValue else { return }
                let own = "$$TRITON_MODEL_DIRECTORY"
                let path = value.hasPrefix(own) ? String(value.dropFirst(own.count)) : value
                let isOutside =
                    (path == value && path.hasPrefix("/")) || path.contains("://") || ModelPath.escapes(path)
                guard isOutside else { return }
                findings.add(
                    file.place("parameters[\"EXECUTION_ENV_PATH\"]"),
                    "model \(Printed.quoted(file.modelName)) runs in \(Printed.quoted(value)), outside of its directory",
                    weaker: file.engine == "python" || file.engine.isEmpty ? nil : .note
                )
            }
        ]
    )

    static let nativeOperators = Rule(
        id: "BKL-R016",
        title: "Model brings native operators or agents",
        severity: .error,
        why:
            "A library of custom operators, like an agent of the repository, is machine code inside the server's process.",
        mend: "Express the operators in the model's own graph, or run the model in a server of its own.",
        references: [.cwe(114), .cwe(829), .sheet("Triton: Sandbox Custom Backend Code")],
        bad: [
            .config("model_operations { op_library_filename: \"libops.so\" }"),
            .config("model_repository_agents { agents [ { name: \"fetch\" } ] }"),
        ],
        good: [.config("")],
        checks: [
            .modelConfig { file, findings in
                for (index, name) in file.config.modelOperations.opLibraryFilename.enumerated() {
                    findings.add(
                        file.place("model_operations.op_library_filename[\(index)]"),
                        "model \(Printed.quoted(file.modelName)) loads the native library \(Printed.quoted(name))"
                    )
                }
                for (index, agent) in file.config.modelRepositoryAgents.agents.enumerated() {
                    findings.add(
                        file.place("model_repository_agents.agents[\(index)]"),
                        "model \(Printed.quoted(file.modelName)) asks for the repository agent \(Printed.quoted(agent.name))"
                    )
                }
            }
        ]
    )

    private static let knownEngines: Set<String> = [
        "", "dali", "ensemble", "fil", "identity", "onnxruntime", "openvino", "python", "pytorch", "repeat",
        "tensorflow",
        "tensorrt", "tensorrtllm", "vllm",
    ]

    static let nativeBackend = Rule(
        id: "BKL-R017",
        title: "Backend is a native library of its own",
        severity: .error,
        why: """
            A custom backend is machine code that Triton loads into its own process, from the model's directory too: \
            whoever writes the directory runs code with the server's rights. A backend that is only not known here is a \
            warning; a library, or a name that is a path, is an error.
            """,
        mend: "Use a backend that the server brings, or a Python model, which is sandboxed.",
        references: [.cwe(114), .cwe(94), .sheet("Triton: Sandbox Custom Backend Code")],
        bad: [
            .config("runtime: \"libtriton_evil.so\""),
            .file("models/m/config.pbtxt", "name: \"m\"\nbackend: \"mybackend\"\n"),
            .file("models/m/config.pbtxt", "name: \"m\"\nbackend: \"../../../tmp/x\"\n"),
        ],
        good: [
            .config(""), .file("models/m/config.pbtxt", "name: \"m\"\nbackend: \"python\"\nruntime: \"model.py\"\n"),
        ],
        checks: [
            .modelConfig { file, findings in
                let name = Printed.quoted(file.modelName)
                if file.config.runtime.contains(".so") {
                    findings.add(
                        file.place("runtime"),
                        "model \(name) runs \(Printed.quoted(file.config.runtime)) in the server"
                    )
                } else if !knownEngines.contains(file.engine) {
                    let what =
                        "model \(name) wants the backend \(Printed.quoted(file.engine)), which is a native library"
                    // A name that is a path has the server load what lies there.
                    let isPath = file.config.backend.contains("/") || file.config.backend.contains("\\")
                    findings.add(file.place("backend"), what, weaker: isPath ? nil : .warning)
                }
            }
        ]
    )

    static let pickleBackend = Rule(
        id: "BKL-R019",
        title: "Platform that loads pickles",
        severity: .warning,
        why: """
            TorchScript files are archives with pickles in them, and unpickling runs what they say; the same model as ONNX \
            or safetensors is data alone.
            """,
        mend: "Export the model to ONNX: torch.onnx.export.",
        references: [.cwe(502), .owaspLLM("LLM05"), .sheet("Triton: Secure Model Repository Configuration")],
        bad: [.file("models/m/config.pbtxt", "name: \"m\"\nplatform: \"pytorch_libtorch\"\n")],
        good: [.config("")],
        checks: [
            .modelConfig { file, findings in
                guard file.engine == "pytorch" else { return }
                let field = file.config.platform.isEmpty ? "backend" : "platform"
                findings.add(
                    file.place(field),
                    "model \(Printed.quoted(file.modelName)) is TorchScript, whose files carry pickles"
                )
            }
        ]
    )
}
