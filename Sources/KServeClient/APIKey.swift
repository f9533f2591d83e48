// SPDX-License-Identifier: Apache-2.0

/// A secret that tells a server who asks: an API key, or any other bearer token. However it is printed, its text is not.
package struct APIKey: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package static let maximumBytes = 8192
    package static let headerName = "authorization"

    private let secret: String

    /// - Parameters:
    ///   - line: the key alone, or fields parted by spaces of which one is `key=…`, as a server's file of keys has them.
    ///   - origin: where it comes from, for the error.
    /// - Throws: ``ClientError/badInput(_:)``, without any of the text.
    package init(line: some StringProtocol, origin: String) throws(ClientError) {
        let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }
        let named = words.first { $0.hasPrefix("key=") }.map { $0.dropFirst(4) }
        guard let secret = named.map({ String($0) }) ?? (words.count == 1 ? String(words[0]) : nil) else {
            throw .badInput("\(origin) holds no API key: one word is expected, or fields with key=… among them")
        }
        guard !secret.isEmpty, secret.utf8.count <= Self.maximumBytes else {
            throw .badInput("the API key in \(origin) has to have from 1 to \(Self.maximumBytes) bytes")
        }
        guard secret.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .badInput("the API key in \(origin) has characters that no header can carry")
        }
        self.secret = secret
    }

    package var headerValue: String { "Bearer " + secret }

    package var description: String { "(API key)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// A server's words without the key, should it repeat what it was sent.
    package func redacted(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return String(decoding: bytes.replacing(Array(secret.utf8), with: Array(description.utf8)), as: UTF8.self)
    }
}

extension APIKey? {
    /// Headers, or gRPC metadata, with the key. Headers that bring a credential of their own stay as they are: a server
    /// refuses two.
    package func authorizing(_ headers: [(String, String)]) -> [(String, String)] {
        guard let self else { return headers }
        let own = headers.contains { ["authorization", "x-api-key"].contains($0.0.lowercased()) }
        return own ? headers : headers + [(APIKey.headerName, self.headerValue)]
    }

    package func redacted(_ text: String) -> String { self?.redacted(text) ?? text }
}
