// SPDX-License-Identifier: Apache-2.0
import Access
import Foundation
import Inference
import KServeClient

/// A file that the user of a command named.
enum InputFile {
    static let maximumBytes = 1 << 30

    static let maximumLineBytes = 16 << 10

    static func read(_ path: String) throws(ClientError) -> [UInt8] {
        let bytes = try read(path, atMost: maximumBytes + 1)
        guard bytes.count <= maximumBytes else {
            throw ClientError.badInput("'\(path)' is larger than \(maximumBytes) bytes")
        }
        return bytes
    }

    /// The first line that says something: no empty one, and none that starts with `#`.
    static func firstLine(_ path: String) throws(ClientError) -> String {
        guard let line = firstLine(in: try read(path, atMost: maximumLineBytes + 1)) else {
            throw .badInput("'\(path)' has no line that says something within its first \(maximumLineBytes) bytes")
        }
        return line
    }

    static func firstLine(in bytes: [UInt8]) -> String? {
        var lines = String(decoding: bytes.prefix(maximumLineBytes + 1), as: UTF8.self).split(
            whereSeparator: \.isNewline
        )
        // The last of them may go on.
        if bytes.count > maximumLineBytes { _ = lines.popLast() }
        return lines.first { line in
            let first = line.first { !$0.isWhitespace }
            return first != nil && first != "#"
        }.map(String.init)
    }

    /// What the program prints that `value` names in place of a file; `nil` if it names a file.
    static func secret(_ value: String, _ option: String) throws(ClientError) -> [UInt8]? {
        do throws(ServingError) {
            return try SecretCommand(value, setting: option)?.output()
        } catch {
            throw .badInput(error.message)
        }
    }

    private static func read(_ path: String, atMost count: Int) throws(ClientError) -> [UInt8] {
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            return Array(try handle.read(upToCount: count) ?? Data())
        } catch {
            throw .badInput("'\(path)' cannot be read: \((error as NSError).localizedDescription)")
        }
    }

    static func document(_ path: String) throws(ClientError) -> JSONValue {
        let bytes = try read(path)
        do throws(JSONError) {
            return try JSONReader.parse(bytes)
        } catch {
            throw .badInput("'\(path)' is not JSON: \(error)")
        }
    }

    static func write(_ bytes: [UInt8], to path: String) throws(ClientError) {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
        } catch {
            throw .badInput("'\(path)' cannot be written: \((error as NSError).localizedDescription)")
        }
    }
}
