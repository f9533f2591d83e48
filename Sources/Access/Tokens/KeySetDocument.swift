// SPDX-License-Identifier: Apache-2.0
package import Inference

/// The public keys of an issuer: a JSON Web Key Set, RFC 7517.
package struct KeySetDocument: Sendable {
    package static let byteLimit = 1 << 20
    package static let keyLimit = 256

    /// A key that was passed over, for the log.
    package struct Skipped: Sendable, Equatable {
        /// Its place in the set, from 0.
        package var index: Int
        package var reason: VerificationKey.Unusable
    }

    package let keys: [VerificationKey]
    package let skipped: [Skipped]
    private var warrants: [WarrantName: Warrant] = [:]

    /// What there is where tokens are checked with a secret.
    package static let empty = KeySetDocument(keys: [], skipped: [])

    private init(keys: [VerificationKey], skipped: [Skipped]) {
        self.keys = keys
        self.skipped = skipped
        for key in keys {
            for algorithm in TokenAlgorithm.asymmetric where key.serves(algorithm) {
                warrants[WarrantName(key, algorithm)] = Warrant()
            }
        }
    }

    /// A set without a key that a signature could be checked with is one: whoever withdraws his only key publishes it.
    /// - Throws: `.invalidArgument` for a document that is too large or not a key set, or that has a private key in it.
    package init(_ bytes: [UInt8]) throws(ServingError) {
        func refused(_ why: String) -> ServingError {
            ServingError(.invalidArgument, "the key set cannot be used: \(why)")
        }
        guard bytes.count <= Self.byteLimit else { throw refused("it is larger than \(Self.byteLimit) bytes") }
        let node: JSONNode
        do {
            node = try JSONNodeReader.parse(bytes, depth: 8, nodes: 16_384)
        } catch {
            throw refused("\(error.reason) at byte \(error.offset)")
        }
        guard let entries = node.members?["keys"]?.elements else { throw refused("it has no list of keys") }
        guard entries.count <= Self.keyLimit else { throw refused("it has more than \(Self.keyLimit) keys") }
        var keys: [VerificationKey] = []
        var skipped: [Skipped] = []
        for (index, entry) in entries.enumerated() {
            if entry.members?["d"] != nil {
                throw refused("key \(index) is a private key; publish the public one only")
            }
            do throws(VerificationKey.Unusable) {
                guard let members = entry.members else { throw .notAnObject }
                keys.append(try VerificationKey(jwk: members))
            } catch {
                skipped.append(Skipped(index: index, reason: error))
            }
        }
        self.init(keys: keys, skipped: skipped)
    }

    /// Takes the place of `old`: callers by keys that are in both, for their kind of signature, stay; those by others are out
    /// from now on.
    package mutating func succeed(_ old: KeySetDocument) {
        for (name, warrant) in old.warrants {
            if warrants[name] != nil { warrants[name] = warrant } else { warrant.withdraw() }
        }
    }

    /// No key of it counts any more, nor who was let in by one.
    package func withdraw() {
        for warrant in warrants.values { warrant.withdraw() }
    }

    /// Of tokens that `key`, one of these, has verified by `algorithm`. A key that is listed twice has one.
    package func warrant(of key: VerificationKey, for algorithm: TokenAlgorithm) -> Warrant? {
        warrants[WarrantName(key, algorithm)]
    }

    /// A token says by which key it was signed, and by which algorithm.
    private struct WarrantName: Hashable {
        var id: [UInt8]?
        var key: [UInt8]
        var algorithm: TokenAlgorithm

        init(_ key: VerificationKey, _ algorithm: TokenAlgorithm) {
            id = key.id.map { Array($0.utf8) }
            self.key = key.identity
            self.algorithm = algorithm
        }
    }

    /// The one key that a token can have been signed with.
    /// - Parameter id: the token's `kid`.
    /// - Returns: `nil` if there is none, and if there are several different ones: which of them is meant would be a guess.
    package func key(id: String?, for algorithm: TokenAlgorithm) -> VerificationKey? {
        var found: VerificationKey?
        for key in keys where key.serves(algorithm) && (id == nil || key.id.map { $0.isSame(as: id) } ?? false) {
            if let found, found.id != key.id || found.identity != key.identity { return nil }
            found = key
        }
        return found
    }
}

extension String {
    /// Byte for byte. `==` takes different spellings of one character for the same, which names in a protocol are not.
    func isSame(as other: String?) -> Bool {
        guard let other else { return false }
        return utf8.elementsEqual(other.utf8)
    }
}
