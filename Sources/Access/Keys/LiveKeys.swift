// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

/// The keys of a running server. Requests are checked against what was last read; ``refresh(at:)`` reads again what
/// has changed, and is to be called every 250 ms, so that a key that was revoked stops within a second.
///
/// A file that is gone takes its keys with it. One that is there but cannot be read, trusted or understood changes
/// nothing: its keys go on until they expire, since a half-edited file must not end a service, and the operator is told.
package final class LiveKeys: Sendable {
    package enum Event: Sendable, Equatable {
        /// - Parameters:
        ///   - keys: how many there are now, those that no longer work included.
        ///   - ended: how many that worked were revoked, removed or changed.
        case reloaded(keys: Int, ended: Int)
        /// Something is wrong with a file and what was read of it last is kept. Told once for each change of the file.
        case kept(origin: String, ServingError)
        /// An id is there twice; only the key that the first origin has for it counts.
        case duplicate(KeyID)
    }

    private struct Watch {
        var origin: any KeyOrigin
        var seen: FileState
        var records: [KeyRecord]
        var failure: ServingError?

        /// What was wrong with the content is wrong until the file changes; anything else may have gone away.
        var isToBeTriedAgain: Bool {
            switch failure?.code {
            case .permissionDenied, .internalError, .unavailable: true
            default: false
            }
        }
    }

    private let fixed: [KeyRecord]
    private let watches: Mutex<[Watch]>
    private let current: Mutex<KeySet>

    /// - Parameters:
    ///   - origins: the store first: where an id occurs twice, the first counts.
    ///   - fixed: keys that cannot change while the server runs: those of the environment.
    /// - Throws: if an origin cannot be read, or an id occurs twice.
    package init(origins: [any KeyOrigin], fixed: [KeyRecord] = []) throws(ServingError) {
        var watches: [Watch] = []
        for origin in origins {
            // Before the content: what changes in between is then seen as a change.
            let seen = origin.state()
            watches.append(Watch(origin: origin, seen: seen, records: try origin.records()))
        }
        let keys = KeySet(watches.flatMap(\.records) + fixed)
        if let id = keys.duplicates.first {
            throw ServingError(.invalidArgument, "the API key \(id) is given twice: leave it in one place only")
        }
        self.fixed = fixed
        self.watches = Mutex(watches)
        current = Mutex(keys)
    }

    /// The keys as they are now.
    package var keys: KeySet { current.withLock { $0 } }

    package func authenticate(_ text: some Collection<UInt8>, at seconds: Int64) -> KeyAnswer {
        keys.authenticate(text, at: seconds)
    }

    /// Looks at every file and reads those that changed. Blocks for as long as that takes.
    /// - Returns: what the log should have; mostly nothing.
    package func refresh(at seconds: Int64) -> [Event] {
        watches.withLock { watches in
            var events: [Event] = []
            var isChanged = false
            for index in watches.indices {
                let before = watches[index]
                let state = before.origin.state()
                guard state != before.seen || before.isToBeTriedAgain else { continue }
                watches[index].seen = state
                do throws(ServingError) {
                    watches[index].records = try read(before.origin, state)
                    watches[index].failure = nil
                    isChanged = true
                } catch {
                    watches[index].failure = error
                    guard state != before.seen || error != before.failure else { continue }
                    events.append(.kept(origin: before.origin.name, error))
                }
            }
            if isChanged { events += replace(watches.flatMap(\.records) + fixed, at: seconds) }
            return events
        }
    }

    private func read(_ origin: any KeyOrigin, _ state: FileState) throws(ServingError) -> [KeyRecord] {
        switch state {
        case .missing: []
        case .present: try origin.records()
        case .unknown(let code): throw OpenFile.failure("look at", origin.name, code)
        }
    }

    private func replace(_ records: [KeyRecord], at seconds: Int64) -> [Event] {
        let old = keys
        let new = KeySet(records, after: old)
        current.withLock { $0 = new }
        let ended = old.retire(for: new, at: seconds)
        return [.reloaded(keys: new.count, ended: ended)] + new.duplicates.map { .duplicate($0) }
    }
}
