// SPDX-License-Identifier: Apache-2.0
private import InferenceProtos

/// Paths that a configuration gives.
enum ModelPath {
    /// Whether it leads, by its text, out of the directory that it is meant to be beneath.
    static func escapes(_ path: String) -> Bool {
        var depth = 0
        for name in path.utf8.split(whereSeparator: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }) {
            if name.elementsEqual("..".utf8) {
                depth -= 1
                if depth < 0 { return true }
            } else if !name.elementsEqual(".".utf8) {
                depth += 1
            }
        }
        return false
    }
}

extension Rule {
    static let escapingPath = Rule(
        id: "BKL-R018",
        title: "Configuration names a file outside the model's directory",
        severity: .error,
        why: """
            The server reads what the path names with its own rights: Triton's CVE-2026-24147 gave away files through a \
            label file's name.
            """,
        mend: "Name files beneath the model's directory, without '..' and not from the root.",
        references: [.cwe(22), .cve("CVE-2026-24147"), .cve("CVE-2023-31036")],
        bad: [
            .config("default_model_filename: \"../../other/1/model.onnx\""),
            .file(
                "models/m/config.pbtxt",
                "name: \"m\"\nbackend: \"onnxruntime\"\n"
                    + "output [ { name: \"y\" data_type: TYPE_FP32 dims: [ 4 ] label_filename: \"/etc/passwd\" } ]\n"
            ),
        ],
        good: [.config("default_model_filename: \"model.v2.onnx\"")],
        checks: [
            .modelConfig { file, findings in
                for (field, path) in paths(of: file) where ModelPath.escapes(path) || path.hasPrefix("/") {
                    findings.add(
                        file.place(field),
                        "model \(Printed.quoted(file.modelName)) names \(Printed.quoted(path)), outside of its directory"
                    )
                }
            }
        ]
    )

    private static func paths(of file: ModelConfigFile) -> [(field: String, path: String)] {
        let config = file.config
        var paths = [("default_model_filename", config.defaultModelFilename), ("runtime", config.runtime)]
        for (key, path) in config.ccModelFilenames.sorted(by: { $0.key < $1.key }) {
            paths.append(("cc_model_filenames[\"\(key)\"]", path))
        }
        for (index, output) in config.output.enumerated() {
            paths.append(("output[\(index)].label_filename", output.labelFilename))
        }
        for (index, warmup) in config.modelWarmup.enumerated() {
            for (key, input) in warmup.inputs.sorted(by: { $0.key < $1.key }) {
                paths.append(("model_warmup[\(index)].inputs[\"\(key)\"]", input.inputDataFile))
            }
        }
        for (index, name) in config.modelOperations.opLibraryFilename.enumerated() {
            paths.append(("model_operations.op_library_filename[\(index)]", name))
        }
        return paths
    }
}
