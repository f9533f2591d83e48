// SPDX-License-Identifier: Apache-2.0
import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

struct RawAnswer: Equatable {
    var status: Int
    /// Names in lower case.
    var headers: [String: String]
    var body: [UInt8]
    /// The head as it came.
    var headText: String

    var text: String { String(decoding: body, as: UTF8.self) }
}

struct RawClientError: Error, CustomStringConvertible {
    var description: String
}

/// A socket that sends what it is told, byte for byte, and waits twenty seconds at most for anything. It waits without
/// holding a thread: the server under test needs the few that tasks have.
final class RawClient {
    private let descriptor: Int32
    private var unread: [UInt8] = []
    private var isClosed = false

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: port)
        let connected = address.withSockAddr { pointer, size in connect(descriptor, pointer, socklen_t(size)) }
        guard connected == 0 else { throw RawClientError(description: "connect failed with \(errno)") }
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close() }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        _ = Glibc.close(descriptor)
    }

    /// Ends the connection with RST.
    func reset() {
        var lingering = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &lingering, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// - Returns: how much was taken before the server closed.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Int {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            sent += count
        }
        return sent
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Whether the server ended the connection, with nothing more said.
    func isAtEnd() async -> Bool {
        guard unread.isEmpty else { return false }
        return await !fill()
    }

    /// One answer; an interim `100 Continue` counts as one.
    func answer() async throws -> RawAnswer {
        let separator: [UInt8] = [13, 10, 13, 10]
        var end: Int?
        while true {
            end = position(of: separator)
            if end != nil { break }
            guard await fill() else { throw RawClientError(description: "no answer, only \(unread.count) bytes") }
        }
        let headText = String(decoding: unread[..<end!], as: UTF8.self)
        let lines = headText.split(separator: "\r\n")
        unread.removeSubrange(..<(end! + 4))
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts[1].drop { $0 == " " }.description
        }
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        if headers["transfer-encoding"] == "chunked" {
            return RawAnswer(status: status, headers: headers, body: try await chunks(), headText: headText)
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        while unread.count < length, await fill() {}
        guard unread.count >= length else { throw RawClientError(description: "the body ended early") }
        let body = Array(unread.prefix(length))
        unread.removeFirst(length)
        return RawAnswer(status: status, headers: headers, body: body, headText: headText)
    }

    /// Byte after byte, without slices: tests that ask thousands of times look for it in long answers.
    private func position(of separator: [UInt8]) -> Int? {
        unread.withUnsafeBytes { bytes in
            guard bytes.count >= separator.count else { return nil }
            for start in 0...(bytes.count - separator.count) where bytes[start] == separator[0] {
                if bytes[start + 1] == separator[1], bytes[start + 2] == separator[2], bytes[start + 3] == separator[3]
                {
                    return start
                }
            }
            return nil
        }
    }

    /// The content of the chunks up to the last one.
    private func chunks() async throws -> [UInt8] {
        var content: [UInt8] = []
        while true {
            let size = Int(String(decoding: try await line(), as: UTF8.self), radix: 16) ?? -1
            guard size >= 0 else { throw RawClientError(description: "no size of a chunk") }
            while unread.count < size + 2, await fill() {}
            guard unread.count >= size + 2 else { throw RawClientError(description: "a chunk ended early") }
            content += unread[..<size]
            unread.removeFirst(size + 2)
            if size == 0 { return content }
        }
    }

    /// Up to the next CR LF, which is taken too.
    private func line() async throws -> [UInt8] {
        while true {
            if let end = unread.indices.dropLast().first(where: { unread[$0] == 13 && unread[$0 + 1] == 10 }) {
                defer { unread.removeFirst(end + 2) }
                return Array(unread[..<end])
            }
            guard await fill() else { throw RawClientError(description: "a line ended early") }
        }
    }

    /// All that has come, once it holds `text`.
    func received(until text: String) async throws -> String {
        while true {
            let all = String(decoding: unread, as: UTF8.self)
            if all.contains(text) { return all }
            guard await fill() else { throw RawClientError(description: "only \(all)") }
        }
    }

    /// `false` at the end of the stream, after a reset and when nothing came in time.
    private func fill() async -> Bool {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        for _ in 0..<4000 {
            let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                unread += chunk[..<count]
                return true
            }
            guard count < 0, errno == EAGAIN || errno == EINTR else { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return false
    }
}

/// The text of a request to infer in raw-binary mode.
func inferRequest(_ model: String, body: String, headers: String = "") -> String {
    "POST /v2/models/\(model)/infer HTTP/1.1\r\nHost: h\r\nInference-Header-Content-Length: 0\r\n\(headers)"
        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n" }
