// SPDX-License-Identifier: Apache-2.0
import Inference
import NIOHTTP1

/// What an exchange has besides, if its request is one to generate. But for `backlog` it belongs to the event loop.
final class Generation {
    let kind: GenerateAnswers.Kind
    let backlog: GenerateBacklog
    var answers: GenerateAnswers?
    /// Whether the head of a stream has been written.
    var hasBegun = false
    var isFlushScheduled = false
    /// Bytes of the stream so far.
    var sentBytes = 0
    /// While the model's `infer` runs: what it says then, it says of a request that it does not take.
    var isSubmitting = false
    var refusal: ServingError?

    init(_ kind: GenerateAnswers.Kind, backlogLimit: Int) {
        self.kind = kind
        backlog = GenerateBacklog(limit: backlogLimit)
    }
}

extension ModelAction {
    /// How requests of this kind are answered; `nil` for what does not run a model.
    var inference: Inference? {
        switch self {
        case .infer: .infer
        case .generate: .generate(.single)
        case .generateStream: .generate(.stream)
        case .metadata, .ready, .config, .stats, .traceSetting: nil
        }
    }

    enum Inference {
        case infer
        case generate(GenerateAnswers.Kind)

        var action: ModelAction {
            switch self {
            case .infer: .infer
            case .generate(.single): .generate
            case .generate(.stream): .generateStream
            }
        }
    }
}

extension InferExchange {
    /// From any thread.
    /// - Returns: what is to be posted to the event loop; `nil` for an answer that nobody will read.
    func screened(_ event: ResponseEvent, _ generation: Generation) -> ResponseEvent? {
        guard case .response(let response, let isFinal) = event else { return event }
        switch generation.backlog.arrived(response) {
        case .pass: return event
        case .cutShort: return isFinal ? .completed : .failed(generation.backlog.error)
        case .drop: return isFinal ? .completed : nil
        }
    }

    /// On the event loop: what the model said, or ``screened(_:_:)`` in its place.
    func takeGenerated(_ event: ResponseEvent, _ generation: Generation) {
        let isCutShort = event.error.map { $0 == generation.backlog.error } ?? false
        let isEnd = event.isEnd && !isCutShort
        if isCutShort { request?.cancel() }
        if isEnd { modelIsDone() }
        guard let handler, generation.answers != nil else { return }
        switch event {
        case .response(let response, _):
            let before = generation.answers?.waitingBytes ?? 0
            generation.answers?.responded(response)
            generation.backlog.printed(response, bytes: (generation.answers?.waitingBytes ?? 0) - before)
        case .completed: break
        case .failed(let error):
            if let refusal = generation.refusal, refusal == error {
                self.handler = nil
                return handler.answered(self, .failure(error))
            }
            generation.answers?.failed(error)
        }
        if event.isEnd {
            self.handler = nil
            generation.answers?.ended()
            handler.generated(self, generation, isEnd: true)
        } else if generation.kind == .stream {
            handler.generated(self, generation, isEnd: false)
        }
    }
}

extension ResponseEvent {
    fileprivate var isEnd: Bool {
        if case .response(_, isFinal: false) = self { false } else { true }
    }

    var error: ServingError? {
        if case .failed(let error) = self { error } else { nil }
    }
}
