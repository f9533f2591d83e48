// SPDX-License-Identifier: Apache-2.0
internal import CLinux

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The server's end of a worker's channel. Closed when the last holder lets go, so that its number cannot come to mean
/// something else while a thread still uses it.
final class WorkerChannel: Sendable {
    /// For how long a worker may leave its messages unread before that counts as hanging.
    static let patienceMilliseconds: Int32 = 5_000

    let descriptor: Int32

    init(adopting descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// - Returns: the server's end, and the worker's, which the caller closes.
    static func pair() -> (server: WorkerChannel, worker: Int32)? {
        var ends: [Int32] = [-1, -1]
        guard buckler_channel_pair(&ends) == 0 else { return nil }
        return (WorkerChannel(adopting: ends[0]), ends[1])
    }

    enum Sent {
        case sent, full
        /// The worker has ended and will not see it. That is no fault: it shows elsewhere.
        case gone
    }

    /// Never blocks.
    func send(_ message: [UInt8], passing descriptor: Int32 = -1) throws(WorkerFault) -> Sent {
        let result = message.withUnsafeBytes { bytes -> Int32 in
            guard let start = bytes.baseAddress else { return 0 }
            return buckler_channel_send(self.descriptor, start, bytes.count, descriptor)
        }
        switch -result {
        case 0: return .sent
        case EPIPE, ECONNRESET: return .gone
        case EAGAIN, ENOBUFS: return .full
        default: throw WorkerFault("nothing can be sent to it: \(String(cString: strerror(-result)))")
        }
    }

    /// For a thread that may block; for no longer than ``patienceMilliseconds``.
    /// - Returns: `false` if the worker has ended and will not see it.
    @discardableResult
    func sendPatiently(_ message: [UInt8], passing descriptor: Int32 = -1) throws(WorkerFault) -> Bool {
        var sent = try send(message, passing: descriptor)
        if sent == .full {
            var waiting = pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)
            while poll(&waiting, 1, Self.patienceMilliseconds) < 0, errno == EINTR {}
            sent = try send(message, passing: descriptor)
        }
        guard sent != .full else { throw WorkerFault("it does not read its messages") }
        return sent == .sent
    }

    enum Received {
        case nothing
        case message(UnsafeRawBufferPointer)
        /// Closed at the other end.
        /// - Parameter unread: whether that had not read everything. Messages keep their order, so the last one was not.
        case end(unread: Bool)
    }

    /// One message at most.
    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(WorkerFault) -> Received {
        guard let start = buffer.baseAddress else { return .nothing }
        let count = buckler_channel_receive(descriptor, start, buffer.count)
        if count == -Int64(EAGAIN) { return .nothing }
        // The kernel says so if bytes were left when a socket was closed.
        if count == -Int64(ECONNRESET) { return .end(unread: true) }
        guard count >= 0 else { throw WorkerFault("nothing can be received from it: errno \(-count)") }
        guard count <= buffer.count else { throw WorkerFault("a message has \(count) bytes") }
        return count == 0 ? .end(unread: false) : .message(UnsafeRawBufferPointer(rebasing: buffer[0..<Int(count)]))
    }
}

/// Wakes a thread that waits for descriptors.
final class WakeEvent: Sendable {
    let descriptor: Int32

    /// - Returns: `nil` if the process has no descriptor to spare.
    init?() {
        descriptor = buckler_event_create()
        if descriptor < 0 { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func post() { buckler_event_post(descriptor) }
    func take() { buckler_event_take(descriptor) }
}

/// Where one thread waits and others wake it; a wake-up that comes first is kept.
final class WakeWord: @unchecked Sendable {
    // SAFETY: the word lives as long as `self` and is only touched by the atomic operations of `buckler_park_*`.
    private let word: UnsafeMutablePointer<UInt32>

    init() {
        word = .allocate(capacity: 1)
        word.initialize(to: UInt32(BUCKLER_PARK_EMPTY))
    }

    deinit { word.deallocate() }

    func post() { buckler_park_post(word) }

    /// From one thread only. It may return early.
    func wait(untilNanoseconds until: UInt64 = .max) { _ = buckler_park_sleep(word, until) }
}
