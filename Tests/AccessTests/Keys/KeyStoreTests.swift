// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import Testing

@testable import Access

@Suite("The store of keys") struct KeyStoreTests {
    @Test("keeps what it was given, for its owner's eyes only, and no secret")
    func roundTrip() throws {
        let home = try TemporaryHome()
        var terms = try KeyTerms(name: "ci")
        for (field, text) in [
            (.tenant, "corp"), (.scopes, "infer,shared-memory"), (.models, "fraud-*@3,mlp"), (.expires, "90d"),
            (.rate, "0.5/s"), (.burst, "2"), (.bytesPerSecond, "1G"), (.concurrent, "4"),
        ] as [(KeyTerms.Field, String)] { try terms.set(field, to: text, at: 1000) }
        let made = try home.store.update { [terms] (table) throws(ServingError) in try table.create(terms, at: 1000) }
        #expect(try home.store.read().records == [made.record])
        _ = try home.store.update { (table) throws(ServingError) in try table.rotate("ci", grace: 60, at: 1001) }
        #expect(try home.store.read().records.count == 2)
        #expect(try home.mode(of: home.directory) == 0o700)
        #expect(try home.mode(of: home.file) == 0o600)
        let text = try String(contentsOfFile: home.file, encoding: .utf8)
        #expect(!text.contains("bkl_") && !text.contains(made.text.secretText.dropFirst(17).prefix(43)))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: home.directory).sorted() == ["keys.json", "keys.lock"]
        )
    }

    @Test("is empty where there is none, and only there")
    func missing() throws {
        let home = try TemporaryHome()
        #expect(try home.store.read().records.isEmpty)
        _ = try home.create("ci")
        try home.write("", to: home.file)
        #expect(throws: ServingError.self) { try home.store.read() }
    }

    @Test("is refused if others can read or write it", arguments: [0o640, 0o604, 0o644, 0o620, 0o666])
    func openFile(mode: Int) throws {
        let home = try TemporaryHome()
        _ = try home.create("ci")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: home.file)
        let error = #expect(throws: ServingError.self) { try home.store.read() }
        #expect(error?.cause?.contains("chmod 600 '\(home.file)'") == true)
        #expect(error?.message.contains(home.path) == false)
        #expect(throws: ServingError.self) { try home.create("other") }
    }

    @Test("is refused in a directory that is open to others", arguments: [0o750, 0o705, 0o770, 0o711])
    func openDirectory(mode: Int) throws {
        let home = try TemporaryHome()
        _ = try home.create("ci")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: home.directory)
        #expect(throws: ServingError.self) { try home.store.read() }
        #expect(throws: ServingError.self) { try home.create("other") }
    }

    @Test("is refused if it belongs to someone else", .enabled(if: geteuid() == 0))
    func owner() throws {
        let home = try TemporaryHome()
        _ = try home.create("ci")
        #expect(chown(home.file, 65534, 65534) == 0)
        let error = #expect(throws: ServingError.self) { try home.store.read() }
        #expect(error?.message.contains("another user") == true)
    }

    @Test("is refused if it is a link, a directory or a FIFO", arguments: ["link", "directory", "fifo"])
    func kind(kind: String) throws {
        let home = try TemporaryHome()
        _ = try home.create("ci")
        let moved = home.path + "/moved.json"
        try FileManager.default.moveItem(atPath: home.file, toPath: moved)
        switch kind {
        case "link": try FileManager.default.createSymbolicLink(atPath: home.file, withDestinationPath: moved)
        case "directory": #expect(mkdir(home.file, 0o700) == 0)
        default: #expect(mkfifo(home.file, 0o600) == 0)
        }
        #expect(throws: ServingError.self) { try home.store.read() }
    }

    @Test("is refused if its directory is a link")
    func linkedDirectory() throws {
        let home = try TemporaryHome()
        _ = try home.create("ci")
        let moved = home.path + "/moved"
        try FileManager.default.moveItem(atPath: home.directory, toPath: moved)
        try FileManager.default.createSymbolicLink(atPath: home.directory, withDestinationPath: moved)
        #expect(throws: ServingError.self) { try home.store.read() }
        #expect(throws: ServingError.self) { try home.create("other") }
    }

    @Test("may be so large and no larger", arguments: [0, 1])
    func size(beyond: Int) throws {
        let home = try TemporaryHome()
        _ = try home.create("ci")
        var text = try String(contentsOfFile: home.file, encoding: .utf8)
        text += String(repeating: " ", count: KeyStore.sizeLimit + beyond - text.utf8.count)
        try home.write(text, to: home.file)
        if beyond == 0 {
            #expect(try home.store.read().records.count == 1)
        } else {
            let error = #expect(throws: ServingError.self) { try home.store.read() }
            #expect(error?.code == .payloadTooLarge)
        }
    }

    @Test("says what to type where it cannot write")
    func unwritable() throws {
        let home = try TemporaryHome()
        // A file in the way refuses root as well.
        try home.write("", to: home.path + "/file")
        let store = KeyStore(home: try BucklerHome(home.path + "/file/home"))
        let error = #expect(throws: ServingError.self) { try store.update { _ in } }
        #expect(error?.cause?.contains("install -d -m 700") == true)
        #expect(throws: ServingError.self) { try BucklerHome("relative/home") }
        #expect(try BucklerHome("/a/b//").path == "/a/b")
        #expect(BucklerHome.quoted("/a'b") == "'/a'\\''b'")
    }

    @Test("what a change throws leaves it as it was, and writes nothing")
    func failedChange() throws {
        let home = try TemporaryHome()
        _ = try home.create("ci")
        let before = FileState.of(home.file)
        #expect(throws: ServingError.self) { try home.create("ci") }
        _ = try home.store.update { _ in }
        #expect(FileState.of(home.file) == before)
    }

    @Test("is not stopped by what a killed command left behind")
    func leftovers() throws {
        let home = try TemporaryHome()
        _ = try home.create("a")
        try home.write("half", to: home.file + ".new", mode: 0o400)
        _ = try home.create("b")
        #expect(try home.store.read().records.count == 2)
    }

    @Test("loses no key to another command at the same time")
    func concurrent() async throws {
        let home = try TemporaryHome()
        let store = try home.store
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for index in 0..<5 {
                        let terms = try KeyTerms(name: "key-\(task)-\(index)")
                        _ = try store.update { (table) throws(ServingError) in try table.create(terms, at: 1000) }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(Set(try store.read().records.map(\.principal.name)).count == 40)
    }
}
