import Inference
import Testing

// SPDX-License-Identifier: Apache-2.0
@testable import Engines

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite struct EngineLibraryTests {
    /// A store in a directory of its own, removed afterwards.
    private func withStore(_ body: (EngineStore, String) throws -> Void) throws {
        let home = "/tmp/buckler-engine-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try LocalDirectory.create(home)
        defer {
            for name in LocalDirectory.list(home + "/engines") { LocalDirectory.remove("\(home)/engines/\(name)") }
            LocalDirectory.remove(home + "/engines")
            LocalDirectory.remove(home)
        }
        try body(try EngineStore(home: home), home)
    }

    /// Fetches from the package index, so it runs only where that is asked for.
    @Test(.enabled(if: getenv("BUCKLER_TEST_INSTALL") != nil))
    func installsIntoTheDefaultStore() throws {
        let store = try EngineStore()
        let engine = try EngineInstaller(store: store).install(from: .pip(python: "python3")) { print($0) }
        #expect(try store.locate() == engine)
        #expect(store.list().contains(engine))
    }

    @Test func installsFromALibraryAndFindsAChange() throws {
        let present = try EngineStore().locate()
        try withStore { store, _ in
            #expect(throws: ServingError.self) { try store.locate() }
            let engine = try EngineInstaller(store: store).install(from: .file(present.libraryPath))
            #expect(engine.digest == EnginePins.current.libraryDigest)
            #expect(store.list() == [engine])
            // Installing again replaces what is there.
            #expect(try EngineInstaller(store: store).install(from: .file(present.libraryPath)) == engine)
            let file = try #require(fopen(engine.libraryPath, "r+b"))
            fseek(file, 1000, SEEK_SET)
            fputs("changed", file)
            fclose(file)
            let error = #expect(throws: ServingError.self) { try store.locate() }
            #expect(error?.message.hasPrefix("the ONNX Runtime library was changed since it was installed") == true)
        }
    }

    @Test func leavesNothingBehindAFailure() throws {
        try withStore { store, home in
            let file = home + "/other.so"
            try LocalFile.write("not a library", to: file)
            let installer = EngineInstaller(store: store)
            let error = #expect(throws: ServingError.self) { try installer.install(from: .file(file)) }
            #expect(error?.message.hasPrefix("the library is not the pinned one: its SHA-256 is ") == true)
            #expect(store.list().isEmpty)
            #expect(rmdir(store.path) == 0, "the directory must be empty, hidden files included")
            let unpinned = #expect(throws: ServingError.self) {
                try installer.install(from: .file(file), allowUnpinned: true)
            }
            #expect(unpinned?.message == "the ONNX Runtime library cannot be loaded")
            #expect(rmdir(store.path) == 0, "the directory must be empty, hidden files included")
        }
    }

    @Test func aWheelThatIsNotPinnedIsRefused() throws {
        try withStore { store, home in
            let file = home + "/x.whl"
            try LocalFile.write("not a wheel", to: file)
            let error = #expect(throws: ServingError.self) {
                try EngineInstaller(store: store).install(from: .file(file), allowUnpinned: true)
            }
            #expect(error?.message.hasPrefix("the wheel is not the pinned one") == true)
        }
    }

    @Test func saysWhatToTypeWithoutPython() throws {
        try withStore { store, _ in
            let error = #expect(throws: ServingError.self) {
                try EngineInstaller(store: store).install(from: .pip(python: "no-such-python"))
            }
            #expect(error?.message.contains("| python3 -m pip download --no-deps") == true)
            #expect(error?.message.contains("--require-hashes") == true)
            #expect(error?.message.contains("'\(EnginePins.current.requirement)'") == true)
            #expect(error?.message.contains("--platform \(EnginePins.current.platform)") == true)
        }
    }

    @Test func namesWhatCouldNotBeFetched() {
        let output =
            "WARNING: Retrying\nERROR: Could not find a version that satisfies the requirement onnxruntime==1.31.1\n"
        let error = PipFailure.error(.init(status: 1, output: output), python: "python3", .x86_64)
        #expect(error.message.contains("pip could not fetch onnxruntime-1.31.1-cp312-cp312-manylinux_2_28_x86_64.whl"))
        #expect(error.message.contains("ERROR: Could not find a version"))
    }

    @Test(arguments: [
        ("1.24.0", true), ("1.31.1", true), ("1.23.9", false), ("2.0.0", false), ("0.99", false), ("", false),
        ("1", false),
    ])
    func acceptsVersions(version: String, expected: Bool) {
        #expect(ONNXRuntimeLibrary.supports(version: version) == expected)
    }

    @Test func refusesOtherLibrariesInOneSentence() throws {
        #expect(throws: ServingError.self) { try ONNXRuntimeLibrary.load(path: "libonnxruntime.so") }
        let missing = #expect(throws: ServingError.self) { try ONNXRuntimeLibrary.load(path: "/no/such/file.so") }
        #expect(missing?.message == "the ONNX Runtime library cannot be loaded")
    }

    @Test func recordsAreReadAsTheyAreWritten() {
        let record = EngineRecord(version: "1.31.1", digest: EnginePins.x86_64.libraryDigest, origin: "a.whl")
        #expect(EngineRecord(record.text) == record)
        #expect(EngineRecord("version: ../x\nsha256: \(record.digest)\norigin: a\n") == nil)
        #expect(EngineRecord("version: 1.2\nsha256: abc\norigin: a\n") == nil)
    }
}
