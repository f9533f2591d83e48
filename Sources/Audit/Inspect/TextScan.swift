// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Looks for text in a model that no model needs: commands, code, addresses.
enum TextScan {
    /// What is telling wherever it stands, in small letters.
    private static let code = [
        "__import__", "os.system(", "os.popen(", "subprocess.", "/bin/sh", "/bin/bash", "bash -i", "bash -c",
        "powershell ",
        "cmd.exe", "curl http", "wget http", "base64.b64decode", "/etc/passwd", "/etc/shadow", "/dev/tcp/", "<script",
        "javascript:", "${jndi:", "file:///",
    ]

    /// What is telling where a program would read it, but ordinary in a description.
    private static let addresses = ["http://", "https://", "ftp://", "eval(", "exec("]

    /// - Parameter isDescription: whether the text is for people, who like addresses.
    static func report(
        _ text: String,
        in place: String,
        isDescription: Bool = true,
        at offset: Int?,
        _ inspection: inout Inspection
    ) {
        let lowered = text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        let patterns = isDescription ? code : code + addresses
        guard let found = patterns.first(where: { contains(lowered, $0) }) else { return }
        let message = "has \(Printed.quoted(found)) in its \(Printed.cut(place, limit: 120))"
        inspection.problem(.suspiciousText, message, at: offset)
    }

    /// Linear but for patterns that repeat themselves, of which there are none here.
    static func contains(_ text: [UInt8], _ pattern: String) -> Bool { index(of: Array(pattern.utf8), in: text) != nil }

    static func index(of pattern: [UInt8], in text: [UInt8], from start: Int = 0) -> Int? {
        guard let first = pattern.first, start >= 0, text.count - start >= pattern.count else { return nil }
        let last = text.count - pattern.count
        return text.withUnsafeBytes { text in
            var position = start
            while position <= last {
                // SAFETY: the bytes from `position` up to `last` lie within the text, and `memchr` reads no others.
                guard let base = text.baseAddress, let hit = memchr(base + position, Int32(first), last - position + 1)
                else { return nil }
                position = hit - UnsafeMutableRawPointer(mutating: base)
                if text[position..<(position + pattern.count)].elementsEqual(pattern) { return position }
                position += 1
            }
            return nil
        }
    }
}
