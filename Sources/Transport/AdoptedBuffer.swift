// SPDX-License-Identifier: Apache-2.0
package import Inference
package import NIOCore

extension TensorBytes {
    /// The readable bytes of `buffer`, which stay where they are for as long as this value lives.
    package init(adopting buffer: ByteBuffer) {
        // SAFETY: the storage is retained by `owner`. A ByteBuffer never writes to storage that has another owner
        // (it copies first), so the bytes neither move nor change.
        self = buffer.withUnsafeReadableBytesWithStorageManagement { bytes, storage in
            TensorBytes(owner: storage.takeUnretainedValue(), memory: bytes)
        }
    }
}
