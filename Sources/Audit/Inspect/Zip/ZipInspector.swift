// SPDX-License-Identifier: Apache-2.0

/// A zip, what it is used for, and what is in it.
enum ZipInspector {
    static func inspect(
        _ bytes: WindowedBytes,
        end: Int,
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) throws(InspectionFault) {
        inspection.format = .zip
        let directory = try ZipDirectory(bytes, end: end, limits: context.limits)
        inspection.format = format(directory.members)
        inspection.fact("members", directory.members.count)
        if directory.commentLength > 0 { inspection.fact("comment", "\(directory.commentLength) bytes") }
        if end + 22 + directory.commentLength != bytes.count {
            inspection.problem(.polyglot, "is a zip with something behind its end", at: end)
        }
        var structure = ZipStructure(bytes, directory)
        structure.check(into: &inspection)
        guard let inner = context.inner else {
            inspection.problem(.opaque, "is an archive within too many others")
            return
        }
        for (member, start) in zip(directory.members, structure.contentStarts) where !member.isDirectory {
            guard context.budget.members > 0 else {
                inspection.problem(.modelSize, "has more than \(context.limits.members) members, all levels together")
                return
            }
            context.budget.members -= 1
            guard let start else { continue }
            do throws(InspectionFault) {
                try look(into: member, at: start, bytes, &inspection, inner)
            } catch {
                let message = "has a member \(Printed.quoted(member.title)) that \(error.message)"
                inspection.problem(.malformed, message, at: error.offset)
            }
        }
    }

    private static func format(_ members: [ZipMember]) -> FileFormat {
        let names = members.filter { !$0.isDirectory }.map(\.title)
        func has(_ name: String) -> Bool { names.contains { $0 == name || $0.hasSuffix("/" + name) } }
        if has("META-INF/MANIFEST.MF") { return .jar }
        if has("constants.pkl") || names.contains(where: { $0.contains("/code/") }) { return .torchScript }
        if has("data.pkl") { return .torchArchive }
        if names.contains("config.json"), names.contains("metadata.json") || names.contains("model.weights.h5") {
            return .keras
        }
        if !names.isEmpty, names.allSatisfy({ $0.hasSuffix(".npy") }) { return .npz }
        return .zip
    }

    private static func look(
        into member: ZipMember,
        at start: Int,
        _ bytes: WindowedBytes,
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) throws(InspectionFault) {
        let content: any ByteSource
        switch member.method {
        case 0:
            try checkStored(member, at: start, bytes, context)
            content = SliceBytes(bytes.source, at: start, count: member.packedSize)
        case 8: content = try unpack(member, at: start, bytes, context)
        default: return
        }
        let part = ModelFileInspector.inspect(content, name: member.title, context, within: inspection.format)
        inspection.absorb(part, member: Printed.cut(member.title, limit: 200))
    }

    /// Large members are tensors: their checksums would cost reading all of the file.
    private static func checkStored(
        _ member: ZipMember,
        at start: Int,
        _ bytes: WindowedBytes,
        _ context: InspectionContext
    ) throws(InspectionFault) {
        guard member.packedSize <= context.budget.checkedBytes else { return }
        context.budget.checkedBytes -= member.packedSize
        var checksum: UInt32 = 0
        var position = 0
        while position < member.packedSize {
            let part = try bytes.prefix(
                at: start + position,
                count: min(WindowedBytes.windowSize, member.packedSize - position)
            )
            checksum = Checksum.crc32(part, count: part.count, after: checksum)
            position += max(1, part.count)
        }
        guard checksum == member.checksum else {
            throw InspectionFault("does not have the checksum it states", at: start)
        }
    }

    private static func unpack(
        _ member: ZipMember,
        at start: Int,
        _ bytes: WindowedBytes,
        _ context: InspectionContext
    ) throws(InspectionFault) -> any ByteSource {
        let limit = context.budget.unpackedBytes
        guard member.size <= limit else {
            throw InspectionFault("unpacks to more than may be unpacked of one file", at: start)
        }
        let inflated = try Inflation(
            bytes,
            at: start,
            count: member.packedSize,
            wrapping: .none,
            keep: context.limits.heldBytes,
            limit: member.size + 1
        )
        context.budget.unpackedBytes -= min(limit, inflated.count)
        guard inflated.isComplete, inflated.count == member.size, inflated.consumed == member.packedSize else {
            throw InspectionFault("does not unpack to the size it states", at: start)
        }
        guard inflated.checksum == member.checksum else {
            throw InspectionFault("does not have the checksum it states", at: start)
        }
        return BeginningBytes(inflated.beginning, of: inflated.count)
    }
}
