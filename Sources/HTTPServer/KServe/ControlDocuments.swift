// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore
internal import Transport

/// The JSON of everything that is not inference, member for member as Triton writes it.
package enum ControlDocuments {
    /// `{"error":"…"}`
    package static func error(_ message: String) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeStaticString("{\"error\":")
        buffer.writeJSONString(message)
        buffer.writeInteger(UInt8(ascii: "}"))
        return buffer
    }

    package static func serverMetadata(
        name: String,
        version: String,
        extensions: [String] = ServerExtensions.names
    ) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeStaticString("{\"name\":")
        buffer.writeJSONString(name)
        buffer.writeJSONKey("version")
        buffer.writeJSONString(version)
        buffer.writeJSONKey("extensions")
        buffer.writeJSONArray(extensions) { $1.writeJSONString($0) }
        buffer.writeInteger(UInt8(ascii: "}"))
        return buffer
    }

    package static func modelMetadata(_ metadata: ModelMetadata) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeStaticString("{\"name\":")
        buffer.writeJSONString(metadata.name)
        buffer.writeJSONKey("versions")
        buffer.writeJSONArray(metadata.versions) { $1.writeJSONString(String($0)) }
        buffer.writeJSONKey("platform")
        buffer.writeJSONString(metadata.platform)
        buffer.writeJSONKey("inputs")
        buffer.writeJSONArray(metadata.inputs, writeTensor)
        buffer.writeJSONKey("outputs")
        buffer.writeJSONArray(metadata.outputs, writeTensor)
        // Not a member of Triton's; clients of ours get to know the rules, and never what files the model has.
        if !metadata.findings.isEmpty {
            buffer.writeJSONKey("findings")
            buffer.writeJSONArray(metadata.findings, writeFinding)
        }
        buffer.writeInteger(UInt8(ascii: "}"))
        return buffer
    }

    private static func writeFinding(_ finding: AdmissionFinding, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("{\"rule\":")
        buffer.writeJSONString(finding.rule)
        buffer.writeJSONKey("severity")
        buffer.writeJSONString(finding.severity)
        buffer.writeInteger(UInt8(ascii: "}"))
    }

    private static func writeTensor(_ tensor: TensorSpec, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("{\"name\":")
        buffer.writeJSONString(tensor.name)
        buffer.writeJSONKey("datatype")
        buffer.writeJSONString(tensor.dataType.wireName)
        buffer.writeJSONKey("shape")
        buffer.writeJSONArray(tensor.shape.dimensions) { $1.writeJSONInteger($0) }
        buffer.writeInteger(UInt8(ascii: "}"))
    }

    package static func repositoryIndex(_ entries: [RepositoryIndexEntry]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeJSONArray(entries) { entry, buffer in
            buffer.writeStaticString("{\"name\":")
            buffer.writeJSONString(entry.name)
            if let version = entry.version {
                buffer.writeJSONKey("version")
                buffer.writeJSONString(String(version))
            }
            if let state = entry.state {
                buffer.writeJSONKey("state")
                buffer.writeJSONString(state.rawValue)
            }
            if !entry.reason.isEmpty {
                buffer.writeJSONKey("reason")
                buffer.writeJSONString(entry.reason)
            }
            buffer.writeInteger(UInt8(ascii: "}"))
        }
        return buffer
    }
}

extension ByteBuffer {
    mutating func writeJSONArray<Element>(
        _ elements: [Element],
        _ write: (Element, inout ByteBuffer) -> Void
    ) {
        writeInteger(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { writeInteger(UInt8(ascii: ",")) }
            write(element, &self)
        }
        writeInteger(UInt8(ascii: "]"))
    }
}
