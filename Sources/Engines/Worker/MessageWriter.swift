// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// What goes over a worker's channel, as bytes. Little endian.
struct MessageWriter {
    private(set) var bytes: [UInt8] = []

    /// A part of a message.
    init() {}

    init(_ kind: WorkerProtocol.Kind, subject: UInt64) {
        put(kind.rawValue)
        put(WorkerProtocol.version)
        put(UInt32(0))
        put(subject)
    }

    mutating func put(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func put(text: [UInt8]) { bytes += text }

    mutating func put(padded text: [UInt8]) {
        bytes += text
        bytes += repeatElement(0, count: WorkerProtocol.padded(text.count) - text.count)
    }

    mutating func put(_ span: AreaSpan?) {
        put(span?.area ?? 0)
        put(UInt32(0))
        put(UInt64(span?.offset ?? 0))
        put(UInt64(span?.length ?? 0))
    }

    /// With the length in its place.
    consuming func finished() -> [UInt8] {
        var finished = bytes
        withUnsafeBytes(of: UInt32(finished.count).littleEndian) { finished.replaceSubrange(4..<8, with: $0) }
        return finished
    }
}

/// The messages of the server.
enum ServerMessage {
    static func area(_ number: UInt32, _ use: WorkerProtocol.AreaUse, bytes: Int) -> [UInt8] {
        var writer = MessageWriter(.area, subject: UInt64(number))
        writer.put(use.rawValue)
        writer.put(UInt32(0))
        writer.put(UInt64(bytes))
        return writer.finished()
    }

    static func start(arguments: AreaSpan) -> [UInt8] {
        var writer = MessageWriter(.start, subject: 0)
        writer.put(arguments.area)
        writer.put(UInt32(arguments.length))
        writer.put(UInt64(arguments.offset))
        return writer.finished()
    }

    static func execute(batch: UInt64, requests: Int, block: AreaSpan, lease: AreaSpan?) -> [UInt8] {
        var writer = MessageWriter(.execute, subject: batch)
        writer.put(UInt32(requests))
        writer.put(block.area)
        writer.put(UInt64(block.offset))
        writer.put(UInt64(block.length))
        writer.put(lease)
        return writer.finished()
    }

    /// - Parameter span: `nil` if it is refused.
    static func lease(_ number: UInt64, _ span: AreaSpan?) -> [UInt8] {
        var writer = MessageWriter(.lease, subject: number)
        writer.put(span)
        return writer.finished()
    }

    static func cancel(request: UInt64) -> [UInt8] { MessageWriter(.cancel, subject: request).finished() }

    /// - Parameter span: where the answer lies; `nil` if there was no room for it, and the call has failed.
    static func answer(call: UInt64, _ span: AreaSpan?) -> [UInt8] {
        var writer = MessageWriter(.answer, subject: call)
        writer.put(span)
        return writer.finished()
    }

    static func told(_ number: UInt64, _ answer: QuestionAnswer) -> [UInt8] {
        var writer = MessageWriter(.told, subject: number)
        switch answer {
        case .value(let value):
            for part in [UInt32(0), 0, 0, 0] { writer.put(part) }
            writer.put(value)
        case .failed(let error):
            let text = Array(error.message.utf8.prefix(WorkerProtocol.logBytes))
            // Cut within a character, it is mended.
            let whole = Array(String(decoding: text, as: UTF8.self).utf8)
            for part in [1, error.code.workerNumber, UInt32(whole.count), 0] { writer.put(part) }
            writer.put(UInt64(0))
            writer.put(text: whole)
        }
        return writer.finished()
    }

    static func probe(_ number: UInt64) -> [UInt8] { MessageWriter(.probe, subject: number).finished() }

    static func finish() -> [UInt8] { MessageWriter(.finish, subject: 0).finished() }
}
