// SPDX-License-Identifier: Apache-2.0
import Inference
import ModelRepository
import Testing

@Suite struct ModelDirectoryTests {
    private let temporary: TemporaryRepository

    init() throws { temporary = try TemporaryRepository() }

    private func directory(_ name: String = "m") throws -> ModelDirectory {
        try ModelRepository(roots: [temporary.root]).directory(ofModel: name)
    }

    private func error(_ path: String, limit: Int = 1024, in directory: ModelDirectory) -> ServingError? {
        do throws(ServingError) {
            _ = try directory.read(path, limit: limit)
            return nil
        } catch {
            return error
        }
    }

    @Test func readsAFile() throws {
        try temporary.write("m/1/model.onnx", "content")
        let directory = try directory()
        #expect(try directory.read("1/model.onnx", limit: 7).text == "content")
        #expect(try directory.read("/1/./x/../model.onnx", limit: 7).text == "content")
        #expect(directory.exists("1/model.onnx"))
        #expect(!directory.exists("1/model.py"))
        #expect(!directory.exists("1/model.onnx/x"))
        #expect(directory.isDirectory("1"))
        #expect(directory.isDirectory(""))
        #expect(!directory.isDirectory("1/model.onnx"))
        #expect(directory.warnings.isEmpty)
    }

    @Test func readsAnEmptyFile() throws {
        try temporary.write("m/empty")
        #expect(try directory().read("empty", limit: 0).count == 0)
    }

    @Test func listsSortedAndNothingWhereThereIsNothing() throws {
        try temporary.write("m/b")
        try temporary.write("m/a")
        try temporary.makeDirectory("m/c")
        let directory = try directory()
        #expect(try directory.list("") == ["a", "b", "c"])
        #expect(try directory.list("c") == [])
        #expect(try directory.list("missing") == [])
        #expect(throws: ServingError(.invalidArgument, "file 'a' of model 'm' is not a directory")) {
            try directory.list("a")
        }
    }

    @Test(arguments: [(7, true), (6, false)])
    func boundsTheSize(limit: Int, fits: Bool) throws {
        try temporary.write("m/file", "content")
        let error = try error("file", limit: limit, in: directory())
        #expect(
            error?.message
                == (fits ? nil : "file 'file' of model 'm' has 7 bytes, which exceeds the limit of 6 bytes")
        )
    }

    @Test func refusesAHugeFileBeforeItTakesMemory() throws {
        try temporary.makeSparse("m/huge", size: 1 << 42)
        let error = try error("huge", limit: 1 << 30, in: directory())
        #expect(error?.message.contains("exceeds the limit") == true)
    }

    @Test func refusesWhatIsNoRegularFile() throws {
        try temporary.makeDirectory("m/directory")
        try temporary.makeFIFO("m/fifo")
        let directory = try directory()
        for path in ["directory", "fifo"] {
            #expect(error(path, in: directory)?.message == "file '\(path)' of model 'm' is not a regular file")
        }
    }

    @Test(arguments: ["../other/file", "1/../../other/file", "..", "a/b/../../../m/file"])
    func refusesAPathOutOfTheModel(path: String) throws {
        try temporary.write("m/file")
        try temporary.write("other/file", "secret")
        let directory = try directory()
        let error = error(path, in: directory)
        #expect(error?.code == .invalidArgument)
        #expect(error?.message == "file '\(path)' of model 'm' must stay within the model repository")
        #expect(!directory.isDirectory(path))
    }

    @Test(arguments: [
        String(repeating: "x", count: 256), String(repeating: "x/", count: 2049), "a\0b",
    ])
    func refusesABadPath(path: String) throws {
        try temporary.write("m/file")
        let directory = try directory()
        #expect(error(path, in: directory)?.code == .invalidArgument)
        #expect(!directory.exists(path))
    }

    @Test(arguments: [
        ("target", "beneath the model"), ("../other/target", "beneath the root"), ("dir/../target", "with dots"),
    ])
    func followsALinkThatStaysBeneathTheRoot(target: String, comment: String) throws {
        try temporary.write("m/target", "content")
        try temporary.write("other/target", "content")
        try temporary.makeDirectory("m/dir")
        try temporary.link("m/link", to: target)
        let directory = try directory()
        #expect(try directory.read("link", limit: 16).text == "content")
        #expect(
            directory.warnings == [
                "file 'link' of model 'm' is reached through a link, which stays within the model repository"
            ]
        )
    }

    @Test func followsALinkedModelDirectory() throws {
        try temporary.write("store/abc/file", "content")
        try temporary.link("m", to: "store/abc")
        let directory = try directory()
        #expect(try directory.list("") == ["file"])
        #expect(
            directory.warnings == [
                "the directory of model 'm' is reached through a link, which stays within the model repository"
            ]
        )
        #expect(try directory.read("file", limit: 16).text == "content")
        #expect(directory.warnings.count == 2)
    }

    @Test(arguments: [
        ("../../secret", "relative, out of the root"), ("/etc/passwd", "absolute"),
        ("/proc/self/root/etc/passwd", "magic"),
        ("../../root/m/target", "out of the root and back"),
    ])
    func refusesALinkThatLeadsOutside(target: String, comment: String) throws {
        try temporary.writeOutside("secret", "secret")
        try temporary.write("m/target", "content")
        try temporary.link("m/link", to: target)
        let directory = try directory()
        #expect(
            error("link", in: directory)?.message == "file 'link' of model 'm' must stay within the model repository"
        )
        #expect(directory.exists("link"))
        #expect(directory.warnings.isEmpty)
    }

    @Test func refusesALinkedDirectoryThatLeadsOutside() throws {
        try temporary.makeDirectory("m")
        try temporary.link("m/1", to: "/etc")
        let directory = try directory()
        #expect(error("1/passwd", in: directory)?.message.hasSuffix("must stay within the model repository") == true)
        #expect(!directory.isDirectory("1"))
        #expect(throws: ServingError.self) { try directory.list("1") }
    }

    @Test func namesAModelDirectoryThatLeadsOutside() throws {
        try temporary.link("m", to: "/etc")
        let error = #expect(throws: ServingError.self) { try directory() }
        #expect(error?.message == "the directory of model 'm' must stay within the model repository")
    }

    @Test func refusesALinkToItself() throws {
        try temporary.makeDirectory("m")
        try temporary.link("m/link", to: "link")
        #expect(
            try error("link", in: directory())?.message
                == "file 'link' of model 'm' is a link that can not be followed"
        )
    }

    /// What it was to bring would be missed without a word.
    @Test func refusesADanglingLinkAndNotWhatALinkedDirectoryLacks() throws {
        try temporary.makeDirectory("m")
        try temporary.makeDirectory("store/none")
        try temporary.link("m/link", to: "nowhere")
        try temporary.link("m/directory", to: "../store/none")
        let directory = try directory()
        for path in ["link", "link/file"] {
            #expect(
                error(path, in: directory)?.message.hasSuffix("is a link to something that does not exist") ?? false
            )
        }
        #expect(error("directory/file", in: directory)?.code == .notFound)
        #expect(!directory.exists("directory/file"))
    }

    @Test func keepsToTheDirectoryItOpened() throws {
        try temporary.write("m/file", "content")
        let directory = try directory()
        try temporary.replaceRoot()
        try temporary.write("m/file", "other")
        #expect(try directory.read("file", limit: 16).text == "content")
    }

    @Test(arguments: [(3, true), (2, false)])
    func boundsTheEntriesOfADirectory(limit: Int, fits: Bool) throws {
        for name in ["a", "b", "c"] { try temporary.write("m/" + name) }
        var limits = RepositoryLimits()
        limits.directoryEntries = limit
        let directory = try ModelRepository(roots: [temporary.root], limits: limits).directory(ofModel: "m")
        #expect(((try? directory.list("")) != nil) == fits)
    }
}

extension TensorBytes {
    var text: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}
