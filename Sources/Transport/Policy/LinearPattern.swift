// SPDX-License-Identifier: Apache-2.0

/// A regular expression that is searched for in a text in time proportional to the text's length times its own size,
/// whatever either is: all ways through the expression are followed at once, and none is tried again.
///
/// The language is the common part of RE2's: literals, `.`, classes, `\d \w \s` and their opposites, POSIX classes,
/// groups, alternation, `* + ? {m,n}` greedy or not, `^ $ \A \z \b \B`, and the flags `i m s U`. Case is told apart by
/// ASCII letters only. What needs more than that, look-around and back-references, cannot be made.
package struct LinearPattern: Sendable {
    /// Why a pattern cannot run.
    package struct Fault: Error, Sendable, Equatable {
        package var message: String
        /// Characters before the part that is at fault.
        package var position: Int
    }

    /// Characters of a pattern.
    package static let lengthLimit = 4096
    /// Steps of a program; a counted repetition takes as many copies of what it repeats.
    package static let programLimit = 8192

    private let program: [PatternProgram.Step]

    /// - Throws: where and why the pattern cannot run in linear time, or is none.
    package init(_ pattern: String, ignoringCase: Bool = false) throws(Fault) {
        let scalars = Array(pattern.unicodeScalars.map(\.value))
        guard scalars.count <= Self.lengthLimit else {
            throw Fault(
                message: "a pattern of \(scalars.count) characters exceeds the maximum of \(Self.lengthLimit)",
                position: Self.lengthLimit
            )
        }
        var parser = PatternParser(scalars, ignoringCase: ignoringCase)
        program = try PatternProgram.compile(try parser.parse())
    }

    /// Whether the pattern matches any part of `text`.
    package func matches(_ text: String) -> Bool {
        var current = Threads(count: program.count)
        var next = Threads(count: program.count)
        var before: UInt32?
        var rest = text.unicodeScalars.makeIterator()
        var here = rest.next()?.value
        while true {
            let place = Place(before: before, after: here)
            if follow(0, &current, place) { return true }
            guard let scalar = here else { return false }
            before = scalar
            here = rest.next()?.value
            let nextPlace = Place(before: before, after: here)
            for index in current.list {
                guard case .scalar(let set) = program[index], set.contains(scalar) else { continue }
                if follow(index + 1, &next, nextPlace) { return true }
            }
            swap(&current, &next)
            next.removeAll()
        }
    }

    /// Adds what can be reached from the step at `start` without taking a scalar.
    /// - Returns: whether that is the end of the pattern.
    private func follow(_ start: Int, _ threads: inout Threads, _ place: Place) -> Bool {
        threads.pending.append(start)
        while let index = threads.pending.popLast() {
            guard threads.insert(index) else { continue }
            switch program[index] {
            case .scalar: continue
            case .fork(let first, let second):
                threads.pending.append(second)
                threads.pending.append(first)
            case .jump(let target): threads.pending.append(target)
            case .assertion(let assertion):
                if place.satisfies(assertion) { threads.pending.append(index + 1) }
            case .end:
                threads.pending.removeAll(keepingCapacity: true)
                return true
            }
        }
        return false
    }
}

/// The steps that are alive between two scalars, each once, in the order in which they were reached.
private struct Threads {
    private(set) var list: [Int] = []
    private var isIn: [Bool]
    var pending: [Int] = []

    init(count: Int) { isIn = Array(repeating: false, count: count) }

    mutating func insert(_ index: Int) -> Bool {
        guard !isIn[index] else { return false }
        isIn[index] = true
        list.append(index)
        return true
    }

    mutating func removeAll() {
        for index in list { isIn[index] = false }
        list.removeAll(keepingCapacity: true)
    }
}

/// What stands on either side of a place between two scalars; `nil` at the ends of the text.
private struct Place {
    var before: UInt32?
    var after: UInt32?

    func satisfies(_ assertion: PatternTree.Assertion) -> Bool {
        switch assertion {
        case .textStart: before == nil
        case .textEnd: after == nil
        case .lineStart: before == nil || before == 0x0A
        case .lineEnd: after == nil || after == 0x0A
        case .wordBoundary: isWord(before) != isWord(after)
        case .noWordBoundary: isWord(before) == isWord(after)
        }
    }

    private func isWord(_ scalar: UInt32?) -> Bool { scalar.map(ScalarSet.wordCharacters.contains) ?? false }
}
