// SPDX-License-Identifier: Apache-2.0

extension RuleExample {
    /// A repository with the ensemble `e`, one step after the other through the models named, each at `version`.
    static func ensemble(of models: [String], version: Int) -> RuleExample {
        ensembles(["e": models], version: version)
    }

    /// Several ensembles; models that are none are plain ones.
    static func ensembles(_ ensembles: [String: [String]], version: Int = 1) -> RuleExample {
        var files: [String: String] = [:]
        for (name, models) in ensembles {
            files["models/\(name)/config.pbtxt"] = ensembleConfig(name, of: models, version: version)
            for model in models where ensembles[model] == nil {
                files["models/\(model)/config.pbtxt"] = "name: \"\(model)\"\nbackend: \"onnxruntime\"\n"
            }
        }
        return .files(files)
    }

    private static func ensembleConfig(_ name: String, of models: [String], version: Int) -> String {
        var text = """
            name: "\(name)"
            platform: "ensemble"
            input [ { name: "T0" data_type: TYPE_FP32 dims: [ 4 ] } ]
            output [ { name: "T\(models.count)" data_type: TYPE_FP32 dims: [ 4 ] } ]
            ensemble_scheduling {

            """
        for (index, model) in models.enumerated() {
            text += """
                  step {
                    model_name: "\(model)"
                    model_version: \(version)
                    input_map { key: "x" value: "T\(index)" }
                    output_map { key: "y" value: "T\(index + 1)" }
                  }

                """
        }
        return text + "}\n"
    }
}
