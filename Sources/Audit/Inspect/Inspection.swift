// SPDX-License-Identifier: Apache-2.0

/// What a model file is and does, found by reading it and never by running anything of it.
package struct Inspection: Sendable, Equatable, Encodable {
    /// As it was given; printable only through ``Printed``.
    package var name: String
    /// Bytes.
    package var size: Int
    package var format: FileFormat = .unknown
    /// What is worth showing, in the order in which it was found.
    package private(set) var facts: [Fact] = []
    package private(set) var problems: [InspectionProblem] = []
    /// What each pickle in it would do.
    package private(set) var pickles: [PickleProgram] = []
    /// Files beside an ONNX model that it takes tensors from.
    package private(set) var externalData: [ExternalDataUse] = []
    /// What an unpickler would import of a file that is no pickle to us: labels may begin as one does, and import what
    /// nobody has.
    package internal(set) var importedModules: [String] = []

    package struct Fact: Sendable, Equatable, Encodable {
        package var name: String
        package var value: String
    }

    /// How many of each are kept: a hostile file must not make a report that nobody can hold.
    static let factLimit = 100
    static let problemLimitForEachKind = 50
    static let pickleLimit = 64

    package init(name: String, size: Int) {
        self.name = name
        self.size = size
    }

    /// Whether anything of this kind was found.
    package func has(_ kind: InspectionProblem.Kind) -> Bool { problems.contains { $0.kind == kind } }

    mutating func fact(_ name: String, _ value: some CustomStringConvertible) {
        guard facts.count < Self.factLimit else { return }
        facts.append(Fact(name: name, value: Printed.cut(value.description, limit: 400)))
    }

    /// - Parameter message: a sentence without its subject, which is the file: "names a file outside its directory".
    mutating func problem(_ kind: InspectionProblem.Kind, _ message: String, at offset: Int? = nil) {
        keep(InspectionProblem(kind: kind, message: message, offset: offset, member: nil))
    }

    mutating func problem(_ fault: InspectionFault) {
        keep(InspectionProblem(kind: .malformed, message: fault.message, offset: fault.offset, member: nil))
    }

    private mutating func keep(_ problem: InspectionProblem) {
        // Linear in a small number: each kind has a limit of its own, so that one cannot crowd out another.
        guard problems.count(where: { $0.kind == problem.kind }) < Self.problemLimitForEachKind,
            !problems.contains(problem)
        else { return }
        problems.append(problem)
    }

    mutating func add(_ program: PickleProgram) {
        if pickles.count < Self.pickleLimit { pickles.append(program) }
    }

    mutating func add(_ use: ExternalDataUse) { externalData.append(use) }

    /// Takes over what was found in a part of this file.
    mutating func absorb(_ part: Inspection, member: String) {
        for var problem in part.problems {
            problem.member = problem.member.map { "\(member)/\($0)" } ?? member
            keep(problem)
        }
        for var program in part.pickles {
            program.member = program.member.map { "\(member)/\($0)" } ?? member
            add(program)
        }
    }
}

/// Something in a file that makes it unsafe, or that cannot be told to be safe.
package struct InspectionProblem: Sendable, Equatable, Encodable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// A pickle, alone or in something else.
        case pickle
        /// Something that a processor or a virtual machine runs.
        case nativeCode
        /// A script or Python bytecode.
        case script
        /// Something that has to be unpacked before it can be looked at, or that holds other files.
        case archive
        /// The same, where nobody here can unpack it.
        case opaque
        /// Not what its format demands.
        case malformed
        /// The name says another format than the content.
        case nameMismatch
        /// An external tensor that no safe model has.
        case externalData
        /// Operators that are not the engine's own.
        case customDomain
        /// Sizes, counts or nesting beyond what is believed.
        case modelSize
        /// Text that has no business in a model.
        case suspiciousText
        /// Graph operations that read or write files, or run Python.
        case fileOperation
        /// Keras layers that carry or name code.
        case kerasCode
        /// A template that reaches for Python's insides.
        case templateCode
        /// Any chat template.
        case template
        /// A setting that fetches and runs code.
        case remoteCode
        /// A NumPy array of Python objects, which are a pickle.
        case objectArray
        /// A format that cannot be checked.
        case unverifiable
        /// No format that is known.
        case unknownContent
        /// Two things at once.
        case polyglot
    }

    package var kind: Kind
    /// A sentence without its subject, which is the file (or the member); printable.
    package var message: String
    /// Bytes from the beginning of the file, or of the member.
    package var offset: Int?
    /// The part of the file that it is about: a member of an archive.
    package var member: String?

    /// As a whole: "the file's member 'a/data.pkl' is a pickle".
    package var sentence: String {
        guard let member else { return "the file \(message)" }
        return "the file's member \(Printed.quoted(member)) \(message)"
    }
}

/// A tensor that an ONNX model takes from a file beside it.
package struct ExternalDataUse: Sendable, Equatable, Encodable {
    /// Cut short if it is long.
    package var tensor: String
    /// As the model spells it; it lies beneath the model's directory.
    package var location: String
    /// Bytes.
    package var offset: Int
    /// Bytes that the tensor's type and dimensions come to.
    package var byteCount: Int
}

/// Why a file cannot be read on: not what its format demands.
package struct InspectionFault: Error, Sendable, Equatable {
    /// A sentence without its subject: "ends within its header".
    package var message: String
    package var offset: Int?
    /// Whether it is our bounds that end here: the file may be read on by whom it is meant for.
    private(set) var isOfBound = false

    init(_ message: String, at offset: Int? = nil) {
        self.message = message
        self.offset = offset
    }

    static func bound(_ message: String, at offset: Int) -> InspectionFault {
        var fault = InspectionFault(message, at: offset)
        fault.isOfBound = true
        return fault
    }
}

/// What an inspection may cost. Beyond any of these the file has a problem; it is never believed with less read.
package struct InspectionLimits: Sendable {
    /// Files in one archive.
    package var members = 65_536
    /// Archives within archives, pickles within arrays within archives: levels.
    package var depth = 4
    /// Bytes that may be unpacked of one file, all in all.
    package var unpackedBytes = 1 << 30
    /// Bytes of unpacked content that are held at once.
    package var heldBytes = 16 << 20
    /// Bytes whose checksums are verified; beyond, only members that are looked into.
    package var checkedBytes = 256 << 20
    /// Instructions of all pickles in one file.
    package var pickleOperations = 5_000_000
    /// Instructions that are listed for people.
    package var listedOperations = 10_000
    /// Bytes of a JSON file, or of a header in JSON.
    package var jsonBytes = 100_000_000
    /// Tensors of one file.
    package var tensors = 262_144
    /// Nodes of a graph with all of its subgraphs, functions counted as often as they are used.
    package var nodes = 4_000_000
    /// Protobuf messages within each other.
    package var messageDepth = 64
    /// Bytes that are searched for telling strings, where a format has no structure that can be followed.
    package var scannedBytes = 1 << 30

    package static let defaults = InspectionLimits()

    package init() {}
}
