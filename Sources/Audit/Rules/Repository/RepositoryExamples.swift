// SPDX-License-Identifier: Apache-2.0

extension RuleExample {
    /// A repository with one model, `m`: its configuration is a plain one with `extra` at its end.
    static func config(_ extra: String) -> RuleExample {
        .file("models/m/config.pbtxt", plainConfig + extra + "\n")
    }

    /// The same, with other files beside it.
    static func config(_ extra: String, and files: [String: String]) -> RuleExample {
        .files(files.merging(["models/m/config.pbtxt": plainConfig + extra + "\n"]) { $1 })
    }

    private static let plainConfig = """
        name: "m"
        backend: "onnxruntime"
        max_batch_size: 8
        input [ { name: "x" data_type: TYPE_FP32 dims: [ 4 ] } ]
        output [ { name: "y" data_type: TYPE_FP32 dims: [ 4 ] } ]

        """
}
