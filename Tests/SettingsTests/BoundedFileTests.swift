// SPDX-License-Identifier: Apache-2.0
import Foundation
import Settings
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite("Files that the operator names")
struct BoundedFileTests {
    @Test("A FIFO is refused without waiting for a writer", .timeLimit(.minutes(10)))
    func fifo() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appending(path: "policy.yaml").path(percentEncoded: false)
        try #require(mkfifo(path, 0o600) == 0)
        #expect(throws: SettingsError("\(path) is not a regular file")) { try BoundedFile.read(path, limit: 100) }
    }

    @Test("A file is read up to its limit, and no further")
    func limit() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("abc".utf8).write(to: file)
        let path = file.path(percentEncoded: false)
        #expect(try BoundedFile.read(path, limit: 3) == "abc")
        #expect(throws: SettingsError("\(path) is longer than 2 bytes")) { try BoundedFile.read(path, limit: 2) }
    }
}
