// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

/// Who is calling, by what was shown: an API key, a token, or the certificate of the connection.
package final class Authenticator: Sendable {
    /// Why nobody is let in with it; for the audit log, never for the caller.
    package enum Refusal: Error, Sendable, Equatable {
        case none
        case ambiguous
        /// Longer than a header may be.
        case oversized
        /// - Parameter id: whose it claims to be, where that could be read.
        case key(KeyRefusal, id: KeyID?)
        case token(TokenRefusal)
        /// A scheme other than Bearer, or a token where none are taken.
        case unsupported
        case certificate
        /// One wrong one more from an address that sent too many.
        case throttled(seconds: Int)

        package var reason: String {
            switch self {
            case .none: "no credential"
            case .ambiguous: "several credentials"
            case .oversized: "oversized credential"
            case .key(let refusal, _): "key: \(refusal.rawValue)"
            case .token(let refusal): "token: \(refusal)"
            case .unsupported: "unsupported credential"
            case .certificate: "unknown certificate"
            case .throttled: "throttled"
            }
        }

        /// The id of a key that there is, or was, whatever was wrong with the rest of it.
        var claimedKey: String? {
            guard case .key(let refusal, let id?) = self, refusal != .unknown else { return nil }
            return id.description
        }
    }

    private let keys: LiveKeys
    private let tokens: TokenAuthenticator?
    private let certificates: CertificateRules
    /// Who calls without a credential, if that is allowed.
    private let anonymous: Caller?
    private let throttle = Mutex(FailureThrottle())

    package init(
        keys: LiveKeys,
        tokens: TokenAuthenticator? = nil,
        certificates: CertificateRules = .none,
        anonymous: Caller? = nil
    ) {
        self.keys = keys
        self.tokens = tokens
        self.certificates = certificates
        self.anonymous = anonymous
    }

    /// - Parameters:
    ///   - address: where it comes from, for the throttle.
    ///   - seconds: since 1970.
    package func caller(
        _ credentials: Credentials,
        certificate: PeerCertificate?,
        from address: String,
        at seconds: Int64,
        now: MonotonicTime
    ) throws(Refusal) -> Caller {
        let certified = certificate.flatMap { certificates.caller(for: $0, at: seconds) }
        if credentials.isEmpty {
            if let certified { return certified }
            guard let anonymous else { throw certificate == nil ? .none : .certificate }
            return anonymous
        }
        do throws(Refusal) {
            let caller = try check(credentials, at: seconds, now: now)
            // What was said in so many words counts, unless the connection is someone else's.
            if let certified, certified.principal != caller.principal { throw .ambiguous }
            return caller
        } catch {
            // A good credential is let in whatever others behind the same address do.
            let waits = throttle.withLock { throttle -> Int? in
                let group = IPAddress.network(of: address)
                let waits = throttle.isQuiet(at: now) ? nil : throttle.wait(for: group, at: now)
                throttle.failed(from: group, at: now)
                return waits
            }
            if let waits { throw .throttled(seconds: waits) }
            throw error
        }
    }

    private func check(_ credentials: Credentials, at seconds: Int64, now: MonotonicTime) throws(Refusal) -> Caller {
        guard !credentials.isAmbiguous else { throw .ambiguous }
        guard !credentials.isOversized else { throw .oversized }
        guard var shown = credentials.authorization else {
            return try caller(keys.authenticate((credentials.apiKey ?? "").utf8, at: seconds))
        }
        guard let start = shown.withUTF8({ Self.startOfBearer($0) }) else { throw .unsupported }
        // The same key said twice is one credential; which of two different ones counts is not for us to choose.
        if let apiKey = credentials.apiKey, !shown.utf8.dropFirst(start).elementsEqual(apiKey.utf8) { throw .ambiguous }
        let answer = shown.withUTF8 { bytes -> KeyAnswer? in
            let text = UnsafeBufferPointer(rebasing: bytes[start...])
            return text.starts(with: KeyText.prefix.utf8) ? keys.authenticate(text, at: seconds) : nil
        }
        if let answer { return try caller(answer) }
        guard let tokens else { throw .key(.malformed, id: nil) }
        do throws(TokenRefusal) {
            return try tokens.caller(for: String(Substring(shown.utf8.dropFirst(start))), at: seconds, now: now)
        } catch {
            throw .token(error)
        }
    }

    private func caller(_ answer: KeyAnswer) throws(Refusal) -> Caller {
        switch answer {
        case .accepted(let caller): return caller
        case .refused(let refusal, let id): throw .key(refusal, id: id)
        }
    }

    /// Where the credential begins, behind a scheme whose case does not matter (RFC 9110). Byte by byte: it is part of
    /// every request, and characters are dear.
    private static func startOfBearer(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let scheme: StaticString = "bearer"
        let length = scheme.utf8CodeUnitCount
        guard bytes.count >= length else { return nil }
        for index in 0..<length where bytes[index] | 0x20 != scheme.utf8Start[index] { return nil }
        guard bytes.count > length else { return length }
        guard bytes[length] == UInt8(ascii: " ") else { return nil }
        return bytes[length...].firstIndex { $0 != UInt8(ascii: " ") } ?? bytes.count
    }
}
