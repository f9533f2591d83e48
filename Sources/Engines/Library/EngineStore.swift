// SPDX-License-Identifier: Apache-2.0
package import Inference

/// An engine that is installed.
package struct InstalledEngine: Sendable, Equatable {
    /// Of the directory that holds it.
    package var path: String
    package var version: String
    package var libraryPath: String
    /// As it was when it was installed.
    package var digest: FileDigest
    /// Where it came from: the wheel's name, or `local` for a library that no pin knows.
    package var origin: String
}

/// Where engines live: `$BUCKLER_HOME/engines/onnxruntime-<version>/`, by default beneath `~/.buckler`.
package struct EngineStore: Sendable {
    static let recordName = "engine.txt"

    /// The directory `engines`.
    package let path: String

    /// - Parameter home: Buckler's own directory; `nil` for what the environment says.
    package init(home: String? = nil) throws(ServingError) {
        path = try BucklerHome(home).path + "/engines"
    }

    static func libraryName(version: String) -> String { "libonnxruntime.so.\(version)" }

    func directory(version: String) -> String { "\(path)/onnxruntime-\(version)" }

    /// Everything installed here, whole or damaged: digests are those recorded, not checked.
    package func list() -> [InstalledEngine] {
        LocalDirectory.list(path).compactMap { name in
            name.hasPrefix("onnxruntime-") ? read(path + "/" + name) : nil
        }
    }

    /// The engine that this build of Buckler is made for.
    ///
    /// Its digest is checked against the pin, or against the record of its installation if it came from elsewhere.
    /// - Throws: `.unavailable` with the command that installs it, or if the library was changed.
    package func locate(_ pins: EnginePins = .current) throws(ServingError) -> InstalledEngine {
        guard let engine = read(directory(version: pins.version)) else {
            throw ServingError(
                .unavailable,
                "ONNX Runtime \(pins.version) is not installed; install it with: buckler engine install onnxruntime",
                cause: path
            )
        }
        let expected = engine.origin == EngineOrigin.local ? engine.digest : pins.libraryDigest
        guard try FileDigest.of(path: engine.libraryPath) == expected else {
            throw ServingError(
                .unavailable,
                "the ONNX Runtime library was changed since it was installed; install it again with: "
                    + "buckler engine install onnxruntime",
                cause: engine.libraryPath
            )
        }
        return engine
    }

    private func read(_ directory: String) -> InstalledEngine? {
        guard let bytes = try? LocalFile.content(of: "\(directory)/\(Self.recordName)", limit: 4096),
            let record = EngineRecord(bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
        else { return nil }
        let library = "\(directory)/\(Self.libraryName(version: record.version))"
        guard LocalDirectory.exists(library) else { return nil }
        return InstalledEngine(
            path: directory,
            version: record.version,
            libraryPath: library,
            digest: record.digest,
            origin: record.origin
        )
    }
}

enum EngineOrigin { static let local = "local" }

/// What is written down about an engine when it is installed: one `key: value` a line.
struct EngineRecord: Equatable {
    var version: String
    var digest: FileDigest
    var origin: String

    init(version: String, digest: FileDigest, origin: String) {
        self.version = version
        self.digest = digest
        self.origin = origin
    }

    init?(_ text: String) {
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            values[String(parts[0])] = String(parts[1].drop { $0 == " " })
        }
        guard let version = values["version"], version.allSatisfy({ $0.isNumber || $0 == "." }),
            let digest = values["sha256"].flatMap({ FileDigest(hexadecimal: $0) }),
            let origin = values["origin"]
        else { return nil }
        self.init(version: version, digest: digest, origin: origin)
    }

    var text: String { "version: \(version)\nsha256: \(digest)\norigin: \(origin)\n" }
}
