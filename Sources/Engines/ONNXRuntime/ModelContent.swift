// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Everything of a model that the engine is given: the graph and the files it refers to, all in memory.
struct ModelContent {
    /// What protobuf itself can hold in one message.
    static let modelLimit = Int(Int32.max)
    static let externalFileLimit = 64 << 30
    static let externalFileCount = 1024

    /// Of the model itself, relative to the model's directory.
    var path = "model.onnx"
    var model: TensorBytes
    /// By the name that the model uses.
    var externalFiles: [(name: String, bytes: TensorBytes)]

    /// Reads the model at `path`, which may also be a directory that holds `model.onnx` and what belongs to it.
    static func read(_ files: any ModelFiles, path: String) throws(ServingError) -> ModelContent {
        let file = files.isDirectory(path) ? path + "/model.onnx" : path
        let name = file.split(separator: "/").last.map { String($0) } ?? file
        guard files.exists(file) else {
            throw ServingError(.notFound, "the model's version directory has no '\(name)'", cause: file)
        }
        let model = try files.read(file, limit: modelLimit)
        guard model.count > 0 else {
            throw ServingError(.invalidArgument, "the model's file '\(name)' is empty", cause: file)
        }
        let tensors = try ExternalTensorScan.tensors(in: model)
        return ModelContent(
            path: file,
            model: model,
            externalFiles: try read(tensors, files, directory(of: file))
        )
    }

    /// Everything by its path relative to the model's directory, the model first.
    var byPath: [(path: String, bytes: TensorBytes)] {
        let directory = Self.directory(of: path)
        return [(path, model)] + externalFiles.map { (directory + $0.name, $0.bytes) }
    }

    private static func directory(of file: String) -> String {
        file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
    }

    private static func read(
        _ tensors: [ExternalTensor],
        _ files: any ModelFiles,
        _ directory: String
    ) throws(ServingError) -> [(name: String, bytes: TensorBytes)] {
        var contents: [(name: String, bytes: TensorBytes)] = []
        var indices: [String: Int] = [:]
        for tensor in tensors {
            if indices[tensor.location] == nil {
                guard contents.count < externalFileCount else {
                    throw ServingError(.invalidArgument, "the model refers to more than \(externalFileCount) files")
                }
                guard files.exists(directory + tensor.location) else { throw missing(tensor) }
                indices[tensor.location] = contents.count
                let bytes = try files.read(directory + tensor.location, limit: externalFileLimit)
                contents.append((tensor.location, bytes))
            }
            guard let index = indices[tensor.location] else { continue }
            let available = contents[index].bytes.count
            guard tensor.offset <= available, tensor.byteCount <= available - tensor.offset else {
                throw ServingError(.invalidArgument, "the external data of tensor '\(tensor.name)' ends past its file")
            }
        }
        return contents
    }

    private static func missing(_ tensor: ExternalTensor) -> ServingError {
        ServingError(
            .notFound,
            "the file with the external data of tensor '\(tensor.name)' is missing",
            cause: tensor.location
        )
    }
}
