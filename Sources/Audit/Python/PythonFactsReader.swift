// SPDX-License-Identifier: Apache-2.0

/// Reads Python sources by a program that is given bytes and gives bytes back:
/// `Python/buckler/buckler_read_sources.py`, in a sandbox.
package struct PythonFactsReader: PythonSourceReader {
    /// Runs the program once, within bounds of time, memory and output.
    ///
    /// - Returns: what it printed, also if it was ended or broke before it was done.
    /// - Throws: ``Unreadable`` or any other error if it cannot be started.
    package typealias Run = @Sendable (_ input: [UInt8]) throws -> [UInt8]

    /// Bytes of sources that one run of the program gets, unless a single source has more: its time is bounded, and
    /// these must be read in it.
    private static let batchBytes = 1 << 20
    /// A source that breaks the program is unreadable and the ones after it are read by another run; not without end.
    private static let faultLimit = 8

    private let time: Duration
    private let run: Run

    /// - Parameter time: after which no more runs begin, for all sources that are read together.
    package init(time: Duration = .seconds(600), run: @escaping Run) {
        self.time = time
        self.run = run
    }

    package func read(
        _ sources: [(path: String, text: String)]
    ) throws(Unreadable) -> [Result<PythonModule, Unreadable>] {
        var results: [Result<PythonModule, Unreadable>] = []
        results.reserveCapacity(sources.count)
        var faults = 0
        let deadline = ContinuousClock.now + time
        while results.count < sources.count {
            guard ContinuousClock.now < deadline else {
                Self.giveUp(sources, &results, "sources before it have taken more than \(time.components.seconds) s")
                break
            }
            let batch = Self.batch(sources[results.count...])
            let lines = try answers(batch)
            for (source, line) in zip(batch, lines) { results.append(PythonFacts.module(line, path: source.path)) }
            guard lines.count < batch.count else { continue }
            faults += 1
            let broken = batch[batch.startIndex + lines.count].path
            results.append(
                .failure(Unreadable(Place(broken), "the source ends the program that reads it, or keeps it too long"))
            )
            if faults == Self.faultLimit {
                let reason = "sources before it have ended or kept the program that reads them \(faults) times"
                Self.giveUp(sources, &results, reason)
            }
        }
        return results
    }

    private static func giveUp(
        _ sources: [(path: String, text: String)],
        _ results: inout [Result<PythonModule, Unreadable>],
        _ reason: String
    ) {
        for source in sources[results.count...] { results.append(.failure(Unreadable(Place(source.path), reason))) }
    }

    private static func batch(_ rest: ArraySlice<(path: String, text: String)>) -> ArraySlice<
        (path: String, text: String)
    > {
        var bytes = 0
        var end = rest.startIndex
        while end < rest.endIndex {
            bytes += rest[end].text.utf8.count
            if bytes > batchBytes, end > rest.startIndex { break }
            end += 1
        }
        return rest[..<end]
    }

    /// Whole lines, no more than there are sources.
    private func answers(_ batch: ArraySlice<(path: String, text: String)>) throws(Unreadable) -> [ArraySlice<UInt8>] {
        var input: [UInt8] = []
        for (_, text) in batch {
            let count = UInt32(clamping: text.utf8.count)
            for shift in [24, 16, 8, 0] as [UInt32] { input.append(UInt8(truncatingIfNeeded: count >> shift)) }
            input += text.utf8
        }
        let output: [UInt8]
        do {
            output = try run(input)
        } catch let error as Unreadable {
            throw error
        } catch {
            throw Unreadable(Place(batch.first?.path ?? ""), "Python sources cannot be read: \(error)")
        }
        var lines = output.split(separator: 0x0A, omittingEmptySubsequences: false)
        // What follows the last end of line is a line that was not finished.
        lines.removeLast()
        return Array(lines.prefix(batch.count))
    }
}
