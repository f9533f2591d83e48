// SPDX-License-Identifier: Apache-2.0
import CLinux
import Inference
import Testing

@testable import Engines

/// A division that x86-64 ends the process for is one that a client can ask for.
@Suite struct QuotientTests {
    @Test(arguments: [Int32.min, 7])
    func theSmallestIntegerOf32BitsDividedByMinusOne(dividend: Int32) throws {
        try check("divide_int32.onnx", .int32, dividend)
    }

    @Test(arguments: [Int64.min, 7])
    func theSmallestIntegerOf64BitsDividedByMinusOne(dividend: Int64) throws {
        try check("divide_int64.onnx", .int64, dividend)
    }

    private func check<Element: FixedWidthInteger & BitwiseCopyable>(
        _ file: String,
        _ type: DataType,
        _ dividend: Element
    ) throws {
        let outputs = try divide(file, type, [dividend, 9], by: [-1, 2]).outputs()
        #expect(outputs[0].bytes.elements(Element.self) == [0 &- dividend, 4])
        #expect(outputs[1].bytes.elements(Element.self) == [0, 1])
    }

    /// The library looks for it.
    @Test func divisionByZeroIsAnError() throws {
        let answers = try divide("divide_int32.onnx", .int32, [1, 1], by: [0, 1] as [Int32])
        #expect(throws: ServingError.self) { try answers.outputs() }
    }

    private func divide<Element: BitwiseCopyable>(
        _ file: String,
        _ type: DataType,
        _ dividends: [Element],
        by divisors: [Element]
    ) throws -> Answers {
        let model = try TestEngine.onnx(TestEngine.source(file))
        let inputs = [("INPUT0", dividends), ("INPUT1", divisors)].map {
            InputTensor(name: $0, dataType: type, shape: [1, 2], bytes: TensorBytes(of: $1))
        }
        return model.instance.run([makeRequest(inputs)])
    }

    #if arch(x86_64)
    /// What an instruction's bytes mean, as the assembler writes them. Registers hold 0x100 times their number.
    @Test(
        arguments: [
            ([0xf7, 0xf9], 2, 32, .register(1)),  // idiv %ecx
            ([0x48, 0xf7, 0xff], 3, 64, .register(7)),  // idiv %rdi
            ([0x49, 0xf7, 0xfc], 3, 64, .register(12)),  // idiv %r12
            ([0x48, 0xf7, 0x3b], 3, 64, .memory(0x300)),  // idivq (%rbx)
            ([0x48, 0xf7, 0x78, 0x10], 4, 64, .memory(0x10)),  // idivq 0x10(%rax)
            ([0x48, 0xf7, 0x79, 0xf8], 4, 64, .memory(0xf8)),  // idivq -8(%rcx)
            ([0x49, 0xf7, 0xb9, 0xf0, 0, 0, 0], 7, 64, .memory(0x9f0)),  // idivq 0xf0(%r9)
            ([0x49, 0xf7, 0x3c, 0xc9], 4, 64, .memory(0x900 + 8 * 0x100)),  // idivq (%r9,%rcx,8)
            ([0x4b, 0xf7, 0x7c, 0xf9, 0x08], 5, 64, .memory(0x900 + 8 * 0xf00 + 8)),  // idivq 8(%r9,%r15,8)
            ([0x48, 0xf7, 0x3c, 0x24], 4, 64, .memory(0x400)),  // idivq (%rsp)
            ([0x49, 0xf7, 0x3c, 0x24], 4, 64, .memory(0xc00)),  // idivq (%r12)
            ([0x4b, 0xf7, 0x3c, 0x24], 4, 64, .memory(0xc00 + 0xc00)),  // idivq (%r12,%r12,1)
            ([0x4a, 0xf7, 0x3c, 0xdd, 0x10, 0, 0, 0], 8, 64, .memory(8 * 0xb00 + 0x10)),  // idivq 0x10(,%r11,8)
            ([0x49, 0xf7, 0x7d, 0x00], 4, 64, .memory(0xd00)),  // idivq 0(%r13)
            ([0xf7, 0x3d, 0x04, 0, 0, 0], 6, 32, .afterInstruction(4)),  // idivl 4(%rip)
            ([0xf7, 0xf1], 0, 0, nil),  // div %ecx, which knows no sign
            ([0x66, 0xf7, 0xf9], 0, 0, nil),  // idiv %cx
            ([0xf6, 0xf9], 0, 0, nil),  // idiv %cl
            ([0x0f, 0x0b], 0, 0, nil),  // ud2
        ] as [([UInt8], Int32, Int32, Divisor?)]
    )
    fileprivate func readsInstructions(code: [UInt8], length: Int32, bits: Int32, divisor: Divisor?) {
        let registers = (0..<16).map { UInt64($0) * 0x100 }
        // As many as an instruction may have.
        let padded = code + [UInt8](repeating: 0x90, count: 15 - code.count)
        padded.withUnsafeBufferPointer { bytes in
            let found = buckler_read_quotient(bytes.baseAddress, registers)
            #expect(found.length == length)
            #expect(found.bits == bits)
            switch divisor {
            case .register(let number): #expect(found.register_number == number)
            case .memory(let address):
                #expect(found.register_number == -1)
                #expect(found.address == address)
            case .afterInstruction(let offset):
                let end = UInt64(UInt(bitPattern: bytes.baseAddress)) + UInt64(length)
                #expect(found.address == end + offset)
            case nil: break
            }
        }
    }

    fileprivate enum Divisor {
        case register(Int32)
        case memory(UInt64)
        case afterInstruction(UInt64)
    }
    #endif
}
