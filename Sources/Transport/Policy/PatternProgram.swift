// SPDX-License-Identifier: Apache-2.0

/// A pattern as it was read.
indirect enum PatternTree {
    enum Assertion: Sendable, Equatable {
        case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary
    }

    case scalar(ScalarSet)
    case assertion(Assertion)
    case sequence([PatternTree])
    case alternatives([PatternTree])
    /// `maximum` is `nil` if there is none. `position` is that of the operator.
    case repetition(PatternTree, minimum: Int, maximum: Int?, position: Int)
}

/// A pattern as steps, each of which goes on to the next one unless it says otherwise.
enum PatternProgram {
    enum Step: Sendable, Equatable {
        /// Goes on if the next scalar is one of these.
        case scalar(ScalarSet)
        case assertion(PatternTree.Assertion)
        case fork(Int, Int)
        case jump(Int)
        case end
    }

    static func compile(_ tree: PatternTree) throws(LinearPattern.Fault) -> [Step] {
        var compiler = Compiler()
        try compiler.add(tree)
        try compiler.append(.end)
        return compiler.steps
    }

    private struct Compiler {
        var steps: [Step] = []
        /// Where the repetition stands that makes the program grow.
        private var position = 0

        mutating func append(_ step: Step) throws(LinearPattern.Fault) {
            guard steps.count < LinearPattern.programLimit else {
                throw LinearPattern.Fault(
                    message:
                        "the pattern is too large: its repetitions make more than \(LinearPattern.programLimit) steps",
                    position: position
                )
            }
            steps.append(step)
        }

        mutating func add(_ tree: PatternTree) throws(LinearPattern.Fault) {
            switch tree {
            case .scalar(let set): try append(.scalar(set))
            case .assertion(let assertion): try append(.assertion(assertion))
            case .sequence(let parts): for part in parts { try add(part) }
            case .alternatives(let choices): try addAlternatives(choices)
            case .repetition(let tree, let minimum, let maximum, let position):
                self.position = position
                try addRepetition(of: tree, minimum: minimum, maximum: maximum)
            }
        }

        private mutating func addAlternatives(_ choices: [PatternTree]) throws(LinearPattern.Fault) {
            var jumps: [Int] = []
            for choice in choices.dropLast() {
                let fork = steps.count
                try append(.fork(0, 0))
                try add(choice)
                jumps.append(steps.count)
                try append(.jump(0))
                steps[fork] = .fork(fork + 1, steps.count)
            }
            if let last = choices.last { try add(last) }
            for jump in jumps { steps[jump] = .jump(steps.count) }
        }

        private mutating func addRepetition(
            of tree: PatternTree,
            minimum: Int,
            maximum: Int?
        ) throws(LinearPattern.Fault) {
            for _ in 0..<minimum {
                let before = steps.count
                try add(tree)
                // Nothing, however often, is nothing: to go on would only take time, and nested counts multiply.
                if steps.count == before { return }
            }
            guard let maximum else {
                let fork = steps.count
                try append(.fork(0, 0))
                try add(tree)
                try append(.jump(fork))
                steps[fork] = .fork(fork + 1, steps.count)
                return
            }
            var forks: [Int] = []
            for _ in minimum..<maximum {
                forks.append(steps.count)
                try append(.fork(0, 0))
                try add(tree)
            }
            for fork in forks { steps[fork] = .fork(fork + 1, steps.count) }
        }
    }
}
