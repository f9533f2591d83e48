// SPDX-License-Identifier: Apache-2.0
package import Inference
private import NIOCore

/// What is owed on a stream of inferences, and in which order it may be sent.
///
/// Answers of ordinary models leave in the order of their requests; those of decoupled models as they come. What is
/// ready waits here while the client reads too slowly: at most one answer for each ordinary request in flight, and
/// answers of decoupled models up to a limit in bytes, beyond which the stream is ended. Pure.
package struct StreamLedger<Answer> {
    /// A request, by the number of those that came before it.
    package typealias Key = Int

    package enum Action {
        case send(Key, Answer, isFinal: Bool)
        case sendError(Key, ServingError)
        /// An answer without outputs that says that there are no more.
        case sendEmptyFinal(Key)
        /// Everything about the request has been sent.
        case close(Key)
        /// The last action: what is still in flight is for nobody.
        case end(RPCStatus)
    }

    private struct Entry {
        var model: String
        var isDecoupled: Bool
        var wantsEmptyFinal: Bool
        /// The answer of an ordinary model, until its end is known.
        var held: Answer?
        var heldBytes = 0
        var answerCount = 0
        var isComplete = false
    }

    private enum Item {
        case answer(Answer, isFinal: Bool, bytes: Int)
        case error(ServingError)
        case emptyFinal
        case nothing
    }

    private let isStrict: Bool
    private let backlogLimit: Int
    private var entries: [Key: Entry] = [:]
    private var nextKey = 0
    /// Ordinary requests whose turn has not come.
    private var order = CircularBuffer<Key>()
    /// Ordinary requests that are complete before their turn.
    private var early: [Key: Item] = [:]
    private var outbox = CircularBuffer<(key: Key, item: Item, isLast: Bool)>()
    private var closing: Key?
    private var backlogBytes = 0
    /// Bytes of all answers that are here and have not been sent.
    package private(set) var waitingBytes = 0
    private var isHalfClosed = false
    private var ending: RPCStatus?
    package private(set) var hasEnded = false
    /// Set by whoever sends, from what the connection says.
    package var isWritable = true

    /// - Parameters:
    ///   - isStrict: whether the first error ends the stream, as `triton_grpc_error: true` asks.
    ///   - backlogLimit: bytes of answers of decoupled models that may wait.
    package init(isStrict: Bool, backlogLimit: Int) {
        self.isStrict = isStrict
        self.backlogLimit = backlogLimit
    }

    /// Requests whose last answer has not been sent.
    package var openCount: Int { entries.count }
}

extension StreamLedger {
    /// - Parameters:
    ///   - isDecoupled: `false` also where the model is not known.
    ///   - wantsEmptyFinal: whether a decoupled model's end without an answer is to be sent.
    package mutating func requestArrived(model: String, isDecoupled: Bool, wantsEmptyFinal: Bool) -> Key {
        let key = nextKey
        nextKey += 1
        entries[key] = Entry(model: model, isDecoupled: isDecoupled, wantsEmptyFinal: wantsEmptyFinal)
        if !isDecoupled { order.append(key) }
        return key
    }

    /// - Parameter bytes: about as many as the answer takes until it is sent.
    package mutating func answered(_ key: Key, _ answer: Answer, bytes: Int, isFinal: Bool) {
        guard let entry = entries[key], !entry.isComplete else { return }
        guard entry.isDecoupled else {
            entries[key]?.answerCount += 1
            if entry.answerCount == 0 {
                entries[key]?.held = answer
                entries[key]?.heldBytes = bytes
                waitingBytes += bytes
            }
            if isFinal { completed(key) }
            return
        }
        if isFinal { entries[key]?.isComplete = true }
        backlogBytes += bytes
        waitingBytes += bytes
        outbox.append((key, .answer(answer, isFinal: isFinal, bytes: bytes), isFinal))
        if backlogBytes > backlogLimit, !isWritable {
            end(
                RPCStatus(
                    .resourceExhausted,
                    "the client reads too slowly: more than \(backlogLimit) bytes of answers wait on this stream. Use "
                        + "--max-response-backlog-byte-size to increase the limit."
                )
            )
        }
    }

    /// The end of a request, after its last answer.
    package mutating func completed(_ key: Key) {
        guard let entry = entries[key], !entry.isComplete else { return }
        guard entry.isDecoupled else {
            guard let answer = entry.held, entry.answerCount == 1 else {
                return failed(
                    key,
                    ServingError(
                        .internalError,
                        "expected 1 response from model '\(entry.model)', got \(entry.answerCount)"
                    )
                )
            }
            return finish(key, .answer(answer, isFinal: true, bytes: entry.heldBytes))
        }
        entries[key]?.isComplete = true
        outbox.append((key, entry.wantsEmptyFinal ? .emptyFinal : .nothing, true))
    }

    /// The end of a request that could not be answered, or not to its end.
    package mutating func failed(_ key: Key, _ error: ServingError) {
        guard let entry = entries[key], !entry.isComplete else { return }
        if isStrict { return end(RPCStatus(error)) }
        guard entry.isDecoupled else { return finish(key, .error(error)) }
        entries[key]?.isComplete = true
        outbox.append((key, .error(error), true))
    }

    /// No more requests will come.
    package mutating func halfClosed() { isHalfClosed = true }

    /// Ends the stream, now and whatever is owed.
    package mutating func end(_ status: RPCStatus) {
        if ending == nil { ending = status }
    }

    /// An ordinary request is complete: it leaves when all before it have.
    private mutating func finish(_ key: Key, _ item: Item) {
        if case .answer = item {} else { waitingBytes -= entries[key]?.heldBytes ?? 0 }
        entries[key]?.isComplete = true
        entries[key]?.held = nil
        early[key] = item
        while let first = order.first, let item = early.removeValue(forKey: first) {
            order.removeFirst()
            outbox.append((first, item, true))
        }
    }
}

extension StreamLedger {
    /// What is to be done next; `nil` if nothing can be done now. To be asked after every event, until it is `nil`.
    package mutating func next() -> Action? {
        guard !hasEnded else { return nil }
        if let ending { return finish(ending) }
        if let key = closing {
            closing = nil
            entries[key] = nil
            return .close(key)
        }
        guard isWritable || isNextSilent else { return nil }
        guard let (key, item, isLast) = outbox.popFirst() else {
            return isHalfClosed && entries.isEmpty ? finish(.ok) : nil
        }
        if isLast { closing = key }
        switch item {
        case .answer(let answer, let isFinal, let bytes):
            waitingBytes -= bytes
            if entries[key]?.isDecoupled == true { backlogBytes -= bytes }
            return .send(key, answer, isFinal: isFinal)
        case .error(let error): return .sendError(key, error)
        case .emptyFinal: return .sendEmptyFinal(key)
        case .nothing: return next()
        }
    }

    /// Whether what comes next sends nothing, and so need not wait for the client.
    private var isNextSilent: Bool {
        switch outbox.first?.item {
        case .nothing, nil: true
        case .answer, .error, .emptyFinal: false
        }
    }

    private mutating func finish(_ status: RPCStatus) -> Action {
        hasEnded = true
        waitingBytes = 0
        entries = [:]
        early = [:]
        order.removeAll()
        outbox.removeAll()
        return .end(status)
    }
}
