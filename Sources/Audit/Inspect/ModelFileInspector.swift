// SPDX-License-Identifier: Apache-2.0

/// Tells what a file is by its content and what is wrong with it. It reads in windows, passes over tensors, runs nothing
/// and never fails: what cannot be read to its end is a problem of the file.
package enum ModelFileInspector {
    /// - Parameters:
    ///   - source: any bytes; those of a stranger.
    ///   - name: the file's name or path, for what it promises; nothing is trusted for its name.
    package static func inspect(
        _ source: any ByteSource,
        name: String,
        limits: InspectionLimits = .defaults
    ) -> Inspection {
        inspect(source, name: name, InspectionContext(limits), within: nil)
    }

    /// - Parameter carrier: the archive that it is in.
    static func inspect(
        _ source: any ByteSource,
        name: String,
        _ context: InspectionContext,
        within carrier: FileFormat?
    ) -> Inspection {
        let bytes = WindowedBytes(source)
        var inspection = Inspection(name: name, size: bytes.count)
        do throws(InspectionFault) {
            try look(at: bytes, &inspection, context, within: carrier)
        } catch {
            inspection.problem(error)
        }
        FormatJudgement.judge(&inspection, within: carrier)
        return inspection
    }

    private static func look(
        at bytes: WindowedBytes,
        _ inspection: inout Inspection,
        _ context: InspectionContext,
        within carrier: FileFormat?
    ) throws(InspectionFault) {
        guard bytes.count > 0 else {
            inspection.format = .empty
            return
        }
        let head = try bytes.prefix(at: 0, count: 4096)
        let zipEnds = try ZipDirectory.findEnds(bytes)
        if head.starts(with: [0x50, 0x4B, 3, 4]) || head.starts(with: [0x50, 0x4B, 5, 6]) {
            guard let zipEnd = zipEnds.first else {
                inspection.format = .zip
                throw InspectionFault("is a zip without its directory", at: bytes.count)
            }
            try ZipInspector.inspect(bytes, end: zipEnd, &inspection, context)
            return
        }
        do throws(InspectionFault) {
            try lookByContent(bytes, head, &inspection, context)
        } catch {
            lookForZip(bytes, zipEnds, &inspection, context)
            throw error
        }
        lookForZip(bytes, zipEnds, &inspection, context)
    }

    /// Zip readers begin at the end: whatever a file begins with, it may be a zip as well.
    private static func lookForZip(
        _ bytes: WindowedBytes,
        _ ends: [Int],
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) {
        // An archive of stored members ends with the last of them, which may be a zip.
        guard inspection.format != .tar, let inner = context.inner else { return }
        for end in ends {
            do throws(InspectionFault) {
                let directory = try ZipDirectory(bytes, end: end, limits: context.limits)
                if directory.members.isEmpty { continue }
                return look(intoZip: directory, bytes, end, &inspection, inner)
            } catch  where ZipDirectory.isPointed(to: bytes, from: end) {
                // Readers differ in what they overlook.
                let message = "has the end of a zip behind it, which some readers open, but it \(error.message)"
                return inspection.problem(.malformed, message, at: end)
            } catch {
                continue
            }
        }
    }

    private static func look(
        intoZip directory: ZipDirectory,
        _ bytes: WindowedBytes,
        _ end: Int,
        _ inspection: inout Inspection,
        _ inner: InspectionContext
    ) {
        let title = inspection.format.title
        inspection.problem(.polyglot, "is \(title) and a zip of \(directory.members.count) members at once", at: end)
        var part = Inspection(name: inspection.name, size: bytes.count)
        do throws(InspectionFault) {
            try ZipInspector.inspect(bytes, end: end, &part, inner)
        } catch {
            part.problem(error)
        }
        inspection.absorb(part, member: "(as a zip)")
    }

    private static func lookByContent(
        _ bytes: WindowedBytes,
        _ head: [UInt8],
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) throws(InspectionFault) {
        if let format = FileSignature.format(bytes, head) {
            lookForPickle(bytes, format, &inspection, context)
            try lookInto(format, bytes, &inspection, context)
        } else if HDF5Inspector.offset(bytes) != nil {
            lookForPickle(bytes, .hdf5, &inspection, context)
            try HDF5Inspector.inspect(bytes, &inspection, context)
        } else if SafetensorsInspector.looksRight(bytes) {
            lookForPickle(bytes, .safetensors, &inspection, context)
            try SafetensorsInspector.inspect(bytes, &inspection)
        } else if let pickle = PickleFile(bytes, name: inspection.name, context) {
            inspection.format = pickle.format(bytes)
            pickle.report(bytes, format: inspection.format, into: &inspection)
        } else if TextInspector.looksRight(head, isWhole: head.count == bytes.count) {
            inspection.importedModules = PickleFile.importedModules(bytes, context)
            try TextInspector.inspect(bytes, head, &inspection, context)
        } else if ONNXModel.looksRight(bytes) {
            try ONNXModel.inspect(bytes, &inspection, context)
        } else if let format = TensorFlowInspector.recognise(bytes) {
            try TensorFlowInspector.inspect(bytes, as: format, &inspection, context)
        } else {
            try lookAsNamed(bytes, &inspection, context)
        }
    }

    /// Some formats begin with bytes of the writer's choice, or may: a tar with a member's name, a safetensors file with
    /// a length whose lowest byte is an instruction that passes over the rest of its line.
    private static func lookForPickle(
        _ bytes: WindowedBytes,
        _ format: FileFormat,
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) {
        guard let pickle = PickleFile(bytes, name: inspection.name, context),
            pickle.acts || pickle.isUnfinished && FileName.isPickleCarrier(inspection.name)
        else { return }
        inspection.problem(.polyglot, "is a pickle and \(format.title) at once", at: 0)
        pickle.report(bytes, format: .pickle, into: &inspection)
    }

    private static func lookInto(
        _ format: FileFormat,
        _ bytes: WindowedBytes,
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) throws(InspectionFault) {
        inspection.format = format
        switch format {
        case .npy: try NumPyInspector.inspect(bytes, &inspection, context)
        case .gguf: try GGUFInspector.inspect(bytes, &inspection, context)
        case .tar: try TarInspector.inspect(bytes, &inspection, context)
        case .gzip, .zlib: try CompressedInspector.inspect(bytes, as: format, &inspection, context)
        case .tflite: try TFLiteInspector.inspect(bytes, &inspection)
        case .script: inspection.fact("interpreter", try firstLine(bytes))
        default: break
        }
    }

    private static func firstLine(_ bytes: WindowedBytes) throws(InspectionFault) -> String {
        String(decoding: try bytes.prefix(at: 0, count: 200).prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
    }

    /// Nothing fits: what the name promises says why.
    private static func lookAsNamed(
        _ bytes: WindowedBytes,
        _ inspection: inout Inspection,
        _ context: InspectionContext
    ) throws(InspectionFault) {
        let name = inspection.name.split(separator: "/").last ?? ""
        if name == "fingerprint.pb" { return }
        switch FileName.lastExtension(of: inspection.name) {
        case "pb" where name == "keras_metadata.pb":
            inspection.format = .keras
            try KerasScan.scan(bytes, &inspection, context)
        case "onnx": try ONNXModel.inspect(bytes, &inspection, context)
        case "safetensors": try SafetensorsInspector.inspect(bytes, &inspection)
        case "pb", "graphdef", "savedmodel":
            inspection.format = .savedModel
            throw InspectionFault("is neither a SavedModel nor a GraphDef")
        case "gguf", "npy", "npz", "h5", "hdf5", "keras", "tflite", "ort":
            throw InspectionFault("does not begin as its name promises", at: 0)
        case "plan", "engine", "trt": inspection.format = .tensorRTPlan
        case "dali" where ProtobufFields.areWellFormed(bytes): inspection.format = .dali
        default: inspection.format = .unknown
        }
    }
}
