// SPDX-License-Identifier: Apache-2.0
private import ModelRepository

/// Finds the models among the files of a tree, and reads their configurations.
struct ModelDirectories {
    static let configFile = "config.pbtxt"

    /// By the path of its directory.
    private(set) var found: [String: [AuditEntry]] = [:]

    /// A directory is a model if it has a `config.pbtxt`, or a version with a `model.` of any kind: a
    /// repository may leave configurations out.
    init(_ entries: [AuditEntry]) {
        var paths: Set<String> = []
        for entry in entries {
            let parts = entry.path.split(separator: "/", omittingEmptySubsequences: false)
            if entry.name == Self.configFile {
                paths.insert(parts.dropLast().joined(separator: "/"))
            } else if entry.name.hasPrefix("model."), parts.count >= 3, Self.isVersion(parts[parts.count - 2]) {
                paths.insert(parts.dropLast(2).joined(separator: "/"))
            }
        }
        for path in paths { found[path] = [] }
        for entry in entries {
            if let owner = Self.owner(of: entry.path, among: paths) { found[owner]?.append(entry) }
        }
    }

    /// The one model that a load is about, all of whose files are the tree's.
    init(model path: String, _ entries: [AuditEntry]) { found = [path: entries] }

    static func isVersion(_ name: some StringProtocol) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }

    /// The innermost model that the path is in, itself included: a configuration further out hides none within.
    static func owner(of path: String, among models: Set<String>) -> String? {
        if models.contains(path) { return path }
        for index in path.indices.reversed() where path[index] == "/" {
            let start = String(path[..<index])
            if models.contains(start) { return start }
        }
        return models.contains("") ? "" : nil
    }

    /// Reads a configuration as a load would.
    /// - Parameters:
    ///   - modelName: of the directory; empty for the root of a tree, which has no name to be the model's.
    ///   - isInPlace: whether a server would take the directory for the model's, which has to have its name then.
    static func read(
        _ text: String,
        path: String,
        modelName: String,
        isInPlace: Bool = true
    ) -> (ModelConfigFile?, [Located<String>]) {
        do throws(ConfigSyntaxError) {
            let parsed = try ModelConfigText.parse(Array(text.utf8), file: "")
            let file = ModelConfigFile(path: path, modelName: modelName, parsed: parsed)
            let problems = parsed.problems(ofModel: modelName, isInPlace: isInPlace).map {
                Located($0.message, at: Place(path, $0.position))
            }
            return (file, problems)
        } catch {
            return (nil, [Located(error.message, at: Place(path, line: error.line, column: error.column))])
        }
    }
}
