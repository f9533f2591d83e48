// SPDX-License-Identifier: Apache-2.0
import Audit

/// What libFuzzer calls: the input is a zip's member, with right checksums, and the graph of an ONNX model.
@_cdecl("LLVMFuzzerTestOneInput")
func inspectModels(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    inspectZip(bytes)
    inspectModel(bytes)
    return 0
}

/// The first bytes change some of the zip's own: a place from its end, and a value.
private func inspectZip(_ bytes: [UInt8]) {
    guard bytes.count > 8 else { return }
    let content = Array(bytes.dropFirst(8))
    var zip = zipped(content)
    let clean = ModelFileInspector.inspect(MemoryBytes(zip), name: "model.pt")
    precondition(!clean.problems.contains { $0.kind == .malformed && $0.member == nil }, "a right zip is called wrong")
    for pair in 0..<4 {
        let (place, value) = (Int(bytes[2 * pair]), bytes[2 * pair + 1])
        if place < zip.count { zip[zip.count - 1 - place] = value }
    }
    let inspection = ModelFileInspector.inspect(MemoryBytes(zip), name: "model.pt")
    precondition(!inspection.problems.isEmpty, "a zip that is none of a model's has a problem")
}

private func zipped(_ content: [UInt8]) -> [UInt8] {
    let name = Array("a/data.pkl".utf8)
    let numbers =
        little(Int(crc32(content)), 4) + little(content.count, 4) + little(content.count, 4) + little(name.count, 2)
    let local = [0x50, 0x4B, 3, 4, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0] + numbers + [0, 0] + name + content
    let central =
        [0x50, 0x4B, 1, 2, 20, 3, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0] + numbers + [UInt8](repeating: 0, count: 16) + name
    return local + central + [0x50, 0x4B, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0] + little(central.count, 4)
        + little(local.count, 4)
        + [0, 0]
}

private func little(_ number: Int, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
    var value: UInt32 = ~0
    for byte in bytes {
        value ^= UInt32(byte)
        for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
    }
    return ~value
}

private func inspectModel(_ bytes: [UInt8]) {
    let model = [0x08, 8] + field(7, bytes) + field(8, [0x10, 13])
    let inspection = ModelFileInspector.inspect(MemoryBytes(model), name: "model.onnx")
    for use in inspection.externalData {
        precondition(use.offset >= 0 && use.byteCount >= 0, "external data before its file's beginning")
        precondition(
            !use.location.utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) },
            "a step up"
        )
        precondition(!use.location.hasPrefix("/"), "an absolute location")
    }
    let tensor = [0x08, 8] + field(7, field(5, bytes)) + field(8, [0x10, 13])
    _ = ModelFileInspector.inspect(MemoryBytes(tensor), name: "model.onnx")
    let saved = [0x08, 1] + field(2, field(2, bytes))
    _ = ModelFileInspector.inspect(MemoryBytes(saved), name: "saved_model.pb")
}

private func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
    var (rest, length) = (content.count, [UInt8]())
    repeat {
        length.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
        rest >>= 7
    } while rest > 0
    return [number << 3 | 2] + length + content
}
