// SPDX-License-Identifier: Apache-2.0

/// An HDF5 file, as older Keras writes models. Its configuration is JSON in an attribute, which HDF5 never packs.
enum HDF5Inspector {
    static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    /// It may stand behind a block of the user's, of a power of two.
    static func offset(_ bytes: WindowedBytes) -> Int? {
        var offset = 0
        while bytes.count - offset >= signature.count {
            if (try? bytes.prefix(at: offset, count: 8)) == signature { return offset }
            guard offset <= bytes.count / 2 else { return nil }
            offset = max(512, 2 * offset)
        }
        return nil
    }

    static func inspect(
        _ bytes: WindowedBytes,
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) throws(InspectionFault) {
        inspection.format = .hdf5
        try KerasScan.scan(bytes, &inspection, context)
    }
}
