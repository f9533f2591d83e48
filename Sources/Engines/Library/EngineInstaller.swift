// SPDX-License-Identifier: Apache-2.0
package import Inference

/// Puts the pinned engine into a store: from PyPI through the user's own pip, or from a file.
///
/// All is written to a directory beside the final place and moved there when it is complete and checked.
package struct EngineInstaller: Sendable {
    package enum Source: Sendable, Equatable {
        /// The pinned wheel, fetched by `python -m pip download` under the given interpreter.
        case pip(python: String)
        /// A wheel, or the library itself, that is on this machine already.
        case file(String)
    }

    /// Told what is being done, in words for a person.
    package typealias Progress = (String) -> Void

    static let wheelLimit = 512 << 20

    private let store: EngineStore
    private let pins: EnginePins

    package init(store: EngineStore, pins: EnginePins = .current) {
        self.store = store
        self.pins = pins
    }

    /// - Parameter allowUnpinned: takes a library that is not the pinned one; its digest is then recorded as it is.
    /// - Returns: the engine, after its digest was checked where it now lies.
    package func install(
        from source: Source,
        allowUnpinned: Bool = false,
        progress: Progress = { _ in }
    ) throws(ServingError) -> InstalledEngine {
        try LocalDirectory.create(store.path)
        LocalDirectory.removeLeftovers(in: store.path)
        let staging = try LocalDirectory.createTemporary(in: store.path)
        defer { LocalDirectory.remove(staging) }
        switch source {
        case .pip(let python):
            let download = staging + "/download"
            try LocalDirectory.create(download)
            defer { LocalDirectory.remove(download) }
            try fetch(into: download, python: python, progress: progress)
            try unpackWheel("\(download)/\(pins.wheelName)", into: staging, progress: progress)
        case .file(let path) where path.hasSuffix(".whl"):
            try unpackWheel(path, into: staging, progress: progress)
        case .file(let path):
            try copyLibrary(path, into: staging, allowUnpinned: allowUnpinned, progress: progress)
        }
        LocalDirectory.remove(staging + "/download")
        try publish(staging)
        let engine = try store.locate(pins)
        progress("installed ONNX Runtime \(engine.version) in \(engine.path)")
        return engine
    }

    private func fetch(into directory: String, python: String, progress: Progress) throws(ServingError) {
        let requirements = directory + "/requirements.txt"
        try LocalFile.write(pins.requirement + "\n", to: requirements)
        let arguments = pins.pipArguments(requirements: requirements, directory: directory)
        progress("fetching \(pins.wheelName) with \(python) -m pip")
        guard let outcome = try ChildProcess.run(python, arguments) else {
            throw PipFailure.noInterpreter(python, pins)
        }
        guard outcome.status == 0 else { throw PipFailure.error(outcome, python: python, pins) }
        guard LocalDirectory.exists("\(directory)/\(pins.wheelName)") else {
            throw ServingError(.unavailable, "pip did not fetch \(pins.wheelName)", cause: outcome.output)
        }
    }

    private func unpackWheel(_ path: String, into staging: String, progress: Progress) throws(ServingError) {
        progress("checking and unpacking \(pins.wheelName)")
        let wheel = try LocalFile.content(of: path, limit: Self.wheelLimit)
        try wheel.withUnsafeBytes { (bytes) throws(ServingError) in
            let digest = FileDigest.of(bytes)
            guard digest == pins.wheelDigest else {
                throw Self.mismatch("the wheel", expected: pins.wheelDigest, found: digest)
            }
            let archive = try ZipArchive(bytes)
            for member in pins.members {
                let content = try archive.content(of: member.path, limit: member.limit)
                try content.withUnsafeBytes { (bytes) throws(ServingError) in
                    if member.name == pins.libraryName { try checkLibrary(FileDigest.of(bytes)) }
                    try LocalFile.write(bytes, to: "\(staging)/\(member.name)")
                }
            }
        }
        try record(EngineRecord(version: pins.version, digest: pins.libraryDigest, origin: pins.wheelName), in: staging)
    }

    private func copyLibrary(
        _ path: String,
        into staging: String,
        allowUnpinned: Bool,
        progress: Progress
    ) throws(ServingError) {
        progress("checking the library")
        let library = try LocalFile.content(of: path, limit: pins.members[0].limit)
        try library.withUnsafeBytes { (bytes) throws(ServingError) in
            let digest = FileDigest.of(bytes)
            if !allowUnpinned { try checkLibrary(digest) }
            let file = "\(staging)/\(pins.libraryName)"
            try LocalFile.write(bytes, to: file)
            guard digest != pins.libraryDigest else {
                let pinned = EngineRecord(version: pins.version, digest: digest, origin: pins.libraryName)
                return try record(pinned, in: staging)
            }
            // What it is, it alone can say; whoever allows it is about to run it anyway.
            let version = try ONNXRuntimeLibrary.load(path: file).version
            try LocalDirectory.move(file, to: "\(staging)/\(EngineStore.libraryName(version: version))")
            try record(EngineRecord(version: version, digest: digest, origin: EngineOrigin.local), in: staging)
        }
    }

    private func checkLibrary(_ digest: FileDigest) throws(ServingError) {
        guard digest == pins.libraryDigest else {
            throw Self.mismatch("the library", expected: pins.libraryDigest, found: digest)
        }
    }

    private func record(_ record: EngineRecord, in staging: String) throws(ServingError) {
        try LocalFile.write(record.text, to: "\(staging)/\(EngineStore.recordName)")
    }

    /// A directory cannot be renamed over one that is not empty, so an older one steps aside first.
    private func publish(_ staging: String) throws(ServingError) {
        let final = store.directory(version: pins.version)
        let old = staging + "-old"
        if LocalDirectory.exists(final) { try LocalDirectory.move(final, to: old) }
        do throws(ServingError) {
            try LocalDirectory.move(staging, to: final)
        } catch {
            if LocalDirectory.exists(old) { try LocalDirectory.move(old, to: final) }
            throw error
        }
        LocalDirectory.remove(old)
    }

    private static func mismatch(_ what: String, expected: FileDigest, found: FileDigest) -> ServingError {
        ServingError(
            .invalidArgument,
            "\(what) is not the pinned one: its SHA-256 is \(found), expected \(expected)"
        )
    }
}

/// What to tell a person whose pip could not fetch the wheel.
enum PipFailure {
    static func noInterpreter(_ python: String, _ pins: EnginePins) -> ServingError {
        ServingError(
            .unavailable,
            "there is no '\(python)' here. On any machine that has Python and pip, type:\n  \(command("python3", pins))\n"
                + "and then, here:\n  buckler engine install onnxruntime --from \(pins.wheelName)"
        )
    }

    static func error(_ outcome: ChildProcess.Outcome, python: String, _ pins: EnginePins) -> ServingError {
        if outcome.output.contains("No module named pip") {
            return ServingError(
                .unavailable,
                "'\(python)' has no pip. With an interpreter that has it (--python PATH), or on another machine, type:\n"
                    + "  \(command("python3", pins))\nand then, here:\n"
                    + "  buckler engine install onnxruntime --from \(pins.wheelName)",
                cause: outcome.output
            )
        }
        if outcome.output.contains("DO NOT MATCH THE HASHES") {
            return ServingError(
                .invalidArgument,
                "the package index served a \(pins.wheelName) that is not the pinned one; nothing was installed",
                cause: outcome.output
            )
        }
        let last = outcome.output.split(separator: "\n").last { $0.hasPrefix("ERROR") } ?? "no reason given"
        return ServingError(
            .unavailable,
            "pip could not fetch \(pins.wheelName) from the package index: \(last)\n"
                + "Without a network, fetch it elsewhere with:\n  \(command("python3", pins))\nand then, here:\n"
                + "  buckler engine install onnxruntime --from \(pins.wheelName)",
            cause: outcome.output
        )
    }

    /// To be pasted into a shell: pip takes digests from a file of requirements only, which standard input is one of.
    static func command(_ python: String, _ pins: EnginePins) -> String {
        "printf '%s\\n' '\(pins.requirement)' | \(python) -m pip download --no-deps --only-binary=:all: "
            + "--require-hashes --python-version \(EnginePins.pythonVersion) --implementation \(EnginePins.pythonImplementation) "
            + "--abi \(EnginePins.pythonABI) --platform \(pins.platform) -r /dev/stdin"
    }
}
