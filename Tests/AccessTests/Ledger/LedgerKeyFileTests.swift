// SPDX-License-Identifier: Apache-2.0
import Access
import Foundation
import Inference
import Testing

@Suite struct LedgerKeyFileTests {
    private let scratch = try! LedgerScratch()
    private var file: LedgerKeyFile { get throws { try LedgerKeyFile(home: BucklerHome(scratch.path)) } }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test func aKeyIsMadeOnceAndForItsOwnerAlone() throws {
        #expect(try file.load() == nil)
        let key = try file.loadOrCreate()
        #expect(try file.path == scratch.path + "/access/ledger.key")
        #expect(try mode(file.path) == 0o600)
        #expect(try mode(scratch.path + "/access") == 0o700)
        #expect(try file.loadOrCreate().publicKey == key.publicKey)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/access") == ["ledger.key"])
    }

    @Test(arguments: [0o644, 0o640, 0o604, 0o601, 0o660])
    func aKeyThatOthersCanReachIsRefused(mode: Int) throws {
        _ = try file.loadOrCreate()
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        #expect { try file.loadOrCreate() } throws: { ($0 as? ServingError)?.code == .permissionDenied }
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: file.path)
        _ = try file.loadOrCreate()
    }

    @Test func aLinkIsNotFollowed() throws {
        _ = try file.loadOrCreate()
        try FileManager.default.moveItem(atPath: file.path, toPath: file.path + ".real")
        try FileManager.default.createSymbolicLink(atPath: file.path, withDestinationPath: file.path + ".real")
        #expect { try file.load() } throws: { ($0 as? ServingError)?.code == .unavailable }
    }

    @Test(arguments: ["", "x", "buckler-ledger-key-1 00", "buckler-ledger-key-1 " + String(repeating: "0", count: 66)])
    func whatIsNoKeyIsRefused(_ text: String) throws {
        _ = try file.loadOrCreate()
        try Data(text.utf8).write(to: URL(fileURLWithPath: file.path))
        #expect { try file.loadOrCreate() } throws: { error in
            guard let error = error as? ServingError else { return false }
            return error.code == .unavailable && !error.message.contains(scratch.path)
        }
    }
}
