// SPDX-License-Identifier: Apache-2.0
private import FoundationEssentials

/// The descriptors of the protocol's messages, for whatever is driven by them: readers, printers, reflection.
package enum InferenceProtos {
    /// A serialized `google.protobuf.FileDescriptorSet` of every file in `Protos/`.
    package static let descriptorSet: [UInt8] = {
        guard let data = Data(base64Encoded: descriptorSetBase64) else {
            preconditionFailure("the generated descriptor set is not base64")
        }
        return [UInt8](data)
    }()
}
