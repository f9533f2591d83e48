// SPDX-License-Identifier: Apache-2.0
private import CLinux

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The worker's end of the channel. Areas that come are mapped as they do; the rest is for whoever asks next.
///
/// One thread has it: a worker of an engine runs one batch after the other, and an engine's own threads never speak.
final class HostChannel {
    /// Where the launcher puts it.
    static let descriptor: Int32 = 20

    let areas = HostAreas()
    private let descriptor: Int32
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: WorkerProtocol.messageBytes, alignment: 16)
    /// What came while a lease was waited for.
    private var waiting: [ServerWord] = []
    private var lastQuestion: UInt64 = 0

    init(descriptor: Int32 = HostChannel.descriptor) { self.descriptor = descriptor }

    deinit { buffer.deallocate() }

    func send(_ message: [UInt8]) {
        let result = message.withUnsafeBytes { bytes -> Int32 in
            guard let start = bytes.baseAddress else { return 0 }
            return buckler_channel_put(descriptor, start, bytes.count)
        }
        if result != 0 { Self.serverIsGone() }
    }

    /// The next that is to be acted on; waits for it.
    func next() throws(WorkerFault) -> ServerWord {
        waiting.isEmpty ? try read() : waiting.removeFirst()
    }

    /// Asks for so many bytes of a response area, and waits for the answer.
    /// - Returns: `nil` if they are refused.
    func lease(bytes: Int) throws(WorkerFault) -> AreaSpan? {
        lastQuestion += 1
        var message = MessageWriter(.leaseWanted, subject: lastQuestion)
        message.put(UInt64(bytes))
        send(message.finished())
        while true {
            let word = try read()
            if case .lease(lastQuestion, let span) = word { return span.length > 0 ? span : nil }
            waiting.append(word)
        }
    }

    func giveBack(_ lease: AreaSpan) {
        var message = MessageWriter(.leaseReturned, subject: 0)
        message.put(lease.area)
        message.put(UInt32(0))
        message.put(UInt64(lease.offset))
        send(message.finished())
    }

    private func read() throws(WorkerFault) -> ServerWord {
        while true {
            guard let start = buffer.baseAddress else { Self.serverIsGone() }
            var passed: Int32 = -1
            let count = buckler_channel_wait(descriptor, start, buffer.count, &passed)
            guard count > 0 else { Self.serverIsGone() }
            let word = try ServerWord(UnsafeRawBufferPointer(rebasing: buffer[0..<Int(count)]))
            guard case .area(let number, let use, let bytes) = word else { return word }
            try areas.add(number, use, bytes: bytes, descriptor: passed)
        }
    }

    /// Without its server a worker has nobody to work for.
    private static func serverIsGone() -> Never { _exit(0) }
}
