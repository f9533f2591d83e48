// SPDX-License-Identifier: Apache-2.0
internal import Inference

extension RecordedTrace.Finished {
    /// Objects with commas between them, as Triton's trace files have them: one that says which request this is, then
    /// one for each timestamp and each tensor.
    var text: String {
        var text = "{\"id\":\(head.id),\"model_name\":\(LogText.quoted(head.model)),\"model_version\":\(head.version)"
        if !head.requestID.isEmpty { text += ",\"request_id\":\(LogText.quoted(head.requestID))" }
        text += "}"
        for entry in entries {
            text += ",{\"id\":\(head.id),"
            switch entry {
            case .timestamp(let name, let time):
                text += "\"timestamps\":[{\"name\":\"\(name)\",\"ns\":\(time.nanoseconds)}]}"
            case .tensor(let activity, let tensor):
                let shape = tensor.shape.dimensions.map { String($0) }.joined(separator: ",")
                text += "\"activity\":\"\(activity)\",\"tensor\":{\"name\":\(LogText.quoted(tensor.name)),\"data\":"
                text += LogText.quoted(tensor.elementsText)
                text += ",\"shape\":\"\(shape)\",\"dtype\":\"\(tensor.dataType.wireName)\"}}"
            }
        }
        return text
    }
}

extension OutputTensor {
    /// The elements with commas between them. As in Triton, strings are in quotes and halves are left out.
    var elementsText: String {
        bytes.withUnsafeBytes { memory in
            switch dataType {
            case .bool, .uint8: Self.join(memory, UInt8.self)
            case .uint16: Self.join(memory, UInt16.self)
            case .uint32: Self.join(memory, UInt32.self)
            case .uint64: Self.join(memory, UInt64.self)
            case .int8: Self.join(memory, Int8.self)
            case .int16: Self.join(memory, Int16.self)
            case .int32: Self.join(memory, Int32.self)
            case .int64: Self.join(memory, Int64.self)
            case .fp32: Self.join(memory, Float.self)
            case .fp64: Self.join(memory, Double.self)
            case .fp16, .bf16: ""
            case .bytes: Self.joinStrings(memory)
            }
        }
    }

    private static func join<Element: BitwiseCopyable & CustomStringConvertible>(
        _ memory: UnsafeRawBufferPointer,
        _: Element.Type
    ) -> String {
        var text = ""
        for index in 0..<(memory.count / MemoryLayout<Element>.size) {
            if index > 0 { text += "," }
            let offset = index * MemoryLayout<Element>.size
            text += memory.loadUnaligned(fromByteOffset: offset, as: Element.self).description
        }
        return text
    }

    private static func joinStrings(_ memory: UnsafeRawBufferPointer) -> String {
        var text = ""
        _ = BytesTensor.forEachElement(of: memory) { element in
            text += (text.isEmpty ? "\"" : ",\"") + String(decoding: element, as: UTF8.self) + "\""
        }
        return text
    }
}
