// SPDX-License-Identifier: Apache-2.0
import GRPCServer
import Inference
import Testing

/// The order and the ends of a stream, as scripts.
@Suite struct StreamLedgerTests {
    enum Event: Sendable {
        /// The n-th request is for an ordinary model, or for a decoupled one.
        case plain
        case decoupled(emptyFinal: Bool = false)
        case answer(Int, String, final: Bool)
        case complete(Int)
        case fail(Int)
        case halfClose
        case writable(Bool)
        case end
    }

    struct Script: Sendable, CustomTestStringConvertible {
        var name: String
        var strict = false
        var limit = 1000
        var events: [Event]
        /// One entry for each event that makes something happen.
        var actions: [String]
        var testDescription: String { name }
    }

    static let scripts = [
        Script(
            name: "ordinary answers wait for those before them",
            events: [
                .plain, .plain, .plain, .answer(2, "c", final: true), .answer(1, "b", final: true),
                .answer(0, "a", final: true), .halfClose,
            ],
            actions: ["0:a! 0. 1:b! 1. 2:c! 2.", "end ok"]
        ),
        Script(
            name: "an ordinary answer is final though its end comes later",
            events: [.plain, .answer(0, "a", final: false), .complete(0), .halfClose],
            actions: ["0:a! 0.", "end ok"]
        ),
        Script(
            name: "an ordinary model answers once",
            events: [
                .plain, .plain, .answer(0, "a", final: false), .answer(0, "b", final: true), .complete(1), .halfClose,
            ],
            actions: [
                "0?expected 1 response from model 'm', got 2 0.", "1?expected 1 response from model 'm', got 0 1.",
                "end ok",
            ]
        ),
        Script(
            name: "decoupled answers come as they come",
            events: [
                .plain, .decoupled(), .decoupled(), .answer(2, "x", final: false), .answer(1, "y", final: false),
                .answer(2, "z", final: true), .answer(0, "a", final: true), .complete(1), .halfClose,
            ],
            actions: ["2:x", "1:y", "2:z! 2.", "0:a! 0.", "1.", "end ok"]
        ),
        Script(
            name: "an end without an answer is told to whom asked for it",
            events: [
                .decoupled(emptyFinal: true), .decoupled(), .answer(0, "a", final: false), .complete(0), .complete(1),
                .halfClose,
            ],
            actions: ["0:a", "0! 0.", "1.", "end ok"]
        ),
        Script(
            name: "no answers at all",
            events: [.decoupled(emptyFinal: true), .complete(0), .halfClose],
            actions: ["0! 0.", "end ok"]
        ),
        Script(
            name: "errors do not end the stream, and keep to the order",
            events: [.plain, .plain, .fail(1), .answer(0, "a", final: true), .decoupled(), .fail(2), .halfClose],
            actions: ["0:a! 0. 1?no 1.", "2?no 2.", "end ok"]
        ),
        Script(
            name: "strict: the first error ends it, answers that wait or not",
            strict: true,
            events: [.plain, .plain, .decoupled(), .fail(1), .answer(0, "a", final: true), .complete(2), .halfClose],
            actions: ["end invalidArgument no"]
        ),
        Script(
            name: "half closed: what is in flight is still answered",
            events: [.plain, .halfClose, .answer(0, "a", final: true)],
            actions: ["0:a! 0. end ok"]
        ),
        Script(name: "no request at all", events: [.halfClose], actions: ["end ok"]),
        Script(
            name: "a second end of a request is nobody's",
            events: [
                .plain, .decoupled(), .fail(0), .fail(0), .complete(0), .complete(1), .answer(1, "x", final: true),
                .complete(7), .halfClose,
            ],
            actions: ["0?no 0.", "1.", "end ok"]
        ),
        Script(
            name: "a slow reader is waited for",
            events: [
                .plain, .decoupled(), .writable(false), .answer(1, "x", final: false), .answer(0, "a", final: true),
                .complete(1), .halfClose, .writable(true),
            ],
            actions: ["1:x 0:a! 0. 1. end ok"]
        ),
        Script(
            name: "an end that sends nothing waits for nobody",
            events: [.decoupled(), .writable(false), .complete(0), .halfClose],
            actions: ["0.", "end ok"]
        ),
        Script(
            name: "at the limit of what waits",
            limit: 20,
            events: [
                .decoupled(), .writable(false), .answer(0, "x", final: false), .answer(0, "y", final: true),
                .halfClose, .writable(true),
            ],
            actions: ["0:x 0:y! 0. end ok"]
        ),
        Script(
            name: "beyond the limit of what waits",
            limit: 29,
            events: [
                .decoupled(), .writable(false), .answer(0, "x", final: false), .answer(0, "y", final: false),
                .answer(0, "z", final: false), .writable(true),
            ],
            actions: [
                "end resourceExhausted the client reads too slowly: more than 29 bytes of answers wait on this stream. "
                    + "Use --max-response-backlog-byte-size to increase the limit."
            ]
        ),
        Script(
            name: "what has been sent waits no more",
            limit: 10,
            events: [
                .decoupled(), .answer(0, "x", final: false), .writable(false), .answer(0, "y", final: false),
                .writable(true), .writable(false), .answer(0, "z", final: false), .writable(true),
            ],
            actions: ["0:x", "0:y", "0:z"]
        ),
        Script(
            name: "ended from outside",
            events: [.plain, .end, .answer(0, "a", final: true), .halfClose],
            actions: ["end cancelled"]
        ),
    ]

    @Test(arguments: scripts)
    func script(_ script: Script) {
        var ledger = StreamLedger<String>(isStrict: script.strict, backlogLimit: script.limit)
        var actions: [String] = []
        for event in script.events {
            apply(event, to: &ledger)
            var done: [String] = []
            while let action = ledger.next() { done.append(describe(action)) }
            if !done.isEmpty { actions.append(done.joined(separator: " ")) }
        }
        #expect(actions == script.actions)
        #expect(ledger.hasEnded == (actions.last?.contains("end") ?? false))
        if ledger.hasEnded { #expect(ledger.openCount == 0) }
    }

    private func apply(_ event: Event, to ledger: inout StreamLedger<String>) {
        switch event {
        case .plain: _ = ledger.requestArrived(model: "m", isDecoupled: false, wantsEmptyFinal: false)
        case .decoupled(let empty): _ = ledger.requestArrived(model: "m", isDecoupled: true, wantsEmptyFinal: empty)
        case .answer(let key, let text, let final): ledger.answered(key, text, bytes: 10, isFinal: final)
        case .complete(let key): ledger.completed(key)
        case .fail(let key): ledger.failed(key, ServingError(.invalidArgument, "no"))
        case .halfClose: ledger.halfClosed()
        case .writable(let flag): ledger.isWritable = flag
        case .end: ledger.end(RPCStatus(.cancelled))
        }
    }

    private func describe(_ action: StreamLedger<String>.Action) -> String {
        switch action {
        case .send(let key, let text, let isFinal): "\(key):\(text)" + (isFinal ? "!" : "")
        case .sendError(let key, let error): "\(key)?\(error.message)"
        case .sendEmptyFinal(let key): "\(key)!"
        case .close(let key): "\(key)."
        case .end(let status): "end \(status.code)" + (status.message.isEmpty ? "" : " " + status.message)
        }
    }
}
