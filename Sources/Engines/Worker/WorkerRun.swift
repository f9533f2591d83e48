// SPDX-License-Identifier: Apache-2.0
internal import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The life of one worker, as the thread that starts it sees it: waits for what it says and prints until it ends.
struct WorkerRun: ~Copyable {
    enum Heard {
        /// Nothing; the time is up, or the thread's attention is wanted.
        case nothing
        case message(WorkerMessage)
        /// It has closed its channel: it is ending.
        /// - Parameter unread: whether it has not read the last message.
        case closed(unread: Bool)
    }

    let process: WorkerProcess
    private let attention: WakeEvent
    private let log: @Sendable (String) -> Void
    private var lines = OutputLines()
    private var isOutputOpen = true
    private var isReportOpen = true
    private var reported: [UInt8] = []
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: WorkerProtocol.messageBytes, alignment: 16)

    private static let reportLimit = 16 << 10
    /// What is printed between two messages; the rest waits in the pipe.
    private static let outputSlice = 64 << 10

    init(_ launch: WorkerLaunch, attention: WakeEvent, log: @escaping @Sendable (String) -> Void) throws(ServingError) {
        process = try WorkerProcess(launch)
        self.attention = attention
        self.log = log
    }

    deinit { buffer.deallocate() }

    var lastLines: [String] { lines.last }

    /// The layers of the sandbox that hold. Complete once the worker has said something: what started it told them first.
    mutating func heldLayers() -> Set<String> {
        readReport()
        let lines = String(decoding: reported, as: UTF8.self).split(separator: "\n")
        return Set(
            lines.compactMap { line in
                let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
                return fields.count > 1 && fields[1] == "holds" ? String(fields[0]) : nil
            }
        )
    }

    /// - Parameter milliseconds: to wait at most; -1 for as long as it takes.
    mutating func listen(milliseconds: Int32) throws(WorkerFault) -> Heard {
        if let message = try receive() { return message }
        var waiting = [
            pollfd(fd: process.channel.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: attention.descriptor, events: Int16(POLLIN), revents: 0),
            // A negative number is passed over.
            pollfd(fd: isOutputOpen ? process.output : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: isReportOpen ? process.report : -1, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&waiting, nfds_t(waiting.count), milliseconds) > 0 else { return .nothing }
        if waiting[1].revents != 0 { attention.take() }
        if waiting[3].revents != 0 { readReport() }
        if waiting[2].revents != 0 { readOutput() }
        return try receive() ?? .nothing
    }

    private mutating func receive() throws(WorkerFault) -> Heard? {
        switch try process.channel.receive(into: buffer) {
        case .nothing: nil
        case .message(let bytes): .message(try WorkerMessage(bytes))
        case .end(let unread): .closed(unread: unread)
        }
    }

    private mutating func readReport() {
        isReportOpen = isReportOpen && Self.drain(process.report, limit: Self.reportLimit) { reported += $0 }
        if reported.count > Self.reportLimit { reported.removeLast(reported.count - Self.reportLimit) }
    }

    private mutating func readOutput() {
        guard isOutputOpen else { return }
        var printed: [String] = []
        isOutputOpen = Self.drain(process.output, limit: Self.outputSlice) { bytes in
            printed += lines.printed(bytes, at: .now())
        }
        for line in printed { log(line) }
    }

    /// - Returns: whether more may come.
    private static func drain(
        _ descriptor: Int32,
        limit: Int,
        _ body: (UnsafeMutableRawBufferPointer.SubSequence) -> Void
    ) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { space in
            var total = 0
            while total < limit {
                let count = read(descriptor, space.baseAddress, space.count)
                if count < 0, errno == EINTR { continue }
                if count < 0 { return errno == EAGAIN }
                if count == 0 { return false }
                total += count
                body(space[0..<count])
            }
            return true
        }
    }

    /// Ends the worker, and logs what it printed last.
    consuming func end(graceMilliseconds: Int) -> (end: WorkerProcess.End, lastLines: [String]) {
        let end = process.end(graceMilliseconds: graceMilliseconds)
        readOutput()
        for line in lines.ended() { log(line) }
        return (end, lines.last)
    }
}
