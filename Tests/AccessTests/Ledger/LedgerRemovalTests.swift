// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import Testing

@testable import Access

/// Whoever has no key deletes files, and writes that the server did.
@Suite struct LedgerRemovalTests {
    enum Afterwards: CaseIterable {
        case nothing
        /// A server starts, and signs what it found.
        case restart
        /// The same where its first line would no longer fit into the file.
        case restartWithFullFile
        /// The forged line is not in the last file when a server starts.
        case restartBehindForgedFile
    }

    private let scratch = try! LedgerScratch()

    private func write(_ settings: LedgerSettings, requests: Int) throws {
        let writer = try LedgerWriter(settings: settings, key: .known) { _ in }
        for request in 0..<requests { try writer.append(.request("r-\(request)")) }
        writer.stop()
    }

    private func report(exported: LedgerCheckpoint? = nil) throws -> LedgerReport {
        try LedgerFiles.verify(scratch.path, trusted: [LedgerKey.known.publicKey], exported: exported)
    }

    /// The last file's, as it stands.
    private func end() throws -> (chain: LedgerChain, genesis: LedgerGenesis) {
        var verifier = LedgerVerifier()
        verifier.fileBegins("last")
        let last = try #require(scratch.files.last)
        let torn = try LedgerFiles.forEachLine(of: last) { line in
            verifier.lineRead(line)
            return true
        }
        verifier.fileEnds(tornBytes: torn, isLast: true)
        return (verifier.chain, try #require(verifier.genesis))
    }

    private func append(_ print: (inout LedgerLinePrinter, inout LedgerBuffer) -> Void) throws {
        var chain = try end().chain
        var printer = LedgerLinePrinter()
        var content = LedgerBuffer(capacity: 64)
        var line = LedgerBuffer(capacity: 64)
        print(&printer, &content)
        chain.seal(content.bytes, into: &line)
        try scratch.replace(scratch.files.count - 1, with: scratch.bytes(scratch.files.count - 1) + line.array)
    }

    private func forgeFile() throws {
        let (chain, genesis) = try end()
        let last = try #require(scratch.files.last)
        let name = String(last.dropFirst(scratch.path.utf8.count + 1))
        var next = chain
        var printer = LedgerLinePrinter()
        var content = LedgerBuffer(capacity: 64)
        var line = LedgerBuffer(capacity: 64)
        printer.print(
            LedgerGenesis(
                time: genesis.time,
                ledger: genesis.ledger,
                key: genesis.key,
                previous: LedgerGenesis.Previous(file: name, hash: chain.hash),
                allowed: genesis.allowed
            ),
            into: &content
        )
        next.seal(content.bytes, into: &line)
        let path = scratch.path + "/" + LedgerDirectory.name(first: chain.next)
        #expect(FileManager.default.createFile(atPath: path, contents: Data(line.array)))
    }

    @Test(arguments: Afterwards.allCases, [false, true])
    func aRemovalThatIsNotSignedIsNotBelieved(_ afterwards: Afterwards, _ areAllButLastGone: Bool) throws {
        var settings = scratch.settings
        settings.rotationBytes = 4096
        try write(settings, requests: 60)
        let files = scratch.files
        #expect(files.count > 3)
        let gone = files.prefix(areAllButLastGone ? files.count - 1 : 1)
        for file in gone { try FileManager.default.removeItem(atPath: file) }
        let missing = try #require(gone.last?.dropFirst(scratch.path.utf8.count + 1))
        try append { $0.print(.removed(file: String(missing)), at: .now(), into: &$1) }
        if afterwards == .restartBehindForgedFile { try forgeFile() }
        if afterwards == .restartWithFullFile { settings.rotationBytes = 1 }
        if afterwards != .nothing {
            try write(settings, requests: 3)
            #expect(scratch.lines(kind: "recovered").count == 1)
        }
        let found = try report()
        #expect(found.isIntact, "\(String(describing: found.fault))")
        #expect((found.unsignedLines == 0) == (afterwards != .nothing))
        #expect(found.missingFile == String(missing) && found.notes.count == 1, "\(found.notes)")
    }

    @Test func whatTheServerRemovedIsBelievedAtOnceAndLater() throws {
        var settings = scratch.settings
        (settings.quotaBytes, settings.rotationBytes, settings.retainSeconds) = (16 << 10, 4 << 10, 0)
        settings.checkpointSeconds = 3600
        let writer = try LedgerWriter(settings: settings, key: .known) { _ in }
        for request in 0..<200 where scratch.lines(kind: "removed").isEmpty {
            try writer.append(.request("r-\(request)"))
            #expect(eventually { scratch.lines.contains { $0.contains("\"r-\(request)\"") } })
        }
        // Nothing else makes a checkpoint behind the removal's line.
        #expect(
            eventually {
                guard !scratch.lines(kind: "removed").isEmpty, let found = try? report() else { return false }
                return found.isIntact && found.missingFile == nil
            }
        )
        writer.stop()
        let checkpoint = try LedgerFiles.exportedCheckpoint(in: #require(scratch.files.last))
        for exported in [nil, checkpoint] {
            let found = try report(exported: exported)
            #expect(found.isIntact && found.missingFile == nil, "\(found.notes)")
        }
        // A server that starts later takes nothing back.
        try write(settings, requests: 1)
        let found = try report(exported: checkpoint)
        #expect(found.isIntact && found.missingFile == nil, "\(found.notes)")
    }
}
