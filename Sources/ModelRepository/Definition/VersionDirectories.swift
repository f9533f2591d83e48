// SPDX-License-Identifier: Apache-2.0
import Inference
import InferenceProtos

/// Which entries of a model directory are versions.
struct VersionDirectories: Sendable, Equatable {
    /// Ascending.
    var versions: [Int64] = []
    var warnings: [String] = []

    /// Directories of a model that are no versions and deserve no warning.
    static let reservedNames: Set<String> = ["warmup", "initial_state", "configs"]

    /// - Parameter directories: names of the directories in the model directory.
    init(directories: [String]) {
        for name in directories.sorted() where !Self.reservedNames.contains(name) {
            if name.utf8.count > 1, name.hasPrefix("0") {
                warnings.append(
                    "ignore version directory '\(name)' which contains leading zeros in its directory name"
                )
            } else if let version = Self.version(name) {
                versions.append(version)
            } else {
                warnings.append("ignore version directory '\(name)' which fails to convert to integral number")
            }
        }
        versions.sort()
    }

    /// What could be a version must be readable, lest another one is served instead; any other entry need not be.
    static func directories(of files: any ModelFiles) throws(ServingError) -> [String] {
        var directories: [String] = []
        for name in try files.list("") {
            if version(name) == nil ? files.isDirectory(name) : try files.leadsToDirectory(name) {
                directories.append(name)
            }
        }
        return directories
    }

    /// Digits only: `+1` or `1a`, which Triton takes for 1, would make two directories the same version.
    private static func version(_ name: String) -> Int64? {
        guard name.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        return Int64(name)
    }

    /// What of the versions here a policy picks, ascending; a policy without a choice means the latest one.
    func selected(
        by policy: Inference_ModelVersionPolicy,
        model: String
    ) -> (versions: [Int64], warnings: [String]) {
        switch policy.policyChoice {
        case .all:
            return (versions, [])
        case .specific(let specific):
            let wanted = Set(specific.versions)
            let warnings = wanted.subtracting(versions).sorted().map {
                "version \($0) is specified for model '\(model)', but the version directory is not present"
            }
            return (versions.filter(wanted.contains), warnings)
        case .latest(let latest):
            return (versions.suffix(Int(latest.numVersions)), [])
        case nil:
            return (versions.suffix(1), [])
        }
    }
}
