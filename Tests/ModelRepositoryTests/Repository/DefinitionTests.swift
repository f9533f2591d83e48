// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos
import ModelRepository
import SwiftProtobuf
import Testing

@Suite struct DefinitionTests {
    private let temporary: TemporaryRepository

    init() throws { temporary = try TemporaryRepository() }

    private func definition(
        _ name: String = "m",
        configName: String? = nil,
        overrides: LoadParameters = LoadParameters(),
        settings: DefinitionSettings = DefinitionSettings()
    ) throws -> ModelDefinition {
        try ModelRepository(roots: [temporary.root])
            .definition(ofModel: name, configName: configName, overrides: overrides, settings: settings)
    }

    private func message(of body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return (error as? ServingError)?.message ?? String(describing: error)
        }
    }

    private static let graph = GraphSignature(
        inputs: [GraphTensor(name: "x", dataType: .fp32, shape: [-1, 4])],
        outputs: [GraphTensor(name: "y", dataType: .fp32, shape: [-1, 2])]
    )

    @Test func completesAModelWithoutAConfiguration() throws {
        try temporary.write("m/1/model.onnx", "graph")
        var definition = try definition()
        #expect(definition.versions == [1])
        #expect(!definition.isConfigured)
        #expect(definition.modelPath(ofVersion: 1) == "1/model.onnx")
        #expect(try definition.files.read("1/model.onnx", limit: 5).text == "graph")
        try definition.complete(with: Self.graph, settings: DefinitionSettings())
        let expected = try Inference_ModelConfig(
            textFormatString: """
                name: "m" platform: "onnxruntime_onnx" backend: "onnxruntime" default_model_filename: "model.onnx"
                version_policy { latest { num_versions: 1 } } max_batch_size: 4
                input { name: "x" data_type: TYPE_FP32 dims: 4 } output { name: "y" data_type: TYPE_FP32 dims: 2 }
                dynamic_batching { preferred_batch_size: 4 }
                instance_group { name: "m" kind: KIND_CPU count: 2 }
                optimization { input_pinned_memory { enable: true } output_pinned_memory { enable: true } }
                """
        )
        #expect(definition.config == expected)
        #expect(definition.completed.contains(#"backend: "onnxruntime", a model of onnxruntime"#))
        #expect(definition.warnings == [])
    }

    @Test func asksForAConfigurationWithoutAutoComplete() throws {
        try temporary.write("m/1/model.onnx")
        var settings = DefinitionSettings()
        settings.autoComplete = false
        let failure = message { _ = try definition(settings: settings) }
        #expect(failure?.hasPrefix("failed to open text file for read 'config.pbtxt'") == true)
        try temporary.write("m/config.pbtxt", "input { }")
        #expect(message { _ = try definition(settings: settings) } == "model input must specify 'name' for m")
    }

    @Test(arguments: [
        ("1/model.savedmodel/saved_model.pb", "tensorflow", "tensorflow_savedmodel", "model.savedmodel"),
        ("1/model.graphdef", "tensorflow", "tensorflow_graphdef", "model.graphdef"),
        ("1/model.plan", "tensorrt", "tensorrt_plan", "model.plan"),
        ("1/model.onnx", "onnxruntime", "onnxruntime_onnx", "model.onnx"),
        ("1/model.onnx/model.onnx", "onnxruntime", "onnxruntime_onnx", "model.onnx"),
        ("1/model.xml", "openvino", "", "model.xml"),
        ("1/model.pt", "pytorch", "pytorch_libtorch", "model.pt"),
        ("1/model.pt2", "pytorch", "torch_aoti", "model.pt2"),
        ("1/model.py", "python", "", "model.py"),
    ])
    func tellsTheBackendByTheFile(file: String, backend: String, platform: String, filename: String) throws {
        try temporary.write("m/" + file)
        // Reserved directories and files beside the versions say nothing.
        try temporary.write("m/configs/model.py")
        try temporary.write("m/0.txt")
        let config = try definition().config
        #expect([config.backend, config.platform, config.defaultModelFilename] == [backend, platform, filename])
    }

    @Test(arguments: [
        (#"platform: "onnxruntime_onnx""#, "onnxruntime", "onnxruntime_onnx", "model.onnx"),
        (#"backend: "onnxruntime" default_model_filename: "x.onnx""#, "onnxruntime", "onnxruntime_onnx", "x.onnx"),
        (#"default_model_filename: "model.py""#, "python", "", "model.py"),
        (#"backend: "custom""#, "custom", "", ""),
        (#"backend: "python" default_model_filename: "a.py""#, "python", "", "a.py"),
    ])
    func keepsWhatIsGiven(text: String, backend: String, platform: String, filename: String) throws {
        try temporary.write("m/config.pbtxt", text)
        try temporary.makeDirectory("m/1")
        let config = try definition().config
        #expect([config.backend, config.platform, config.defaultModelFilename] == [backend, platform, filename])
    }

    @Test func tellsTheBackendByTheName() throws {
        try temporary.makeDirectory("m.my.identity/1")
        let config = try definition("m.my.identity").config
        #expect(config.backend == "my.identity" && config.defaultModelFilename == "model.my.identity")
        try temporary.makeDirectory("m/1")
        #expect(
            message { _ = try definition() }
                == "Invalid model name: Could not determine backend for model 'm' with no backend in model"
                + " configuration. Expected model name of the form 'model.<backend_name>'."
        )
    }

    @Test func asksForTheNameOfTheDirectory() throws {
        try temporary.write("m/config.pbtxt", #"name: "other" backend: "b""#)
        try temporary.makeDirectory("m/1")
        #expect(
            message { _ = try definition() }
                == "unexpected directory name 'm' for model 'other', directory name must equal model name"
        )
    }

    @Test func prefersTheNamedConfiguration() throws {
        try temporary.write("m/config.pbtxt", #"backend: "plain""#)
        try temporary.write("m/configs/fast.pbtxt", #"backend: "fast""#)
        try temporary.makeDirectory("m/1")
        #expect(try definition(configName: "fast").config.backend == "fast")
        #expect(try definition(configName: "none").config.backend == "plain")
        #expect(try definition().config.backend == "plain")
        #expect(message { _ = try definition(configName: "../config") } != nil)
    }

    @Test(
        arguments: [
            ("", [30]), ("version_policy { latest { num_versions: 2 } }", [5, 30]),
            ("version_policy { latest { num_versions: 9 } }", [0, 1, 5, 30]),
            ("version_policy { all { } }", [0, 1, 5, 30]),
            ("version_policy { specific { versions: [ 5, 1, 7 ] } }", [1, 5]),
        ] as [(String, [Int64])]
    )
    func picksVersionsByPolicy(policy: String, expected: [Int64]) throws {
        for version in ["0", "1", "5", "30", "configs", "warmup", "initial_state"] {
            try temporary.makeDirectory("m/" + version)
        }
        try temporary.write("m/31", "no directory")
        try temporary.write("m/config.pbtxt", #"backend: "b" "# + policy)
        let definition = try definition()
        #expect(definition.versions == expected)
        #expect(
            definition.warnings
                == (policy.contains("7")
                    ? ["version 7 is specified for model 'm', but the version directory is not present"] : [])
        )
    }

    @Test func ignoresDirectoriesThatAreNoVersions() throws {
        for version in ["2", "01", "00", "1a", "-1", "+3", "x", "99999999999999999999"] {
            try temporary.makeDirectory("m/" + version)
        }
        try temporary.write("m/config.pbtxt", #"backend: "b" version_policy { all { } }"#)
        let definition = try definition()
        #expect(definition.versions == [2])
        let zeros = ["00", "01"].map {
            "ignore version directory '\($0)' which contains leading zeros in its directory name"
        }
        let others = ["+3", "-1", "1a", "99999999999999999999", "x"].map {
            "ignore version directory '\($0)' which fails to convert to integral number"
        }
        #expect(Set(definition.warnings) == Set(zeros + others))
    }

    @Test(arguments: [
        "", "version_policy { specific { versions: 3 } }", "version_policy { latest { num_versions: 0 } }",
    ])
    func asksForAVersion(policy: String) throws {
        try temporary.write("m/config.pbtxt", #"backend: "b" "# + policy)
        if !policy.isEmpty { try temporary.makeDirectory("m/1") }
        #expect(
            message { _ = try definition() }
                == "at least one version must be available under the version policy of model 'm'"
        )
    }

    @Test(arguments: [(3, true), (2, false)])
    func boundsTheVersions(limit: Int, fits: Bool) throws {
        for version in ["1", "2", "3"] { try temporary.makeDirectory("m/" + version) }
        try temporary.write("m/config.pbtxt", #"backend: "b""#)
        var settings = DefinitionSettings()
        settings.limits.versions = limit
        let failure = message { _ = try definition(settings: settings) }
        #expect(failure == (fits ? nil : "model 'm' has 3 versions, at most 2 are allowed"))
    }

    @Test(arguments: [(11, true), (10, false)])
    func boundsTheConfiguration(limit: Int, fits: Bool) throws {
        try temporary.makeDirectory("m/1")
        try temporary.write("m/config.pbtxt", #"backend:"b""#)
        var settings = DefinitionSettings()
        settings.limits.configurationBytes = limit
        #expect((message { _ = try definition(settings: settings) } == nil) == fits)
    }

    @Test func tellsWhereAConfigurationCanNotBeRead() throws {
        try temporary.makeDirectory("m/1")
        try temporary.write("m/config.pbtxt", "backend: \"b\"\n  no_such_field: 1")
        let failure = message { _ = try definition() }
        #expect(failure?.hasPrefix("failed to read the configuration of model 'm': config.pbtxt:2:3: ") == true)
        #expect(failure?.contains("no_such_field") == true)
        let error = #expect(throws: ServingError.self) { try definition() }
        #expect(error?.place == ServingError.Place(file: "config.pbtxt", line: 2, column: 3))
        #expect(error?.cause == "config.pbtxt:2:3")
        try temporary.write("m/config.pbtxt", [0xff, 0xfe])
        #expect(message { _ = try definition() }?.contains("config.pbtxt:1:1: ") == true)
    }

    @Test func tellsWhereAProblemIs() throws {
        try temporary.makeDirectory("m/1")
        try temporary.write("m/configs/c.pbtxt", "backend: \"b\"\n  max_batch_size: -1")
        #expect(
            throws: ServingError(
                .invalidArgument,
                "'max_batch_size' must be non-negative value for m",
                place: ServingError.Place(file: "configs/c.pbtxt", line: 2, column: 3)
            )
        ) {
            try definition(configName: "c")
        }
        try temporary.write(
            "m/config.pbtxt",
            "backend: \"b\"\ninput {\n name: \"x\" data_type: TYPE_FP32 dims: [ 1, 0 ] }"
        )
        let read = try definition()
        #expect(read.configFile == "config.pbtxt")
        #expect(read.problems(stage: .complete).map(\.position) == [SourcePosition(line: 3, column: 44)])
    }

    @Test func readsLabels() throws {
        try temporary.makeDirectory("m/1")
        try temporary.write("m/labels/a.txt", "zero\none two\r\n\nthree")
        try temporary.write("m/b.txt", "only\n")
        try temporary.write(
            "m/config.pbtxt",
            #"backend: "b" output { name: "A" label_filename: "labels/a.txt" } output { name: "N" } "#
                + #"output { name: "B" label_filename: "b.txt" }"#
        )
        #expect(try definition().labels == ["A": ["zero", "one two", "", "three"], "B": ["only"]])
    }

    @Test(arguments: [
        ("../x.txt", "label file path '../x.txt' for output 'A' in model 'm' is outside model directory"),
        ("none.txt", "file 'none.txt' of model 'm' does not exist"),
        ("link.txt", "file 'link.txt' of model 'm' must stay within the model repository"),
    ])
    func refusesLabels(path: String, expected: String) throws {
        try temporary.makeDirectory("m/1")
        try temporary.link("m/link.txt", to: "/etc/passwd")
        try temporary.write("m/config.pbtxt", #"backend: "b" output { name: "A" label_filename: "\#(path)" }"#)
        #expect(message { _ = try definition() } == expected)
    }

    @Test(arguments: [(2, 3, true), (1, 3, false), (2, 2, false)])
    func boundsLabels(lines: Int, bytes: Int, fits: Bool) throws {
        try temporary.makeDirectory("m/1")
        try temporary.write("m/a.txt", "a\nb")
        try temporary.write("m/config.pbtxt", #"backend: "b" output { name: "A" label_filename: "a.txt" }"#)
        var settings = DefinitionSettings()
        settings.limits.labels = lines
        settings.limits.labelFileBytes = bytes
        #expect((message { _ = try definition(settings: settings) } == nil) == fits)
    }

    @Test func takesAConfigurationFromTheRequest() throws {
        try temporary.write("m/1/model.onnx")
        try temporary.write("m/config.pbtxt", "this is not read")
        let overrides = LoadParameters(
            configuration: #"{"max_batch_size": 7, "parameters": {"k": {"string_value": "v"}}, "optimization": {}}"#
        )
        let definition = try definition(overrides: overrides)
        #expect(definition.config.maxBatchSize == 7 && definition.config.backend == "onnxruntime")
        #expect(definition.isConfigured)
    }

    @Test(arguments: [
        (#"{"no_such_field": 1}"#, "Invalid config override: 1:"),
        ("{", "Invalid config override: 1:"),
        (
            #"{"name": "other", "backend": "b"}"#,
            "unexpected directory name 'm' for model 'other', directory name must equal model name"
        ),
    ])
    func refusesAConfigurationFromTheRequest(text: String, expected: String) throws {
        try temporary.makeDirectory("m/1")
        let failure = message { _ = try definition(overrides: LoadParameters(configuration: text)) }
        #expect(failure?.hasPrefix(expected) == true)
    }

    @Test func takesFilesFromTheRequest() throws {
        let overrides = LoadParameters(
            configuration: #"{"backend": "onnxruntime"}"#,
            files: ["7/model.onnx": Array("graph".utf8)]
        )
        let definition = try definition("new", overrides: overrides)
        #expect(definition.versions == [7] && definition.config.name == "new")
        #expect(try definition.files.read("7/model.onnx", limit: 5).text == "graph")
        #expect(
            message { _ = try self.definition(overrides: LoadParameters(files: ["1/model.onnx": []])) }
                == "Load parameter 'config' must be specified for model file override"
        )
        #expect(
            message {
                _ = try self.definition(
                    overrides: LoadParameters(configuration: "{}", files: ["../other/1/model.onnx": []])
                )
            } == "Invalid file parameter 'file:../other/1/model.onnx' must stay within model directory."
        )
        #expect(
            message { _ = try self.definition("../m", overrides: overrides) }
                == "invalid model name '../m', model name must not contain path traversal characters"
        )
    }

    /// Skipping it would serve another version than the one that was put there.
    @Test(arguments: [
        ("../../outside", "must stay within the model repository"), ("/etc", "must stay within the model repository"),
        ("2", "is a link that can not be followed"), ("nowhere", "is a link to something that does not exist"),
    ])
    func refusesALinkedVersionThatCanNotBeFollowed(target: String, problem: String) throws {
        try temporary.write("m/1/model.onnx")
        for configuration in [nil, #"backend: "identity""#] {
            if let configuration { try temporary.write("m/config.pbtxt", configuration) }
            try? temporary.link("m/2", to: target)
            #expect(message { _ = try definition() } == "file '2' of model 'm' \(problem)")
        }
    }

    /// The model would be served without it, with other limits and names.
    @Test func refusesAConfigurationThatIsALinkToNothing() throws {
        try temporary.write("m/1/model.onnx")
        try temporary.link("m/config.pbtxt", to: "../shared/config.pbtxt")
        #expect(
            message { _ = try definition() }
                == "file 'config.pbtxt' of model 'm' is a link to something that does not exist"
        )
    }

    @Test func skipsLinksThatAreNoVersions() throws {
        try temporary.write("m/1/model.onnx")
        try temporary.link("m/docs", to: "/etc")
        try temporary.link("m/notes", to: "nowhere")
        #expect(try definition().versions == [1])
    }

    @Test func tellsOfLinks() throws {
        try temporary.write("shared/config.pbtxt", #"backend: "b""#)
        try temporary.makeDirectory("m/1")
        try temporary.link("m/config.pbtxt", to: "../shared/config.pbtxt")
        #expect(
            try definition().warnings == [
                "file 'config.pbtxt' of model 'm' is reached through a link, which stays within the model repository"
            ]
        )
    }
}
