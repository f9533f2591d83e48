// SPDX-License-Identifier: Apache-2.0

/// What the format itself says, whatever is in the file.
enum FormatJudgement {
    static func judge(_ inspection: inout Inspection, within carrier: FileFormat?) {
        let format = inspection.format
        if format.isPickleCarrier, !inspection.has(.pickle) {
            inspection.problem(.pickle, "is \(format.title), which is loaded through a pickle")
        }
        judgeCarrier(&inspection)
        if format.isNativeCode { inspection.problem(.nativeCode, "is \(format.title)") }
        if format.isOpaque {
            inspection.problem(.opaque, "is \(format.title), whose content cannot be looked at")
        } else if format.isArchive {
            inspection.problem(.archive, "is \(format.title)")
        }
        switch format {
        case .pythonBytecode: inspection.problem(.script, "is Python bytecode, which nobody can review")
        case .script: inspection.problem(.script, "is a script")
        case .text where FileName.isScript(inspection.name): inspection.problem(.script, "is a script, by its name")
        case .tensorRTPlan:
            inspection.problem(.unverifiable, "is a TensorRT plan, which is native code that cannot be checked")
        case .ortFormat, .openVINO, .dali:
            inspection.problem(.unverifiable, "is \(format.title), which cannot be checked")
        // Raw tensors of a PyTorch archive have no format of their own.
        case .unknown where carrier == nil:
            inspection.problem(.unknownContent, "is of no format that is known")
        default: break
        }
        if carrier == .npz, format != .npy { inspection.problem(.malformed, "is no NumPy array") }
        judgeName(&inspection, within: carrier)
    }

    /// An unpickler runs what stands there up to where it no longer understands it. No reading of ours is so like every
    /// version of every unpickler that what only we take for text could be let through under such a name.
    private static func judgeCarrier(_ inspection: inout Inspection) {
        guard FileName.isPickleCarrier(inspection.name), !inspection.has(.pickle) else { return }
        switch inspection.format {
        case .text, .unknown, .script, .openVINO, .dali:
            let name = FileName.lastExtension(of: inspection.name)
            let message = "is called '.\(name)', which loaders unpickle, and is of no format that is known to be safe"
            inspection.problem(.pickle, message)
        default: break
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
