// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// What the log is told of a worker that ended without being asked to: how, with what in hand, and what it said last.
/// Of requests it has shapes and never data.
struct CrashReport {
    /// How it ended, and what it had done if it was ended for that.
    var cause: String
    var requests: [InferenceRequest]
    var lastLines: [String]

    /// Requests of different shapes that are told apart, and inputs of each.
    private static let shownKinds = 4
    private static let shownInputs = 4

    var text: String {
        let last = lastLines.isEmpty ? "" : "; it last printed: " + lastLines.joined(separator: " | ")
        return "its worker failed with \(requests.count) requests in flight: \(cause)\(shapes)\(last)"
    }

    private var shapes: String {
        var counts: [String: Int] = [:]
        for request in requests { counts[Self.shape(of: request), default: 0] += 1 }
        guard !counts.isEmpty else { return "" }
        let kinds = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let shown = kinds.prefix(Self.shownKinds).map { "\($0.value) of \($0.key)" }
        let more = kinds.count > Self.shownKinds ? ["\(kinds.count - Self.shownKinds) other shapes"] : []
        return "; in hand: " + (shown + more).joined(separator: ", ")
    }

    private static func shape(of request: InferenceRequest) -> String {
        let inputs = request.fields.inputs
        let shown = inputs.prefix(shownInputs).map { "\($0.name) \($0.dataType.wireName) \($0.shape)" }
        let more = inputs.count > shownInputs ? ["\(inputs.count - shownInputs) more"] : []
        return "(" + (shown + more).joined(separator: ", ") + ")"
    }
}
