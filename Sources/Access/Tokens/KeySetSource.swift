// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

/// The keys of an issuer as they are now, from a file or an address. ``run()`` keeps them fresh; ``KeySetSchedule`` says when.
package final class KeySetSource: Sendable {
    /// The answer's body. It bounds time and bytes itself, follows no redirection and checks certificates.
    package typealias Fetch = @Sendable (_ url: String) async throws -> [UInt8]

    package enum Origin: Sendable {
        case file(path: String)
        case address(KeySetAddress, Fetch)
    }

    /// For the log: told once each time that it comes to be so.
    package enum Event: Sendable {
        case loaded(KeySetDocument)
        /// - Parameter keepsKeys: whether there is a good set from before.
        case failed(ServingError, keepsKeys: Bool)
        /// There are good keys again, perhaps the same.
        case recovered
        /// The last good set is too old by now: no token is accepted.
        case expired
    }

    package struct Keys: Sendable {
        package var document: KeySetDocument
        /// Another number whenever the document is another one.
        package var generation: UInt64
    }

    private struct State {
        var file: KeySetFile?
        var schedule: KeySetSchedule
        var bytes: [UInt8] = []
        var keys: Keys?
        /// Of ``keys``, or of those that were there last.
        var generation: UInt64 = 0
        /// What was told of the last attempt, if it failed.
        var failure: String?
        var isExpired = false
    }

    private let origin: Origin
    private let report: @Sendable (Event) -> Void
    private let state: Mutex<State>

    package init(
        _ origin: Origin,
        settings: KeySetSchedule.Settings = KeySetSchedule.Settings(),
        report: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.origin = origin
        self.report = report
        var file: KeySetFile?
        if case .file(let path) = origin { file = KeySetFile(path: path) }
        state = Mutex(State(file: file, schedule: KeySetSchedule(settings: settings)))
    }

    /// - Returns: `nil` if there never was a good set, or the last one from an address is too old. A file's keys do not
    ///   age: what is in it, or was before it was damaged, is what the operator said.
    package func keys(at now: MonotonicTime) -> Keys? {
        state.withLock { state in
            state.file != nil || state.schedule.isUsable(at: now) ? state.keys : nil
        }
    }

    /// A token named a key that is not there: perhaps the issuer has a new one.
    package func keyWasUnknown() {
        state.withLock { $0.schedule.keyWasUnknown() }
    }

    /// Looks every second whether there is something to do, until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            await refresh(at: .now())
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Reads or fetches the keys if it is time to; at once the first time.
    package func refresh(at now: MonotonicTime) async {
        do {
            switch origin {
            case .file: try refreshFromFile()
            case .address(let address, let fetch): try await refresh(from: address, with: fetch, at: now)
            }
        } catch let error as ServingError {
            tell(of: error, at: now)
        } catch {
            tell(of: ServingError(.unavailable, "the key set cannot be fetched", cause: "\(error)"), at: now)
        }
        let expires = state.withLock { state -> Bool in
            guard state.file == nil, state.keys != nil, !state.isExpired, !state.schedule.isUsable(at: now) else {
                return false
            }
            state.isExpired = true
            // They are gone for good: whatever comes next, the same even, is read as new.
            state.keys?.document.withdraw()
            (state.keys, state.bytes) = (nil, [])
            return true
        }
        if expires { report(.expired) }
    }

    private func tell(of error: ServingError, at now: MonotonicTime) {
        let (isNews, keepsKeys) = state.withLock { state in
            let isNews = state.failure != error.message
            state.failure = error.message
            return (isNews, state.keys != nil && (state.file != nil || state.schedule.isUsable(at: now)))
        }
        if isNews { report(.failed(error, keepsKeys: keepsKeys)) }
    }

    private func refreshFromFile() throws(ServingError) {
        let read = state.withLock { state in
            Result { () throws(ServingError) in try state.file?.readIfChanged() }
        }
        if let bytes = try read.get() { _ = try adopt(bytes) }
    }

    private func refresh(from address: KeySetAddress, with fetch: Fetch, at now: MonotonicTime) async throws {
        guard state.withLock({ $0.schedule.fetchBegins(at: now) }) else { return }
        do {
            let isNew = try adopt(try await fetch(address.url))
            state.withLock { $0.schedule.fetchSucceeded(at: now, isNew: isNew) }
        } catch {
            state.withLock { $0.schedule.fetchFailed() }
            throw error
        }
    }

    /// - Returns: whether they are others than before.
    private func adopt(_ bytes: [UInt8]) throws(ServingError) -> Bool {
        let isKnown = state.withLock { $0.keys != nil && $0.bytes == bytes }
        let document = isKnown ? nil : try KeySetDocument(bytes)
        let recovers = state.withLock { state in
            if var document {
                if let old = state.keys { document.succeed(old.document) }
                state.bytes = bytes
                state.generation += 1
                state.keys = Keys(document: document, generation: state.generation)
            }
            defer { (state.failure, state.isExpired) = (nil, false) }
            return state.failure != nil
        }
        if recovers { report(.recovered) }
        if let document { report(.loaded(document)) }
        return document != nil
    }
}
