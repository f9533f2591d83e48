// SPDX-License-Identifier: Apache-2.0
import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Where checkpoints go besides the ledger: best to where whoever can change the ledger cannot reach.
package protocol CheckpointSink: Sendable {
    /// For the log.
    var name: String { get }

    /// - Parameter line: the checkpoint's line as it stands in the ledger, its line break included.
    func send(_ line: [UInt8]) throws(LedgerFailure)
}

/// Appends to a file, say on a file system that another machine keeps.
package struct FileCheckpointSink: CheckpointSink {
    private let path: String

    package init(path: String) { self.path = path }

    package var name: String { "file \(path)" }

    package func send(_ line: [UInt8]) throws(LedgerFailure) {
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        let descriptor = open(path, flags, 0o600)
        guard descriptor >= 0 else { throw .errno("open", path) }
        defer { close(descriptor) }
        // In one piece: what another server appends stands before or behind it.
        guard write(descriptor, line, line.count) == line.count, fdatasync(descriptor) == 0 else {
            throw .errno("write", path)
        }
    }
}

/// Hands a checkpoint to the system's log: one datagram as RFC 5424 has it, facility `authpriv`, severity `notice`.
package struct SyslogCheckpointSink: CheckpointSink {
    private static let priority = 10 * 8 + 5

    private let path: String

    /// - Parameter path: the log's socket.
    package init(path: String = "/dev/log") { self.path = path }

    package var name: String { "syslog \(path)" }

    package func send(_ line: [UInt8]) throws(LedgerFailure) {
        let descriptor = socket(AF_UNIX, Self.datagram | Self.closeOnExec, 0)
        guard descriptor >= 0 else { throw .errno("open a socket for", path) }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else { throw LedgerFailure("\(path) is too long for a socket's name") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let message = Self.message(line, host: Self.host(), process: getpid(), time: .now())
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), $0, size)
            }
        }
        guard sent == message.count else { throw .errno("send to", path) }
    }

    static func message(_ line: [UInt8], host: String, process: Int32, time: WallClockTime) -> [UInt8] {
        let head = "<\(priority)>1 \(time.microsecondsISO8601) \(host) buckler \(process) checkpoint - "
        return Array(head.utf8) + (line.last == 0x0a ? line.dropLast() : line[...])
    }

    /// `-` stands for none; the field holds no space and nothing that is not ASCII.
    private static func host() -> String {
        var name = [UInt8](repeating: 0, count: 256)
        let result = name.withUnsafeMutableBytes { memory in
            memory.withMemoryRebound(to: CChar.self) { gethostname($0.baseAddress!, 255) }
        }
        let text = name.prefix { $0 != 0 }
        guard result == 0, !text.isEmpty, text.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return "-" }
        return String(decoding: text, as: UTF8.self)
    }

    #if canImport(Glibc)
    private static let datagram = Int32(SOCK_DGRAM.rawValue)
    private static let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)
    #else
    private static let datagram = SOCK_DGRAM
    private static let closeOnExec = SOCK_CLOEXEC
    #endif
}
