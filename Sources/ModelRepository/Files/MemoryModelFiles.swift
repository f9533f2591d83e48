// SPDX-License-Identifier: Apache-2.0
package import Inference

/// The files that a load request brought along as `file:` parameters: a model directory without a disk.
package struct MemoryModelFiles: ModelFiles {
    private enum Node {
        case file(TensorBytes)
        case directory(Set<String>)
    }

    private let modelName: String
    private var nodes: [RelativePath: Node] = [:]

    /// - Parameter files: content by path relative to the model's directory, as in `1/model.onnx`.
    package init(modelName: String, files: [String: [UInt8]], limits: RepositoryLimits) throws(ServingError) {
        guard files.count <= limits.overrideFiles else {
            throw ServingError(
                .invalidArgument,
                "load request for model '\(modelName)' has \(files.count) files,"
                    + " at most \(limits.overrideFiles) are allowed"
            )
        }
        self.modelName = modelName
        for (path, content) in files.sorted(by: { $0.key < $1.key }) {
            try add(path, content: TensorBytes(content))
        }
    }

    private mutating func add(_ path: String, content: TensorBytes) throws(ServingError) {
        let relative: RelativePath
        do throws(RelativePath.Problem) {
            relative = try RelativePath(path)
        } catch .escapes {
            throw Self.mustStayWithin(path)
        } catch {
            throw ServingError(
                .invalidArgument,
                "Invalid file parameter 'file:\(path)', path is too long or not allowed"
            )
        }
        guard let name = relative.components.last else { throw Self.mustStayWithin(path) }
        var child = name
        for parent in relative.parents.reversed() {
            try link(child, into: parent, for: path)
            child = parent.components[parent.components.count - 1]
        }
        try link(child, into: .root, for: path)
        guard nodes.updateValue(.file(content), forKey: relative) == nil else {
            throw ServingError(
                .invalidArgument,
                "Invalid file parameter 'file:\(path)', the path is given more than once"
            )
        }
    }

    private mutating func link(_ name: String, into parent: RelativePath, for path: String) throws(ServingError) {
        switch nodes[parent] {
        case nil: nodes[parent] = .directory([name])
        case .directory(var names):
            names.insert(name)
            nodes[parent] = .directory(names)
        case .file:
            throw ServingError(
                .invalidArgument,
                "Invalid file parameter 'file:\(path)', directory has been created as a file"
            )
        }
    }

    private static func mustStayWithin(_ path: String) -> ServingError {
        ServingError(.invalidArgument, "Invalid file parameter 'file:\(path)' must stay within model directory.")
    }

    private func node(_ path: String) -> Node? {
        (try? RelativePath(path)).flatMap { nodes[$0] }
    }

    package func read(_ path: String, limit: Int) throws(ServingError) -> TensorBytes {
        let problem: FileProblem
        switch node(path) {
        case .file(let content) where content.count <= limit: return content
        case .file(let content): problem = .tooLarge(size: Int64(content.count), limit: limit)
        case .directory: problem = .notRegular
        case nil: problem = .missing
        }
        throw problem.servingError(path: path, model: modelName)
    }

    package func list(_ path: String) throws(ServingError) -> [String] {
        switch node(path) {
        case .directory(let names): return names.sorted()
        case .file: throw FileProblem.notDirectory.servingError(path: path, model: modelName)
        case nil: return []
        }
    }

    package func exists(_ path: String) -> Bool { node(path) != nil }

    package func isDirectory(_ path: String) -> Bool {
        if case .directory = node(path) { true } else { false }
    }
}
