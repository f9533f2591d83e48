// SPDX-License-Identifier: Apache-2.0

/// What the format itself says, whatever is in the file.
enum FormatJudgement {
    static func judge(_ inspection: inout Inspection, within carrier: FileFormat?) {
        let format = inspection.format
        if format.isPickleCarrier, !inspection.has(.pickle) {
            inspection.problem(.pickle, "is \(format.title), which is loaded through a pickle")
        }
        if format.isNativeCode { inspection.problem(.nativeCode, "is \(format.title)") }
        if format.isArchive { inspection.problem(.archive, archiveSentence(inspection)) }
        switch format {
        case .pythonBytecode: inspection.problem(.script, "is Python bytecode, which nobody can review")
        case .script: inspection.problem(.script, "is a script")
        case .text where FileName.isScript(inspection.name): inspection.problem(.script, "is a script, by its name")
        case .tensorRTPlan:
            inspection.problem(.unverifiable, "is a TensorRT plan, which is native code that cannot be checked")
        case .ortFormat, .openVINO:
            inspection.problem(.unverifiable, "is \(format.title), which cannot be checked")
        // Raw tensors of a PyTorch archive have no format of their own.
        case .unknown where carrier == nil:
            inspection.problem(.unknownContent, "is of no format that is known")
        default: break
        }
        if carrier == .npz, format != .npy { inspection.problem(.malformed, "is no NumPy array") }
        judgeName(&inspection, within: carrier)
    }

    private static func archiveSentence(_ inspection: Inspection) -> String {
        switch inspection.format {
        case .zip, .tar, .gzip, .zlib: "is \(inspection.format.title)"
        default: "is \(inspection.format.title), whose content cannot be looked at"
        }
    }

    private static func judgeName(_ inspection: inout Inspection, within carrier: FileFormat?) {
        guard carrier == nil || carrier == .zip || carrier == .tar, inspection.format != .unknown,
            let promised = FileName.promised(by: inspection.name), !promised.contains(inspection.format)
        else { return }
        let name = FileName.lastExtension(of: inspection.name)
        inspection.problem(
            .nameMismatch,
            "is called '.\(Printed.cut(name, limit: 20))' but is \(inspection.format.title)"
        )
    }
}
