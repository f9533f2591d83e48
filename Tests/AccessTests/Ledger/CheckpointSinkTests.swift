// SPDX-License-Identifier: Apache-2.0
import Access
import Foundation
import Testing

@Suite struct CheckpointSinkTests {
    private let scratch = try! LedgerScratch()
    private let line = Array("{\"seq\":1}\n".utf8)
    private var target: String { scratch.path + "/target" }

    private var received: String {
        String(decoding: FileManager.default.contents(atPath: target) ?? Data(), as: UTF8.self)
    }

    @Test func aFileIsAppendedTo() throws {
        let sink = FileCheckpointSink(path: target)
        try sink.send(line)
        try sink.send(line)
        #expect(received == "{\"seq\":1}\n{\"seq\":1}\n")
        #expect(throws: LedgerFailure.self) { try FileCheckpointSink(path: scratch.path + "/no/such").send(line) }
    }

    @Test func aCommandReadsTheCheckpoint() throws {
        let sink = try #require(CommandCheckpointSink(["tee", target]))
        try sink.send(line)
        #expect(received == "{\"seq\":1}\n")
    }

    @Test func noShellReadsTheArguments() throws {
        let sink = try #require(CommandCheckpointSink(["touch", "\(target);touch \(scratch.path)b"]))
        #expect(throws: LedgerFailure.self) { try sink.send(line) }
        #expect(CommandCheckpointSink([]) == nil && CommandCheckpointSink([""]) == nil)
    }

    @Test(arguments: [["false"], ["/no/such/program"], ["sh", "-c", "kill -9 $$"]])
    func aCommandThatFailsIsTold(_ arguments: [String]) throws {
        let sink = try #require(CommandCheckpointSink(arguments))
        #expect(throws: LedgerFailure.self) { try sink.send(line) }
    }

    @Test func aCommandThatReadsNothingDoesNoHarm() throws {
        try #require(CommandCheckpointSink(["true"])).send(line)
    }

    @Test func aCommandThatTakesTooLongIsEndedWithAllThatItStarted() throws {
        let arguments = ["sh", "-c", "(sleep 2; touch \(target)) & sleep 30"]
        let sink = try #require(CommandCheckpointSink(arguments, seconds: 0.3))
        let began = Date()
        #expect(throws: LedgerFailure.self) { try sink.send(line) }
        #expect(Date().timeIntervalSince(began) < 2)
        usleep(2_300_000)
        #expect(!FileManager.default.fileExists(atPath: target))
    }

    @Test func theCommandDoesNotSeeTheServersSecrets() throws {
        setenv("BUCKLER_TEST_SECRET", "s3cret", 1)
        defer { unsetenv("BUCKLER_TEST_SECRET") }
        try #require(CommandCheckpointSink(["sh", "-c", "env > \(target)"])).send(line)
        #expect(received.contains("PATH=") && !received.contains("s3cret"))
    }

    @Test func syslogGetsADatagram() throws {
        let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = "/tmp/ledger-syslog-\(getpid())"
        defer { unlink(path) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        try SyslogCheckpointSink(path: path).send(line)
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        let text = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        #expect(text.wholeMatch(of: /<85>1 \S+Z \S+ buckler \d+ checkpoint - \{"seq":1\}/) != nil)
        #expect(throws: LedgerFailure.self) { try SyslogCheckpointSink(path: path + "-none").send(line) }
    }

    @Test func theWriterSendsWhatIsOnDisk() throws {
        let slow = try #require(CommandCheckpointSink(["sleep", "9"], seconds: 0.2))
        let events = LedgerEvents()
        var settings = scratch.settings
        settings.checkpointLines = 4
        let writer = try LedgerWriter(
            settings: settings,
            key: .known,
            sinks: [FileCheckpointSink(path: target), slow],
            report: { events.add($0) }
        )
        for request in 0..<10 { try writer.append(.request("r-\(request)")) }
        writer.stop()
        let checkpoints = scratch.lines(kind: "checkpoint")
        #expect(received == checkpoints.map { $0 + "\n" }.joined())
        #expect(checkpoints.count == 3)
        #expect(events.all.count == 3)
        let exported = try LedgerFiles.exportedCheckpoint(in: target)
        #expect(try LedgerFiles.verify(scratch.path, exported: exported).isIntact)
        let lines = scratch.lines.prefix(9).map { $0 + "\n" }.joined()
        try scratch.replace(with: Array(lines.utf8))
        #expect(try LedgerFiles.verify(scratch.path).isIntact)
        #expect(try LedgerFiles.verify(scratch.path, exported: exported).fault?.damage == .truncated)
    }
}
