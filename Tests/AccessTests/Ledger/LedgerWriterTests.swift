// SPDX-License-Identifier: Apache-2.0
import Access
import Foundation
import Inference
import Testing

@Suite struct LedgerWriterTests {
    private let scratch = try! LedgerScratch()
    private let events = LedgerEvents()

    private func writer(
        _ settings: LedgerSettings,
        key: LedgerKey = .known,
        sinks: [any CheckpointSink] = []
    ) throws(ServingError) -> LedgerWriter {
        try LedgerWriter(settings: settings, key: key, sinks: sinks) { [events] in events.add($0) }
    }

    private func report(exported: LedgerCheckpoint? = nil) throws -> LedgerReport {
        try LedgerFiles.verify(scratch.path, trusted: [LedgerKey.known.publicKey], exported: exported)
    }

    @Test func linesOfManyThreadsMakeOneChain() async throws {
        var settings = scratch.settings
        settings.checkpointLines = 64
        settings.rotationBytes = 64 << 10
        let writer = try writer(settings)
        await withTaskGroup(of: Void.self) { group in
            for lane in 0..<4 {
                group.addTask {
                    for request in 0..<500 { try? writer.append(.request("\(lane)-\(request)")) }
                }
            }
        }
        writer.stop()
        let report = try report()
        #expect(report.isIntact && report.files > 5 && report.unsignedLines == 0)
        let ids = Set(scratch.lines(kind: "allow").compactMap { $0.firstMatch(of: /"request":"(.*?)"/)?.1 })
        #expect(ids.count == 2000)
        #expect(events.all.isEmpty)
    }

    @Test func aLineIsInTheFileWithin100Milliseconds() throws {
        let writer = try writer(scratch.settings)
        defer { writer.stop() }
        var delays: [Double] = []
        for request in 0..<9 {
            let began = Date()
            try writer.append(.request("r-\(request)"))
            #expect(eventually { scratch.lines.last?.contains("r-\(request)") == true })
            delays.append(Date().timeIntervalSince(began))
        }
        // The middle one: other tests use the same processors.
        #expect(delays.sorted()[4] < 0.1)
    }

    @Test func aCheckpointFollowsAfterTheTimeSet() throws {
        var settings = scratch.settings
        settings.checkpointSeconds = 0.1
        let writer = try writer(settings)
        defer { writer.stop() }
        #expect(eventually { scratch.lines(kind: "checkpoint").count == 1 })
        usleep(300_000)
        #expect(scratch.lines(kind: "checkpoint").count == 1)
        try writer.append(.request("r"))
        #expect(eventually { scratch.lines(kind: "checkpoint").count == 2 })
    }

    @Test func aFileKeepsToTheRotationsSize() throws {
        var settings = scratch.settings
        settings.rotationBytes = 4096
        let writer = try writer(settings)
        for request in 0..<100 { try writer.append(.request("r-\(request)")) }
        writer.stop()
        #expect(scratch.files.count > 8)
        // The checkpoint that ends a file comes on top.
        for file in scratch.files.indices { #expect(scratch.bytes(file).count <= 4096 + 600) }
        #expect(try report().isIntact)
        let missing = scratch.files[3]
        try FileManager.default.moveItem(atPath: missing, toPath: missing + ".away")
        #expect(try report().fault?.damage == .removed)
        try FileManager.default.moveItem(atPath: missing + ".away", toPath: missing)
        try FileManager.default.removeItem(atPath: scratch.files[0])
        let shortened = try report()
        #expect(shortened.isIntact && shortened.notes.count == 1 && shortened.missingFile?.isEmpty == false)
    }

    @Test func aLedgerGoesOnWhereItEnded() throws {
        for start in 0..<3 {
            let writer = try writer(scratch.settings)
            try writer.append(.request("start-\(start)"))
            writer.stop()
        }
        #expect(scratch.files.count == 1)
        #expect(scratch.lines(kind: "opened").count == 2 && scratch.lines(kind: "genesis").count == 1)
        #expect(try report().isIntact)
        let checkpoint = try LedgerFiles.exportedCheckpoint(in: scratch.files[0])
        #expect(try report(exported: checkpoint).isIntact)
    }

    @Test func aTornLineIsCutOffAndTold() throws {
        let first = try writer(scratch.settings)
        try first.append(.request("r"))
        first.stop()
        try scratch.replace(with: scratch.bytes() + Array("{\"seq\":4,\"time\":\"20".utf8))
        let second = try writer(scratch.settings)
        try second.append(.request("s"))
        second.stop()
        #expect(try report().isIntact)
        #expect(scratch.lines(kind: "recovered").first?.contains("\"torn\":19,\"unsigned\":0,") == true)
    }

    @Test func aFileWithoutALineIsReplaced() throws {
        let first = try writer(scratch.settings)
        first.stop()
        let empty = scratch.path + "/ledger-0000000000000000009.jsonl"
        try Data("{\"se".utf8).write(to: URL(fileURLWithPath: empty))
        try writer(scratch.settings).stop()
        #expect(scratch.files.count == 1)
        #expect(try report().isIntact)
    }

    @Test func whatWasTamperedWithIsNotVouchedFor() throws {
        let first = try writer(scratch.settings)
        try first.append(.request("honest"))
        first.stop()
        let text = String(decoding: scratch.bytes(), as: UTF8.self)
        try scratch.replace(with: Array(text.replacing("honest", with: "forged").utf8))
        let second = try writer(scratch.settings)
        try second.append(.request("later"))
        second.stop()
        #expect(try report().fault?.line == 2)
        #expect(scratch.files.count == 2)
        #expect(scratch.lines(kind: "recovered").first?.contains("\"fault\":\"edited: ") == true)
        #expect(try LedgerFiles.verify(scratch.files[1]).isIntact)
    }

    @Test func anotherKeyBeginsAnotherFile() throws {
        try writer(scratch.settings).stop()
        try writer(scratch.settings, key: .other).stop()
        #expect(scratch.files.count == 2)
        #expect(try LedgerFiles.verify(scratch.path).isIntact)
        #expect(try report().fault?.damage == .signature)
    }

    @Test func aSecondServerIsRefused() throws {
        let first = try writer(scratch.settings)
        #expect { try writer(scratch.settings) } throws: {
            let error = $0 as? ServingError
            return error?.code == .unavailable && error?.cause?.contains("another server") == true
        }
        first.stop()
        try writer(scratch.settings).stop()
    }

    // MARK: When it cannot be written

    /// Few lines at a time: those that wait when it fails have to fit into the room that is made.
    private func fill(_ directory: String, _ writer: LedgerWriter) {
        for request in 0..<200 where !writer.isFailing {
            try? writer.append(.request("r-\(request)"))
            guard request % 20 == 19 else { continue }
            _ = eventually {
                writer.isFailing || LedgerScratch.lines(in: directory).contains { $0.contains("\"r-\(request)\"") }
            }
        }
        #expect(eventually { writer.isFailing })
    }

    @Test func withTheQuotaUsedUpNothingIsAllowedUntilThereIsRoom() throws {
        var settings = scratch.settings
        (settings.quotaBytes, settings.rotationBytes) = (64 << 10, 16 << 10)
        let writer = try writer(settings)
        fill(scratch.path, writer)
        #expect { try writer.check() } throws: { ($0 as? ServingError)?.code == .unavailable }
        #expect { try writer.append(.request("x", .deny)) } throws: { ($0 as? ServingError)?.code == .unavailable }
        // It was let in before.
        try writer.append(.request("late"))
        #expect(eventually { scratch.lines.contains { $0.contains("\"late\"") } })
        #expect(scratch.files.indices.reduce(0) { $0 + scratch.bytes($1).count } <= 64 << 10)
        for file in scratch.files.dropLast() { try FileManager.default.removeItem(atPath: file) }
        #expect(eventually { !writer.isFailing })
        try writer.append(.request("again"))
        writer.stop()
        #expect(scratch.lines(kind: "lost").first?.contains(/"lines":0,"refused":[1-9]/) == true)
        #expect(try report().isIntact)
        #expect(events.all == [.failing(reason: "the ledger's quota is used up"), .working])
    }

    @Test func ifRequestsAreToGoOnTheLedgerSaysWhatItMisses() throws {
        var settings = scratch.settings
        (settings.quotaBytes, settings.rotationBytes) = (16 << 10, 4 << 10)
        (settings.onFailure, settings.pendingBytes) = (.proceed, 64 << 10)
        let writer = try writer(settings)
        fill(scratch.path, writer)
        for request in 0..<1000 { try writer.append(.request("x-\(request)")) }
        try writer.check()
        // Each of the files that comes to be fills the quota again.
        #expect(
            eventually(seconds: 30) {
                for file in scratch.files.dropLast() { try? FileManager.default.removeItem(atPath: file) }
                return !scratch.lines(kind: "lost").isEmpty
            }
        )
        writer.stop()
        #expect(scratch.lines(kind: "lost").first?.contains("\"lines\":") == true)
        #expect(scratch.lines(kind: "lost").first?.contains("\"lines\":0") == false)
        #expect(try report().isIntact)
    }

    @Test(arguments: ["removed", "moved", "replaced"])
    func aFileThatIsTakenAwayIsMissed(_ how: String) throws {
        var settings = scratch.settings
        settings.checkpointSeconds = 0.1
        let writer = try writer(settings)
        try writer.append(.request("before"))
        #expect(eventually { scratch.lines.last?.contains("\"kind\":\"checkpoint\"") == true })
        let file = try #require(scratch.files.first)
        let bytes = scratch.bytes()
        try FileManager.default.moveItem(atPath: file, toPath: file + ".away")
        if how == "removed" { try FileManager.default.removeItem(atPath: file + ".away") }
        if how == "replaced" { #expect(FileManager.default.createFile(atPath: file, contents: Data(bytes))) }
        try writer.append(.request("gone"))
        #expect(eventually { events.all.last == .working })
        let failing = LedgerEvent.failing(reason: "\(file) was removed or replaced while it was written")
        #expect(events.all == [failing, .working])
        try writer.append(.request("after"))
        writer.stop()
        #expect(scratch.lines(kind: "lost").first?.contains(/"lines":[1-9]/) == true)
        #expect(scratch.lines.contains { $0.contains("\"after\"") })
        let found = try report()
        if how == "replaced" {
            #expect(found.fault?.damage == .removed)
        } else {
            #expect(found.isIntact && found.missingFile.map { file.hasSuffix("/" + $0) } == true)
        }
    }

    @Test func oldFilesGoIfTheyMay() throws {
        var settings = scratch.settings
        (settings.quotaBytes, settings.rotationBytes, settings.retainSeconds) = (64 << 10, 8 << 10, 0)
        let writer = try writer(settings)
        for request in 0..<400 {
            try writer.append(.request("r-\(request)"))
            guard request % 40 == 39 else { continue }
            #expect(eventually { scratch.lines.contains { $0.contains("\"r-\(request)\"") } })
        }
        writer.stop()
        #expect(events.all.isEmpty)
        #expect(scratch.files.indices.reduce(0) { $0 + scratch.bytes($1).count } <= 64 << 10)
        #expect(!scratch.lines(kind: "removed").isEmpty && scratch.lines.last?.contains("checkpoint") == true)
        let report = try report()
        #expect(report.isIntact && report.missingFile == nil, "\(report.notes)")
    }

    @Test func theReserveOfTheFileSystemIsLeft() {
        var settings = scratch.settings
        settings.reservedBytes = .max
        #expect { try writer(settings) } throws: {
            ($0 as? ServingError)?.cause == "the ledger's file system is full"
        }
    }

    /// A real file system that is really full; only root may make one.
    @Test(.enabled(if: geteuid() == 0))
    func aFullDiskIsSurvived() throws {
        let disk = scratch.path + "/disk"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        guard mount("tmpfs", disk, "tmpfs", 0, "size=256k") == 0 else { return }
        defer { umount(disk) }
        var settings = LedgerSettings(directory: disk + "/ledger")
        (settings.reservedBytes, settings.requestsInFlight) = (0, 8)
        // Taken for free by the check, and gone when it comes to writing.
        let ballast = disk + "/ballast"
        let writer = try writer(settings)
        #expect(FileManager.default.createFile(atPath: ballast, contents: Data(count: 160 << 10)))
        fill(settings.directory, writer)
        #expect { try writer.check() } throws: { ($0 as? ServingError)?.code == .unavailable }
        try FileManager.default.removeItem(atPath: ballast)
        #expect(eventually { !writer.isFailing })
        writer.stop()
        #expect(try LedgerFiles.verify(settings.directory).isIntact)
    }
}
