// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import ModelRepository
import Synchronization
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Absolute links, which the kernel never follows beneath a directory, on a real file system.
@Suite struct AbsoluteLinkTests {
    private let temporary: TemporaryRepository

    init() throws {
        temporary = try TemporaryRepository()
        try temporary.write("m/target", "content")
        try temporary.write("store/deep/file", "content")
    }

    private func directory(_ name: String = "m") throws -> ModelDirectory {
        try ModelRepository(roots: [temporary.root]).directory(ofModel: name)
    }

    private final class Flag: Sendable {
        let value = Atomic(false)
    }

    private func problem(_ path: String, in directory: ModelDirectory) -> String? {
        do throws(ServingError) {
            _ = try directory.read(path, limit: 1024)
            return nil
        } catch {
            return error.message
        }
    }

    @Test(arguments: [
        "/m/target", "/store/deep/file", "/m/../store/deep/file", "//./store//deep/file", "/m/1/../target",
    ])
    func isFollowedBeneathTheRoot(target: String) throws {
        try temporary.makeDirectory("m/1")
        try temporary.link("m/link", to: temporary.root + target)
        let directory = try directory()
        #expect(try directory.read("link", limit: 16).text == "content")
        #expect(
            directory.warnings == [
                "file 'link' of model 'm' is reached through a link, which stays within the model repository"
            ]
        )
    }

    @Test func mayBeADirectoryOfTheModelOrTheModelItself() throws {
        try temporary.link("m/1", to: temporary.root + "/store/deep")
        #expect(try directory().read("1/file", limit: 16).text == "content")
        #expect(try directory().list("1") == ["file"])
        #expect(try directory().isDirectory("1"))
        try temporary.link("linked", to: temporary.root + "/store")
        #expect(try directory("linked").read("deep/file", limit: 16).text == "content")
        #expect(try ModelRepository(roots: [temporary.root]).scan().models.keys.sorted() == ["linked", "m", "store"])
    }

    @Test func mayBeginWithThePathThatTheRootWasGivenAs() throws {
        let given = temporary.base + "/given"
        #expect(symlink(temporary.root, given) == 0)
        try temporary.link("m/link", to: given + "/store/deep/file")
        try temporary.link("m/real", to: temporary.root + "/store/deep/file")
        let directory = try ModelRepository(roots: [given]).directory(ofModel: "m")
        #expect(try directory.read("link", limit: 16).text == "content")
        #expect(try directory.read("real", limit: 16).text == "content")
    }

    /// Whatever the way to the root is called, as long as it is the root that it leads to.
    @Test(arguments: [
        "/root/../root/m/target", "/linkroot/store/deep/file", "/linkroot/../root/store/deep/file",
        "/around/linkroot/m/../m/target", "/root/m/../../linkroot/m/target",
    ])
    func mayBeginWithAnySpellingOfTheRoot(target: String) throws {
        #expect(symlink(temporary.root, temporary.base + "/linkroot") == 0)
        #expect(symlink(".", temporary.base + "/around") == 0)
        try temporary.link("m/link", to: temporary.base + target)
        let directory = try directory()
        #expect(try directory.read("link", limit: 16).text == "content")
        #expect(directory.warnings.count == 1)
    }

    @Test func mayBeginWithAnotherPathThanARelativeOneThatTheRootWasGivenAs() throws {
        #expect(symlink(temporary.root, temporary.base + "/linkroot") == 0)
        try temporary.link("m/link", to: temporary.base + "/linkroot/store/deep/file")
        let up = String(repeating: "../", count: 64)
        let given = up + temporary.base.dropFirst() + "/linkroot"
        let directory = try ModelRepository(roots: [given]).directory(ofModel: "m")
        #expect(try directory.read("link", limit: 16).text == "content")
    }

    /// The spelling leads to the root, but what follows it leads out of it again.
    @Test(arguments: ["/linkroot/../secret", "/linkroot/m/../../secret", "/linkroot/m/up", "/linkroot/m/way/secret"])
    func isRefusedOutsideTheRootUnderAnySpelling(target: String) throws {
        try temporary.writeOutside("secret", "secret")
        #expect(symlink(temporary.root, temporary.base + "/linkroot") == 0)
        try temporary.link("m/up", to: "../../secret")
        try temporary.link("m/way", to: temporary.base)
        try temporary.link("m/link", to: temporary.base + target)
        #expect(
            try problem("link", in: directory()) == "file 'link' of model 'm' must stay within the model repository"
        )
    }

    @Test func mayLeadToFurtherLinks() throws {
        try temporary.link("m/first", to: temporary.root + "/m/second")
        try temporary.link("m/second", to: "../store/third")
        try temporary.link("store/third", to: temporary.root + "/store/deep/file")
        #expect(try directory().read("first", limit: 16).text == "content")
    }

    @Test func isRefusedOutsideTheRoot() throws {
        try temporary.writeOutside("secret", "secret")
        try FileManager.default.createDirectory(atPath: temporary.root + "-evil", withIntermediateDirectories: true)
        try temporary.writeOutside("root-evil/secret", "secret")
        try temporary.link("m/up", to: "../../secret")
        let targets = [
            temporary.base + "/secret", temporary.root + "-evil/secret", temporary.root + "/../secret",
            temporary.root + "/m/../../secret", temporary.root + "/m/up", temporary.base, "/",
            temporary.base + "/none/../root/m/target", "/proc/self/root" + temporary.root + "/m/target",
            "/proc/self/cwd",
        ]
        let directory = try directory()
        for (index, target) in targets.enumerated() {
            try temporary.link("m/link\(index)", to: target)
            #expect(
                problem("link\(index)", in: directory)
                    == "file 'link\(index)' of model 'm' must stay within the model repository",
                "\(target)"
            )
        }
        #expect(directory.warnings.isEmpty)
    }

    @Test func isRefusedWhereItNeverEnds() throws {
        try temporary.link("m/self", to: temporary.root + "/m/self")
        try temporary.link("m/ping", to: temporary.root + "/m/pong")
        try temporary.link("m/pong", to: "ping")
        let directory = try directory()
        for path in ["self", "ping", "pong"] {
            #expect(problem(path, in: directory) == "file '\(path)' of model 'm' is a link that can not be followed")
        }
    }

    @Test func refusesADanglingOne() throws {
        try temporary.link("m/link", to: temporary.root + "/store/none")
        #expect(
            try problem("link", in: directory())
                == "file 'link' of model 'm' is a link to something that does not exist"
        )
        try temporary.link("m/through", to: temporary.root + "/m/target/x")
        #expect(try problem("through", in: directory())?.hasSuffix("is not a directory") == true)
    }

    /// While one thread swaps links and directories on the way, the other must read the one content or be refused.
    @Test func neverLeavesWhileTheTreeIsChangedUnderIt() throws {
        try temporary.writeOutside("secret", "secret!")
        try temporary.write("m/real/file", "content")
        try temporary.link("m/link", to: temporary.root + "/m/way/file")
        #expect(mkdir(temporary.base + "/out", 0o700) == 0)
        try temporary.writeOutside("out/file", "secret!")
        let directory = try directory()
        let root = temporary.root
        let base = temporary.base
        let isDone = Flag()
        let hasEnded = DispatchSemaphore(value: 0)
        // A thread of its own: the pools' threads may all be taken by other tests for as long as this one reads.
        Thread.detachNewThread {
            let (way, swap) = (root + "/m/way", root + "/m/swap")
            for turn in 0... {
                if isDone.value.load(ordering: .relaxed) { break }
                symlink([base + "/out", root + "/m/real", "../../out", "real"][turn % 4], swap)
                rename(swap, way)
                if turn % 5 == 0 {
                    // A directory for a while: what was a link when it was looked at is none when it is opened.
                    unlink(way)
                    mkdir(way, 0o700)
                    rmdir(way)
                }
            }
            hasEnded.signal()
        }
        var (read, refused, tries) = (0, 0, 0)
        // On a busy machine the other thread may not have had its turn yet.
        while tries < 20_000 || (read == 0 || refused == 0) && tries < 5_000_000 {
            tries += 1
            do throws(ServingError) {
                let text = try directory.read("link", limit: 1024).text
                if text != "content" { Issue.record("read \(text)") }
                read += 1
            } catch {
                refused += 1
            }
        }
        isDone.value.store(true, ordering: .relaxed)
        hasEnded.wait()
        #expect(read > 0 && refused > 0, "the race was not run: \(read) read, \(refused) refused")
    }
}
