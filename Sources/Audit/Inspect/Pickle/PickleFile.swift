// SPDX-License-Identifier: Apache-2.0

/// The pickles that a file consists of: some formats write several, one behind the other.
struct PickleFile {
    private(set) var programs: [PickleProgram] = []
    /// Of the first byte that belongs to none of them.
    private(set) var end: Int

    static let extensions: Set<String> = [
        "pkl", "pickle", "joblib", "dill", "pt", "pth", "ckpt", "bin", "dat", "data", "p", "pck", "model", "sav",
    ]

    /// The modules that an unpickler imports before it finds that what begins as a pickle is none.
    static func importedModules(_ bytes: WindowedBytes, _ context: InspectionContext) -> [String] {
        guard let first = try? bytes.byte(at: 0), PickleOpcode(rawValue: first) != nil else { return [] }
        return PickleMachine.follow(bytes, at: 0, context).imports.map(\.module)
    }

    /// - Returns: `nil` if no machine would do anything with what stands there. A file that fails only after it has
    ///   imported and called something is a pickle: its harm is done by then.
    init?(_ bytes: WindowedBytes, at offset: Int = 0, name: String, _ context: InspectionContext) {
        guard offset < bytes.count, let first = try? bytes.byte(at: offset), PickleOpcode(rawValue: first) != nil else {
            return nil
        }
        end = offset
        while end < bytes.count, programs.count < Inspection.pickleLimit {
            let program = PickleMachine.follow(bytes, at: end, context)
            guard
                program.isComplete || program.reachedBound || program.acts || Self.announcesItself(program)
            else { break }
            programs.append(program)
            end = program.end
            if !program.isComplete { break }
        }
        guard let program = programs.first else { return nil }
        let isAlone = Self.isBlank(bytes, from: end)
        let isNamedSo = Self.extensions.contains(FileName.lastExtension(of: name))
        let isLong = program.operationCount >= (isNamedSo ? 2 : 3)
        // What was followed as far as the bounds go, and was a pickle all the way, is not trusted to end as something else.
        guard isUnfinished || acts || Self.announcesItself(program) || (isAlone && isLong) else { return nil }
    }

    /// Whether any of them does something: readers of such files load one after the other.
    var acts: Bool { programs.contains(where: \.acts) }
    /// Whether it could be followed as far as our bounds go, and no further.
    var isUnfinished: Bool {
        programs.count == Inspection.pickleLimit || programs.contains(where: \.reachedBound)
    }

    /// Begins with a protocol, and goes on as a pickle does.
    private static func announcesItself(_ program: PickleProgram) -> Bool {
        program.protocolVersion >= 1 && program.operationCount >= (program.isComplete ? 2 : 4)
    }

    private static func isBlank(_ bytes: WindowedBytes, from end: Int) -> Bool {
        guard bytes.count - end <= 16, let rest = try? bytes.prefix(at: end, count: 16) else { return false }
        return rest.allSatisfy { [0x20, 0x0A, 0x0D, 0x09, 0].contains($0) }
    }

    /// Which format uses pickles this way.
    func format(_ bytes: WindowedBytes) -> FileFormat {
        if programs.contains(where: { $0.imports.contains { $0.module.hasPrefix("joblib") } }) { return .joblib }
        // The number that PyTorch's old format begins with.
        let magic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
        let start = programs.first?.start ?? 0
        if let head = try? bytes.prefix(at: start + 2, count: magic.count), head == magic { return .torchLegacy }
        return .pickle
    }

    func report(_ bytes: WindowedBytes, format: FileFormat, into inspection: inout Inspection) {
        for program in programs { inspection.add(program) }
        inspection.fact("pickles", programs.count)
        if let version = programs.map(\.protocolVersion).max() { inspection.fact("protocol", version) }
        inspection.fact("instructions", programs.reduce(0) { $0 + $1.operationCount })
        for program in programs {
            inspection.problem(.pickle, Self.sentence(program, format), at: program.start)
        }
        let rest = bytes.count - end
        guard rest > 0, format == .pickle, programs.last?.isComplete == true else { return }
        inspection.problem(.pickle, "is a pickle with \(rest) bytes behind it that are none", at: end)
    }

    private static func sentence(_ program: PickleProgram, _ format: FileFormat) -> String {
        var sentence = "is \(format == .joblib ? "a joblib pickle" : "a pickle"), which runs code when it is loaded"
        if !program.imports.isEmpty { sentence += ": it \(program.explanation)" }
        if format == .pickle, let fault = program.fault { sentence += "; it \(fault)" }
        return sentence
    }
}
