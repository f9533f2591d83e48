// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// The writing end of a ledger: chains what it is given, writes it, signs it. Owned by the writer's thread.
///
/// What fails is tried again from where it stopped: nothing is written twice, and no line gets another number.
struct LedgerJournal: ~Copyable {
    /// Bytes that are chained before they are written.
    private static let outLimit = 256 << 10

    private let directory: LedgerDirectory
    private let settings: LedgerSettings
    private let key: LedgerKey
    private let ledger: String
    private let sendCheckpoint: @Sendable ([UInt8]) -> Void
    private var file: LedgerFile
    private var name: String
    /// Someone removed or replaced it.
    private var isFileGone = false
    /// What the file will have once `out` is written.
    private var fileBytes = 0
    private var space: LedgerSpace
    private var chain: LedgerChain
    private var schedule: CheckpointSchedule
    private var printer = LedgerLinePrinter()
    private var content = LedgerBuffer(capacity: 4096)
    /// Contents of lines to come, each behind its length, and how far they are chained.
    private var waiting = LedgerBuffer(capacity: 64 << 10)
    private var waitingStart = 0
    /// Whole lines, and how far they are written.
    private var out = LedgerBuffer(capacity: 64 << 10)
    private var outStart = 0
    /// A checkpoint that is not on disk for certain.
    private var unsynchronised: [UInt8]?
    private var records: [LedgerRecord] = []

    private init(
        settings: LedgerSettings,
        key: LedgerKey,
        found: LedgerRecovery,
        file: consuming LedgerFile,
        directory: consuming LedgerDirectory,
        name: String,
        sendCheckpoint: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.directory = directory
        self.file = file
        self.name = name
        self.settings = settings
        self.key = key
        self.sendCheckpoint = sendCheckpoint
        ledger = found.ledger
        chain = found.chain
        schedule = CheckpointSchedule(lines: settings.checkpointLines, seconds: settings.checkpointSeconds)
        space = LedgerSpace(
            quota: settings.quotaBytes,
            reserved: settings.reservedBytes,
            retainSeconds: settings.retainSeconds,
            kept: settings.keptForRequests + settings.keptForItself
        )
    }

    /// Takes up the ledger that is there, or begins one, and says so in it.
    /// - Parameter sendCheckpoint: told each checkpoint's line once it is on disk.
    static func open(
        settings: LedgerSettings,
        key: LedgerKey,
        sendCheckpoint: @escaping @Sendable ([UInt8]) -> Void
    ) throws(LedgerFailure) -> LedgerJournal {
        let directory = try LedgerDirectory(locking: settings.directory)
        let allowed = settings.allowed.description
        let found = try LedgerRecovery.look(in: directory, key: key.publicKey, allowed: allowed)
        let (name, access): (String, LedgerFile.Access) =
            switch found.place {
            case .append(let last): (last, .append)
            case .create: (LedgerDirectory.name(first: found.chain.next), .create)
            }
        var journal = LedgerJournal(
            settings: settings,
            key: key,
            found: found,
            file: try LedgerFile(directory.path + "/" + name, access),
            directory: directory,
            name: name,
            sendCheckpoint: sendCheckpoint
        )
        try journal.begin(found)
        return journal
    }

    private mutating func begin(_ found: LedgerRecovery) throws(LedgerFailure) {
        let now = MonotonicTime.now()
        try listFiles()
        if case .create(let previous) = found.place {
            printGenesis(previous: previous, time: .now())
            sealContent(now: now)
        }
        for _ in 0..<found.unsigned { schedule.lineWritten(at: now) }
        if let opening = found.opening {
            // In this file, however full: a checkpoint before it would sign what was found as if this server wrote it.
            content.removeAll()
            printer.print(.opened(opening), at: .now(), into: &content)
            sealContent(now: now)
        }
        try advance(now: now, time: .now())
        try directory.synchronise()
    }

    // MARK: What the writer's thread asks for

    /// Whether everything is written that was handed over.
    var isDrained: Bool { waitingStart == waiting.count && outStart == out.count && unsynchronised == nil }

    /// When a checkpoint is due.
    var due: MonotonicTime? { schedule.due }

    func isSpaceShort(time: WallClockTime) -> Bool { space.isShort(now: time) }

    /// Bytes of lines that may be promised from now on, and why if there are none.
    func room(time: WallClockTime) throws(LedgerFailure) -> (bytes: Int, shortage: LedgerFailure?) {
        let free = try directory.freeBytes()
        let room = space.room(freeBytes: free, now: time)
        return (room, room > 0 ? nil : LedgerFailure(space.shortage(freeBytes: free)))
    }

    /// Takes lines over in exchange for an empty buffer.
    /// - Precondition: ``isDrained``.
    mutating func accept(_ lines: inout LedgerBuffer) {
        precondition(isDrained, "lines were handed over before those before them were written")
        waiting.removeAll()
        waitingStart = 0
        swap(&waiting, &lines)
    }

    /// Writes what there is, and a checkpoint if one is due.
    mutating func advance(now: MonotonicTime, time: WallClockTime) throws(LedgerFailure) {
        try settle(time: time)
        if isFileGone { try replaceFile(now: now, time: time) }
        while waitingStart < waiting.count || !records.isEmpty {
            try fillOut(now: now, time: time)
            try settle(time: time)
            if schedule.isDue(at: now) { try checkpoint(time: time) }
        }
        if schedule.isDue(at: now) { try checkpoint(time: time) }
    }

    /// Signs what is not signed yet, as the last thing before the server ends.
    mutating func close(now: MonotonicTime, time: WallClockTime) throws(LedgerFailure) {
        try advance(now: now, time: time)
        if schedule.unsigned > 0 { try checkpoint(time: time) }
        // The checkpoint itself may have needed room: that an old file went for it has to be said, too.
        guard !records.isEmpty else { return }
        try advance(now: now, time: time)
        if schedule.unsigned > 0 { try checkpoint(time: time) }
    }

    /// After a failure: whoever keeps the ledger may have moved files away.
    mutating func listFiles() throws(LedgerFailure) {
        var files = try directory.files()
        let current = files.firstIndex { $0.name == name }.map { files.remove(at: $0).bytes } ?? 0
        space.filesListed(closed: files, current: current)
        fileBytes = current + out.count - outStart
    }

    // MARK: Lines

    private mutating func fillOut(now: MonotonicTime, time: WallClockTime) throws(LedgerFailure) {
        while out.count < Self.outLimit, !schedule.isDue(at: now) || out.isEmpty {
            content.removeAll()
            if let record = records.first {
                printer.print(record, at: time, into: &content)
            } else if !nextWaiting() {
                return
            }
            if fileBytes + content.count + LedgerChain.overhead > max(settings.fileBytes, 1), !isFileFresh {
                try rotate(now: now, time: time)
                continue
            }
            let record = records.isEmpty ? nil : records.removeFirst()
            if record == nil { waitingStart += 4 + content.count }
            sealContent(now: now)
            // Until then it looks as if someone else had removed the file.
            if case .removed = record { schedule.hasten() }
        }
    }

    /// A file keeps one line besides its genesis, however small the rotation's size.
    private var isFileFresh: Bool { linesInFile <= 1 }
    private var linesInFile: UInt64 { chain.next - (LedgerDirectory.first(in: name) ?? 0) }

    /// Copies the next content that waits to where content is chained from; it stays where it is.
    private mutating func nextWaiting() -> Bool {
        guard waitingStart < waiting.count else { return false }
        let bytes = waiting.bytes
        let count = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: waitingStart, as: UInt32.self)))
        content.append(UnsafeRawBufferPointer(rebasing: bytes[(waitingStart + 4)..<(waitingStart + 4 + count)]))
        return true
    }

    private mutating func sealContent(now: MonotonicTime) {
        let start = out.count
        chain.seal(content.bytes, into: &out)
        fileBytes += out.count - start
        content.removeAll()
        schedule.lineWritten(at: now)
    }

    // MARK: The file

    /// Writes what is chained, and makes a checkpoint last that is among it.
    private mutating func settle(time: WallClockTime) throws(LedgerFailure) {
        while outStart < out.count {
            try makeRoom(for: out.count - outStart, time: time)
            let written = try file.write(UnsafeRawBufferPointer(rebasing: out.bytes[outStart...]))
            outStart += written
            space.wrote(written)
        }
        out.removeAll()
        outStart = 0
        guard let checkpoint = unsynchronised else { return }
        try file.synchronise()
        unsynchronised = nil
        sendCheckpoint(checkpoint)
    }

    private mutating func makeRoom(for bytes: Int, time: WallClockTime) throws(LedgerFailure) {
        while true {
            switch space.verdict(adding: bytes, freeBytes: try directory.freeBytes(), now: time) {
            case .write: return
            case .refuse(let reason): throw LedgerFailure(reason)
            case .remove(let old):
                try directory.remove(old)
                records.append(.removed(file: old))
                try listFiles()
            }
        }
    }

    private mutating func checkpoint(time: WallClockTime) throws(LedgerFailure) {
        try settle(time: time)
        guard file.isInPlace else {
            isFileGone = true
            throw LedgerFailure("\(file.path) was removed or replaced while it was written")
        }
        content.removeAll()
        let checkpoint = LedgerCheckpoint(ledger: ledger, chain: chain, time: time, key: key)
        printer.print(checkpoint, into: &content)
        chain.seal(content.bytes, into: &out)
        fileBytes += out.count
        unsynchronised = out.array
        schedule.checkpointWritten()
        try settle(time: time)
    }

    /// Ends the file with a checkpoint and goes on in a new one.
    private mutating func rotate(now: MonotonicTime, time: WallClockTime) throws(LedgerFailure) {
        try settle(time: time)
        if schedule.unsigned > 0 { try checkpoint(time: time) }
        try beginFile(now: now, time: time)
    }

    /// Goes on in a new file, whose genesis names the one that is gone, and says how many lines were in that.
    private mutating func replaceFile(now: MonotonicTime, time: WallClockTime) throws(LedgerFailure) {
        let next = LedgerDirectory.name(first: chain.next)
        records.insert(.lost(lines: linesInFile, refused: 0), at: 0)
        do throws(LedgerFailure) { try beginFile(now: now, time: time) } catch {
            // Unless the file came to be, it is tried again from here.
            if name != next { records.removeFirst() }
            throw error
        }
    }

    private mutating func beginFile(now: MonotonicTime, time: WallClockTime) throws(LedgerFailure) {
        let next = LedgerDirectory.name(first: chain.next)
        file = try LedgerFile(directory.path + "/" + next, .create)
        let previous = LedgerGenesis.Previous(file: name, hash: chain.hash)
        (name, fileBytes, isFileGone) = (next, 0, false)
        printGenesis(previous: previous, time: time)
        sealContent(now: now)
        try settle(time: time)
        try listFiles()
        try directory.synchronise()
    }

    private mutating func printGenesis(previous: LedgerGenesis.Previous?, time: WallClockTime) {
        let genesis = LedgerGenesis(
            time: time,
            ledger: ledger,
            key: key.publicKey,
            previous: previous,
            allowed: settings.allowed.description
        )
        content.removeAll()
        printer.print(genesis, into: &content)
    }
}
