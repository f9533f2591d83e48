// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Which names clients may call this server by. A page of any site can have its name resolve to this machine and then
/// speak to a server here as its own; it cannot make a browser send another name than that of the site.
package struct HostPolicy: Sendable, Equatable {
    /// Answers to every name.
    package static let any = HostPolicy(names: nil)

    /// What this machine calls itself.
    package static let loopbackNames = ["localhost", "127.0.0.1", "::1"]

    /// In lower case, without a port and without brackets; `nil` for any.
    private let names: [[UInt8]]?

    private init(names: [[UInt8]]?) { self.names = names }

    /// - Parameter names: hosts and addresses, in brackets or not; `*` for any.
    /// - Throws: `.invalidArgument` for what is no name, or has a port.
    package init(_ names: [String], flag: String = "--allowed-host") throws(ServingError) {
        guard !names.contains("*") else {
            guard names == ["*"] else {
                throw ServingError(.invalidArgument, "\(flag)=* leaves nothing for another \(flag) to say")
            }
            self = .any
            return
        }
        var plain: [[UInt8]] = []
        for name in names { plain.append(try Self.plain(name, flag: flag)) }
        self.names = plain
    }

    private static func plain(_ name: String, flag: String) throws(ServingError) -> [UInt8] {
        var bytes = Array(name.lowercased().utf8)
        if bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") {
            bytes = Array(bytes.dropFirst().dropLast())
        }
        let colons = bytes.count { $0 == UInt8(ascii: ":") }
        guard colons != 1, !bytes.isEmpty, bytes.allSatisfy({ isPlain($0) || $0 == UInt8(ascii: ":") }) else {
            throw ServingError(
                .invalidArgument,
                "\(flag) must be a host name or an address without a port, as in \(flag)=models.example.org"
            )
        }
        if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
        return bytes
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    package var allowsAny: Bool { names == nil }

    /// - Parameter authority: the value of `Host` or `:authority`; its port does not matter.
    package func allows(_ authority: String) -> Bool {
        guard names != nil else { return true }
        var authority = authority
        return authority.withUTF8 { allows(UnsafeRawBufferPointer($0)) }
    }

    package func allows(_ authority: UnsafeRawBufferPointer) -> Bool {
        guard let names else { return true }
        guard let host = Self.host(of: authority) else { return false }
        return names.contains { name in
            guard name.count == host.count else { return false }
            for index in 0..<name.count {
                let byte = host[index]
                let lowered = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
                if lowered != name[index] { return false }
            }
            return true
        }
    }

    /// Without port, brackets and the dot at its end; `nil` if it is not of that form.
    private static func host(of authority: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var start = 0
        var end = authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.count
        var rest = end
        if authority.first == UInt8(ascii: "[") {
            guard let close = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            (start, end, rest) = (1, close, close + 1)
        }
        let port = authority[rest...]
        guard port.isEmpty || port.first == UInt8(ascii: ":"),
            port.dropFirst().allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
        else { return nil }
        if end > start, authority[end - 1] == UInt8(ascii: ".") { end -= 1 }
        return end > start ? UnsafeRawBufferPointer(rebasing: authority[start..<end]) : nil
    }
}
