// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import Testing

@testable import Engines

@Suite struct PythonEnvironmentTests {
    private let scratch: String
    private var model: String { scratch + "/models/m" }
    private var root: String { scratch + "/envs" }

    init() throws {
        let made = FileManager.default.temporaryDirectory.appendingPathComponent("env-\(UUID())")
        try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
        scratch = made.resolvingSymlinksInPath().path
        for place in ["models/m/env", "models/m-other/env", "envs/shared", "envs-other/env"] {
            try make(place)
        }
        try FileManager.default.createDirectory(atPath: model + "/bare", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: model + "/out",
            withDestinationPath: scratch + "/envs-other/env"
        )
        try FileManager.default.createSymbolicLink(atPath: model + "/in", withDestinationPath: "env")
    }

    private func make(_ place: String) throws {
        let bin = scratch + "/" + place + "/bin"
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: bin + "/python3", withDestinationPath: "/bin/sh")
    }

    private func find(_ setting: String, root: String? = nil) throws(ServingError) -> PythonEnvironment {
        try PythonEnvironment.find(setting, of: "m", inDirectory: model, orBeneath: root)
    }

    @Test(arguments: [
        "$$TRITON_MODEL_DIRECTORY/env", "$$TRITON_MODEL_DIRECTORY/in", "$$TRITON_MODEL_DIRECTORY/1/../env/",
    ])
    func oneInTheModelsDirectoryIsTaken(setting: String) throws {
        try FileManager.default.createDirectory(atPath: model + "/1", withIntermediateDirectories: true)
        let found = try find(setting)
        #expect(found.directory == model + "/env" && found.interpreter == model + "/env/bin/python3")
    }

    @Test func oneBeneathTheRootIsTakenIfThereIsARoot() throws {
        #expect(try find(root + "/shared", root: root).directory == root + "/shared")
        #expect(throws: ServingError.self) { try find(root + "/shared") }
        #expect(throws: ServingError.self) { try find(root, root: root) }
    }

    @Test(
        arguments: [
            ("env", "is no absolute path"),
            ("", "is no absolute path"),
            ("/etc", "names nothing that lies in"),
            ("$$TRITON_MODEL_DIRECTORY", "names nothing that lies in"),
            ("$$TRITON_MODEL_DIRECTORY/../m-other/env", "names nothing that lies in"),
            ("$$TRITON_MODEL_DIRECTORY-other/env", "names nothing that lies in"),
            ("$$TRITON_MODEL_DIRECTORY/out", "names nothing that lies in"),
            ("$$TRITON_MODEL_DIRECTORY/../m-none", "names nothing that lies in"),
            ("/etc/none", "names nothing that lies in"),
            ("$$TRITON_MODEL_DIRECTORY/none", "names nothing that lies in"),
            ("$$TRITON_MODEL_DIRECTORY/bare", "without bin/python3"),
            ("/\0", "is no absolute path"),
        ]
    )
    func othersAreErrorsThatNameNoPlace(setting: String, text: String) {
        #expect {
            try find(setting, root: root)
        } throws: { error in
            let message = (error as? ServingError)?.message ?? ""
            return message.hasPrefix("EXECUTION_ENV_PATH of model 'm' ") && message.contains(text)
                && !message.contains(scratch)
        }
    }
}
