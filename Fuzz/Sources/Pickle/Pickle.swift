// SPDX-License-Identifier: Apache-2.0
import Audit

/// What libFuzzer calls: the input follows a pickle's announcement of its protocol, and once more a call.
@_cdecl("LLVMFuzzerTestOneInput")
func followPickle(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    follow([0x80, 4] + bytes)
    let call = Array("cos\nsystem\n(S'id'\ntR0".utf8)
    // Whatever comes behind a call, the call was made.
    let inspection = follow(call + bytes)
    precondition(inspection.has(.pickle), "a call was not seen")
    precondition(inspection.pickles[0].calls.first?.text == "os.system('id')", "a call was not told")
    return 0
}

@discardableResult
private func follow(_ bytes: [UInt8]) -> Inspection {
    let inspection = ModelFileInspector.inspect(MemoryBytes(bytes), name: "model.pkl")
    for program in inspection.pickles {
        precondition(program.start <= program.end && program.end <= bytes.count, "a pickle beyond its file")
        precondition(program.isComplete || program.fault != nil, "a pickle that ends without a reason")
        var last = -1
        for line in program.lines {
            precondition(line.offset > last, "instructions out of order")
            last = line.offset
        }
        precondition(!program.explanation.isEmpty, "a pickle is explained")
    }
    return inspection
}
