// SPDX-License-Identifier: Apache-2.0
import Inference
import ModelRepository
import Testing

@Suite struct ModelRepositoryTests {
    @Test func scansDirectoriesAndOnlyThose() throws {
        let temporary = try TemporaryRepository()
        for name in ["a", "b.identity", ".git", "..data"] { try temporary.makeDirectory(name) }
        try temporary.write("README.md")
        try temporary.makeDirectory("store/c")
        try temporary.link("c", to: "store/c")
        try temporary.link("dangling", to: "nowhere")
        let snapshot = try ModelRepository(roots: [temporary.root]).scan()
        #expect(snapshot.models == ["a": 0, "b.identity": 0, "c": 0, "store": 0])
        #expect(
            snapshot.unavailable == ["dangling": "model directory is a link to something that does not exist"]
        )
        #expect(
            snapshot.warnings == [
                "ignore hidden entry '..data' of model repository 1",
                "ignore hidden entry '.git' of model repository 1",
            ]
        )
    }

    @Test func tellsOfDuplicatesAndOfWhatCanNotBeLoaded() throws {
        let first = try TemporaryRepository()
        let second = try TemporaryRepository()
        let third = try TemporaryRepository()
        for name in ["both", "first", "everywhere", " "] { try first.makeDirectory(name) }
        for name in ["both", "second", "everywhere"] { try second.makeDirectory(name) }
        try third.makeDirectory("everywhere")
        try first.link("outside", to: "/etc")
        let repository = try ModelRepository(roots: [first.root, second.root, third.root])
        let snapshot = try repository.scan()
        #expect(snapshot.models == ["first": 0, "second": 1])
        #expect(
            snapshot.unavailable == [
                "both": "model appears in two or more repositories",
                "everywhere": "model appears in two or more repositories",
                "outside": "model directory must stay within the model repository",
                " ": "Model name cannot be empty. Please enter a valid name to deploy.",
            ]
        )
        #expect(
            throws: ServingError(
                .invalidArgument,
                "failed to load 'both', model appears in two or more repositories"
            )
        ) {
            try repository.directory(ofModel: "both")
        }
        #expect(throws: ServingError(.notFound, "model not found in any model repository")) {
            try repository.directory(ofModel: "none")
        }
    }

    @Test func findsAModelAmongFiles() throws {
        let temporary = try TemporaryRepository()
        try temporary.write("file")
        #expect(throws: ServingError.self) {
            try ModelRepository(roots: [temporary.root]).directory(ofModel: "file")
        }
    }

    @Test func refusesARootThatIsNoDirectory() throws {
        let temporary = try TemporaryRepository()
        try temporary.write("file")
        let missing = temporary.root + "/missing"
        #expect(throws: ServingError(.invalidArgument, "model repository 1 does not exist", cause: missing)) {
            try ModelRepository(roots: [missing])
        }
        let file = temporary.root + "/file"
        #expect(throws: ServingError(.invalidArgument, "model repository 2 is not a directory", cause: file)) {
            try ModelRepository(roots: [temporary.root, file])
        }
    }

    @Test func followsALinkToTheRootItself() throws {
        let temporary = try TemporaryRepository()
        let other = try TemporaryRepository()
        try temporary.makeDirectory("m")
        try other.link("linked", to: temporary.root)
        #expect(try ModelRepository(roots: [other.root + "/linked"]).scan().models == ["m": 0])
    }

    @Test(arguments: [(2, true), (1, false)])
    func boundsTheNumberOfModels(limit: Int, fits: Bool) throws {
        let temporary = try TemporaryRepository()
        for name in ["a", "b"] { try temporary.makeDirectory(name) }
        var limits = RepositoryLimits()
        limits.directoryEntries = limit
        let repository = try ModelRepository(roots: [temporary.root], limits: limits)
        #expect(((try? repository.scan()) != nil) == fits)
    }

    @Test(arguments: ["m", "a.b", "a..b", "with space", "ünïcode", String(repeating: "x", count: 255)])
    func allowsAModelName(name: String) {
        #expect(throws: Never.self) { try ModelName.validate(name) }
    }

    @Test(arguments: [
        ("", "Model name cannot be empty. Please enter a valid name to deploy."),
        (" \t\n", "Model name cannot be empty. Please enter a valid name to deploy."),
        ("..", "invalid model name '..', model name must not contain path traversal characters"),
        (" .. ", "invalid model name ' .. ', model name must not contain path traversal characters"),
        (".", "invalid model name '.', model name must not contain path traversal characters"),
        ("a/b", "invalid model name 'a/b', model name must not contain path traversal characters"),
        ("../m", "invalid model name '../m', model name must not contain path traversal characters"),
        ("a\0", "invalid model name, model name must not contain control characters"),
        ("a\nb", "invalid model name, model name must not contain control characters"),
        (String(repeating: "x", count: 256), "invalid model name, it has more than 255 bytes"),
    ])
    func refusesAModelName(name: String, message: String) throws {
        #expect(throws: ServingError(.invalidArgument, message)) { try ModelName.validate(name) }
        let temporary = try TemporaryRepository()
        #expect(throws: ServingError(.invalidArgument, message)) {
            try ModelRepository(roots: [temporary.root]).directory(ofModel: name)
        }
    }
}
