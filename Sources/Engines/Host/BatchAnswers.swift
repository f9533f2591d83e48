// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import Synchronization

/// Gathers what an engine answers to the requests of one batch.
final class BatchAnswers: BatchResponder {
    private let answers: Mutex<[Result<[OutputTensor], ServingError>?]>

    init(count: Int) { answers = Mutex(Array(repeating: nil, count: count)) }

    func deliver(_ event: ResponseEvent, toRequestAt index: Int) {
        answers.withLock { answers in
            guard answers.indices.contains(index), answers[index] == nil else { return }
            switch event {
            case .response(let response, isFinal: _): answers[index] = .success(response.outputs)
            case .completed: break
            case .failed(let error): answers[index] = .failure(error)
            }
        }
    }

    /// Of each request, in order; what the engine left out has failed.
    func results(_ requests: [BatchedRequest]) -> [Result<[OutputTensor], ServingError>] {
        let answers = answers.withLock { $0 }
        return zip(answers, requests).map { answer, request in
            answer ?? .failure(.leftUnanswered(request.request))
        }
    }
}
