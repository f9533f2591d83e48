// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// The files of a model that came with *start*: a model's directory without a disk, in which nothing else can be found.
struct HostedFiles: ModelFiles {
    private var contents: [String: TensorBytes] = [:]

    init() {}

    init(_ files: [HostedFile], in areas: HostAreas) throws(WorkerFault) {
        let area = try areas.takeFiles()
        for file in files { contents[file.path] = area.bytes(at: file.offset, length: file.bytes) }
    }

    func read(_ path: String, limit: Int) throws(ServingError) -> TensorBytes {
        guard let content = contents[path] else {
            throw ServingError(.notFound, "the server has sent no such file of the model", cause: path)
        }
        guard content.count <= limit else {
            throw ServingError(.payloadTooLarge, "a file of the model has more than \(limit) bytes", cause: path)
        }
        return content
    }

    func exists(_ path: String) -> Bool { contents[path] != nil }
    func list(_ path: String) throws(ServingError) -> [String] { [] }
    func isDirectory(_ path: String) -> Bool { false }
}
