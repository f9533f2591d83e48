// SPDX-License-Identifier: Apache-2.0

/// The numbers of `Docs/WorkerProtocol.md`.
enum WorkerProtocol {
    static let version: UInt16 = 1
    static let headBytes = 16
    static let messageBytes = 65_536
    static let areaCount = 16
    /// Where tensors begin, in an area.
    static let alignment = 64
    static let outputCount = 256
    static let dimensionCount = 16
    static let leaseCount = 64
    static let logBytes = 4096
    static let nameBytes = 4096
    static let recordBytes = 64
    static let responseBytes = 32
    static let callBytes = 64
    /// Calls that may be without their last answer, refused ones too; and questions.
    static let callCount = 4096
    static let questionCount = 64
    /// Files that come with a question to load a model.
    static let partCount = 256
    static let labelCount = 32
    static let labelBytes = 1024
    static let descriptionBytes = 4096
    static let bucketCount = 128

    enum Kind: UInt16 {
        case hello = 1
        case area, start, ready, refused, execute, respond, done, leaseWanted, lease, leaseReturned, cancel, log, finish
        case probe, probed, inputsKept, inputsReleased
        case call, answer, answerTaken, callCancelled, ask, told, familyWanted, metricWanted, measure, valueWanted
    }

    enum AreaUse: UInt32, Sendable {
        case request = 0
        case response = 1
        /// Sealed before it is sent: nobody writes it any more.
        case modelFiles = 2
    }

    /// `count` rounded up to a multiple of 8, as texts are padded.
    static func padded(_ count: Int) -> Int { (count + 7) & ~7 }

    /// `count` rounded up to where the next tensor may begin; `nil` if that is no number.
    static func aligned(_ count: Int) -> Int? {
        let (sum, overflow) = count.addingReportingOverflow(alignment - 1)
        return overflow ? nil : sum & ~(alignment - 1)
    }
}

/// A run of bytes in one of the areas of a worker.
struct AreaSpan: Sendable, Hashable {
    var area: UInt32
    var offset: Int
    var length: Int

    /// Overflow-safe, for numbers that a worker chose.
    func contains(offset other: UInt64, length otherLength: UInt64) -> Bool {
        let (end, overflow) = other.addingReportingOverflow(otherLength)
        return !overflow && other >= UInt64(offset) && end <= UInt64(offset) + UInt64(length)
    }
}
