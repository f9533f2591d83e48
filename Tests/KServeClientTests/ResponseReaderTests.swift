// SPDX-License-Identifier: Apache-2.0
import KServeClient
import NIOCore
import Testing

@Suite struct ResponseReaderTests {
    private let stream =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length:  5 \r\n\r\nhello"
        + "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n"
        + "HTTP/1.1 404 \r\nX-Content-Length: 9\r\nCONTENT-LENGTH: 2\r\n\r\nno"

    private func read(_ text: String, inPiecesOf size: Int, bodyLimit: Int = 1 << 20) throws -> [String] {
        var reader = ResponseReader(bodyLimit: bodyLimit)
        var buffer = ByteBuffer()
        var responses: [String] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            buffer.writeBytes(rest.prefix(size))
            rest = rest.dropFirst(size)
            while let response = try reader.next(in: &buffer) {
                responses.append("\(response.status) \(String(buffer: response.body)) \(response.closesConnection)")
            }
        }
        return responses
    }

    @Test(arguments: [1, 2, 3, 7, 40, 1000])
    func cutsTheStreamHoweverItArrives(inPiecesOf size: Int) throws {
        #expect(try read(stream, inPiecesOf: size) == ["200 hello false", "503  true", "404 no false"])
    }

    @Test(arguments: [
        ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", FramingError.notHTTP),
        ("HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n", .notHTTP),
        ("nonsense, and more of it\r\n\r\n", .notHTTP),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .noContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .badContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\n", .badContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", .badContentLength),
    ])
    func refuses(_ text: String, because error: FramingError) {
        #expect(throws: error) { try read(text, inPiecesOf: 1000) }
    }

    @Test func boundsTheBody() throws {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
        #expect(try read(text, inPiecesOf: 9, bodyLimit: 5).count == 1)
        #expect(throws: FramingError.bodyTooLarge) { try read(text, inPiecesOf: 9, bodyLimit: 4) }
    }

    @Test func boundsTheHead() throws {
        let filler = String(repeating: "a", count: ResponseReader.maximumHeadBytes)
        #expect(throws: FramingError.headTooLarge) { try read("HTTP/1.1 200 OK\r\nX: " + filler, inPiecesOf: 4096) }
    }
}
