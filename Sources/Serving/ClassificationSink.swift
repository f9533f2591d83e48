// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Stands between the scheduler and a front end where a request asked for classes instead of tensors.
final class ClassificationSink: ResponseSink {
    private let next: any ResponseSink
    private let requested: [RequestedOutput]
    private let labels: [String: [String]]
    private let isBatched: Bool

    init(next: any ResponseSink, requested: [RequestedOutput], labels: [String: [String]], isBatched: Bool) {
        self.next = next
        self.requested = requested
        self.labels = labels
        self.isBatched = isBatched
    }

    func receive(_ event: ResponseEvent) {
        guard case .response(var response, let isFinal) = event else { return next.receive(event) }
        do throws(ServingError) {
            for index in response.outputs.indices {
                let name = response.outputs[index].name
                guard let output = requested.first(where: { $0.name == name }), output.classificationCount > 0 else {
                    continue
                }
                response.outputs[index] = try Classification.classify(
                    response.outputs[index],
                    count: output.classificationCount,
                    labels: labels[name] ?? [],
                    batched: isBatched
                )
            }
            next.receive(.response(response, isFinal: isFinal))
        } catch {
            // One end per request: what the model still has to say about this one is dropped by the front end's sink.
            next.receive(.failed(error))
        }
    }
}
