// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import Testing

@testable import Access

/// A home of its own for a test, removed with this value.
final class TemporaryHome {
    let path: String

    init() throws {
        path = "/tmp/buckler-keys-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var store: KeyStore { get throws { KeyStore(home: try BucklerHome(path)) } }
    var directory: String { path + "/access" }
    var file: String { directory + "/keys.json" }

    func mode(of path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    func write(_ text: String, to path: String, mode: Int = 0o600) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    /// Makes a key in the store.
    func create(_ name: String, at seconds: Int64 = 1000) throws -> NewKey {
        let terms = try KeyTerms(name: name)
        return try store.update { (table) throws(ServingError) in try table.create(terms, at: seconds) }
    }
}
