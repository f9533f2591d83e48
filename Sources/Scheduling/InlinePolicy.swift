// SPDX-License-Identifier: Apache-2.0

/// Decides whether a model's executions are short enough to run on the thread that submitted the requests, where they
/// cost no thread a sleep and a wake, instead of on an instance's own thread.
///
/// A model has to earn it: its executions are measured on its own threads first. One that then takes far too long on a
/// lent thread sends the model back, and each time it has to prove itself for longer.
struct InlinePolicy {
    private static let firstTrial = 8
    private static let longestTrial = 1 << 20
    /// How far beyond the limit a single lent execution is taken for a broken promise rather than for a noisy machine.
    private static let tolerance: UInt64 = 20

    let limitNanoseconds: UInt64
    /// A moving average of how long an execution took.
    private(set) var average: UInt64 = 0
    private var samplesLeft = firstTrial
    private var trial = firstTrial

    /// - Parameter limitNanoseconds: 0 never runs anything inline.
    init(limitNanoseconds: UInt64) { self.limitNanoseconds = limitNanoseconds }

    var allowsInline: Bool { limitNanoseconds > 0 && samplesLeft == 0 && average <= limitNanoseconds }

    mutating func executed(nanoseconds: UInt64, onLentThread: Bool) {
        average = average == 0 ? nanoseconds : (average &* 7 &+ min(nanoseconds, limitNanoseconds &* 64)) / 8
        if onLentThread, nanoseconds / Self.tolerance > limitNanoseconds {
            trial = min(trial * 8, Self.longestTrial)
            samplesLeft = trial
        } else if !onLentThread, samplesLeft > 0 {
            samplesLeft -= 1
        }
    }
}
