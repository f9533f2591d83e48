// SPDX-License-Identifier: Apache-2.0
import Foundation
import KServeClient

/// A file that the user of a command named.
enum InputFile {
    static let maximumBytes = 1 << 30

    static func read(_ path: String) throws(ClientError) -> [UInt8] {
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            let data = try handle.read(upToCount: maximumBytes + 1) ?? Data()
            guard data.count <= maximumBytes else {
                throw ClientError.badInput("'\(path)' is larger than \(maximumBytes) bytes")
            }
            return Array(data)
        } catch let error as ClientError {
            throw error
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
