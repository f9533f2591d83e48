// SPDX-License-Identifier: Apache-2.0
import Audit

/// Names that promise different formats; the input's first byte chooses.
private let names = [
    "file", "model.onnx", "model.pt", "model.safetensors", "model.gguf", "array.npy", "arrays.npz", "model.h5",
    "model.keras", "saved_model.pb", "model.tflite", "config.json", "model.pkl", "model.joblib", "chat.jinja",
    "model.plan",
]

/// What libFuzzer calls: a choice of name, then a file.
@_cdecl("LLVMFuzzerTestOneInput")
func inspectFile(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    guard count > 0 else { return 0 }
    let bytes = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
    var limits = InspectionLimits()
    // So small that the input can reach them.
    limits.unpackedBytes = 1 << 20
    limits.heldBytes = 64 << 10
    limits.members = 64
    let name = names[Int(start[0]) % names.count]
    let inspection = ModelFileInspector.inspect(MemoryBytes(bytes), name: name, limits: limits)
    precondition(inspection.size == bytes.count, "a file of another size")
    for problem in inspection.problems {
        precondition(!problem.message.isEmpty, "a problem says what is wrong")
        precondition(problem.message.unicodeScalars.allSatisfy { $0 >= " " }, "a message with control characters")
    }
    if inspection.format == .unknown {
        precondition(!inspection.problems.isEmpty, "what is not known is a problem")
    }
    precondition(!InspectionText(inspection).lines.isEmpty, "an inspection can be printed")
    return 0
}
