// SPDX-License-Identifier: Apache-2.0
import Inference
import ModelRepository
import Testing

@Suite struct MemoryModelFilesTests {
    private func files(_ files: [String: String], limits: RepositoryLimits = .defaults) throws -> MemoryModelFiles {
        try MemoryModelFiles(modelName: "m", files: files.mapValues { Array($0.utf8) }, limits: limits)
    }

    @Test func behavesAsADirectory() throws {
        let files = try files(["1/model.onnx": "one", "/2//./model.onnx": "two", "labels.txt": "a"])
        #expect(try files.read("1/model.onnx", limit: 3).text == "one")
        #expect(try files.read("2/model.onnx", limit: 3).text == "two")
        #expect(try files.list("") == ["1", "2", "labels.txt"])
        #expect(try files.list("2") == ["model.onnx"])
        #expect(try files.list("3") == [])
        #expect(files.isDirectory("1") && !files.isDirectory("labels.txt"))
        #expect(files.exists("labels.txt") && !files.exists("3"))
    }

    @Test func refusesWhatADirectoryWouldRefuse() throws {
        let files = try files(["1/model.onnx": "one"])
        #expect(throws: ServingError(.notFound, "file '1/x' of model 'm' does not exist")) {
            try files.read("1/x", limit: 3)
        }
        #expect(throws: ServingError(.invalidArgument, "file '1' of model 'm' is not a regular file")) {
            try files.read("1", limit: 3)
        }
        #expect(
            throws: ServingError(
                .invalidArgument,
                "file '1/model.onnx' of model 'm' has 3 bytes, which exceeds the limit of 2 bytes"
            )
        ) {
            try files.read("1/model.onnx", limit: 2)
        }
        #expect(throws: ServingError.self) { try files.list("1/model.onnx") }
    }

    @Test(arguments: ["../x", "1/../../x", "a/b/../../../etc/passwd", "..", ".", "", "/", "a/.."])
    func refusesAPathOutOfTheModel(path: String) {
        #expect(
            throws: ServingError(
                .invalidArgument,
                "Invalid file parameter 'file:\(path)' must stay within model directory."
            )
        ) {
            try files([path: "x"])
        }
    }

    @Test(arguments: ["a\0b", String(repeating: "x", count: 256), String(repeating: "x/", count: 2049)])
    func refusesABadPath(path: String) {
        #expect(throws: ServingError.self) { try files([path: "x"]) }
    }

    @Test func refusesAFileThatIsADirectoryToo() {
        #expect(
            throws: ServingError(
                .invalidArgument,
                "Invalid file parameter 'file:1/model.onnx', directory has been created as a file"
            )
        ) {
            try files(["1": "x", "1/model.onnx": "y"])
        }
    }

    @Test func refusesTheSamePathTwice() {
        #expect(throws: ServingError.self) { try files(["1/a": "x", "1/./a": "y"]) }
    }

    @Test(arguments: [(2, true), (1, false)])
    func boundsTheNumberOfFiles(limit: Int, fits: Bool) {
        var limits = RepositoryLimits()
        limits.overrideFiles = limit
        #expect(((try? files(["a": "", "b": ""], limits: limits)) != nil) == fits)
    }
}
