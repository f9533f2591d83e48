// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// What a model's graph takes and gives, as the worker that opened it says it in *ready*. Read as anything is that a
/// worker says: it may be a lie, and must not be more than that.
enum GraphSignatureText {
    static func json(_ signature: GraphSignature?) -> [UInt8] {
        var writer = JSONObjectWriter()
        if let signature {
            writer.put("inputs", elements: signature.inputs.map(json))
            writer.put("outputs", elements: signature.outputs.map(json))
        }
        return writer.finished()
    }

    private static func json(_ tensor: GraphTensor) -> [UInt8] {
        TensorSpecText.json(TensorSpec(name: tensor.name, dataType: tensor.dataType, shape: tensor.shape))
    }

    static func signature(_ text: String) throws(WorkerFault) -> GraphSignature {
        let members = try JSONMembers(text)
        return GraphSignature(inputs: try tensors(members, "inputs"), outputs: try tensors(members, "outputs"))
    }

    private static func tensors(_ members: JSONMembers, _ name: String) throws(WorkerFault) -> [GraphTensor] {
        let specs = try TensorSpecText.list(try members.elements(name, limit: GraphInspection.tensorLimit))
        return specs.map { GraphTensor(name: $0.name, dataType: $0.dataType, shape: $0.shape) }
    }
}

/// One tensor of a model, as text.
enum TensorSpecText {
    static func json(_ spec: TensorSpec) -> [UInt8] {
        var writer = JSONObjectWriter()
        writer.put("name", spec.name)
        writer.put("type", spec.dataType.wireName)
        writer.put("shape", elements: json(spec.shape))
        if let shape = spec.engineShape { writer.put("engine_shape", elements: json(shape)) }
        if spec.isOptional { writer.put("optional", true) }
        return writer.finished()
    }

    private static func json(_ shape: Shape) -> [[UInt8]] { shape.dimensions.map { Array("\($0)".utf8) } }

    static func list(_ elements: [JSONObjectReader.Value]) throws(WorkerFault) -> [TensorSpec] {
        var specs: [TensorSpec] = []
        for element in elements {
            let members = try JSONMembers(element, "a tensor")
            let name = try members.text("name")
            let type = try members.text("type")
            guard name.utf8.count <= WorkerProtocol.nameBytes else {
                throw WorkerFault("a tensor's name has more than \(WorkerProtocol.nameBytes) bytes")
            }
            guard let dataType = DataType(wireName: type) else {
                throw WorkerFault("tensor '\(name)' has an unknown type")
            }
            specs.append(
                TensorSpec(
                    name: name,
                    dataType: dataType,
                    shape: try shape(members, "shape"),
                    engineShape: members.has("engine_shape") ? try shape(members, "engine_shape") : nil,
                    isOptional: members.flag("optional")
                )
            )
        }
        return specs
    }

    private static func shape(_ members: JSONMembers, _ name: String) throws(WorkerFault) -> Shape {
        var shape = Shape()
        for element in try members.elements(name, limit: GraphInspection.rankLimit) {
            guard case .plain(.int64(let dimension)) = element, dimension >= -1 else {
                throw WorkerFault("a dimension of a tensor is no number from -1 on")
            }
            shape.append(dimension)
        }
        return shape
    }
}
