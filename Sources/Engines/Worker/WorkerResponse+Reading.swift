// SPDX-License-Identifier: Apache-2.0
internal import Inference

extension WorkerResponse {
    enum Flag {
        static let last: UInt32 = 1
        static let failed: UInt32 = 2
        static let empty: UInt32 = 4
    }

    init(_ reader: inout MessageReader) throws(WorkerFault) {
        let began = reader.offset
        request = try reader.number("a response's request")
        let flags = try reader.number(UInt32.self, "a response's flags")
        let outputCount = Int(try reader.number(UInt32.self, "a response's outputs"))
        let parameterBytes = Int(try reader.number(UInt32.self, "a response's parameters"))
        let errorBytes = Int(try reader.number(UInt32.self, "a response's error"))
        let code = try reader.number(UInt32.self, "a response's code")
        let length = Int(try reader.number(UInt32.self, "a response's length"))
        guard flags & ~(Flag.last | Flag.failed | Flag.empty) == 0 else {
            throw WorkerFault("a response has flags \(flags)")
        }
        guard outputCount <= WorkerProtocol.outputCount else {
            throw WorkerFault(
                "a response has \(outputCount) outputs, at most \(WorkerProtocol.outputCount) are allowed"
            )
        }
        isLast = flags & Flag.last != 0
        isEmpty = flags & Flag.empty != 0
        outputs = []
        outputs.reserveCapacity(outputCount)
        for _ in 0..<outputCount { outputs.append(try WorkerOutput(&reader)) }
        parameters = try reader.paddedText(parameterBytes, "a response's parameters")
        let text = try reader.paddedText(errorBytes, "a response's error")
        guard reader.offset - began == length else {
            throw WorkerFault("a response of \(reader.offset - began) bytes says that it has \(length)")
        }
        guard flags & Flag.failed != 0 else {
            guard code == 0, text.isEmpty else { throw WorkerFault("a response has an error and did not fail") }
            guard !isEmpty || (isLast && outputs.isEmpty && parameters.isEmpty) else {
                throw WorkerFault("a mere end is not the last, or has content")
            }
            return
        }
        guard !isEmpty, outputs.isEmpty else { throw WorkerFault("a response failed and has outputs") }
        error = ServingError(try Self.errorCode(code), text, reason: .backend)
    }

    /// The numbers of `TritonError`.
    private static func errorCode(_ number: UInt32) throws(WorkerFault) -> ServingError.Code {
        switch number {
        case 0: .unknown
        case 1: .internalError
        case 2: .notFound
        case 3: .invalidArgument
        case 4: .unavailable
        case 5: .unsupported
        case 6: .alreadyExists
        case 7: .cancelled
        default: throw WorkerFault("an error has code \(number)")
        }
    }
}

extension ServingError.Code {
    /// As `TritonError` has it: the nearest, where it has none of its own.
    var workerNumber: UInt32 {
        switch self {
        case .unknown: 0
        case .internalError: 1
        case .notFound, .unauthenticated, .permissionDenied: 2
        case .invalidArgument, .payloadTooLarge: 3
        case .unavailable, .resourceExhausted, .deadlineExceeded: 4
        case .unsupported: 5
        case .alreadyExists: 6
        case .cancelled: 7
        }
    }
}

extension WorkerOutput {
    init(_ reader: inout MessageReader) throws(WorkerFault) {
        let type = try reader.number(UInt32.self, "an output's type")
        let dimensions = Int(try reader.number(UInt32.self, "an output's dimensions"))
        let nameBytes = Int(try reader.number(UInt32.self, "an output's name"))
        area = try reader.number("an output's area")
        offset = try reader.number("an output's offset")
        length = try reader.number("an output's length")
        guard let dataType = UInt8(exactly: type).flatMap(DataType.init(rawValue:)) else {
            throw WorkerFault("an output has data type \(type)")
        }
        guard dimensions <= WorkerProtocol.dimensionCount else {
            throw WorkerFault(
                "an output has \(dimensions) dimensions, at most \(WorkerProtocol.dimensionCount) are allowed"
            )
        }
        guard nameBytes <= WorkerProtocol.nameBytes else {
            throw WorkerFault(
                "an output's name has \(nameBytes) bytes, at most \(WorkerProtocol.nameBytes) are allowed"
            )
        }
        shape = Shape()
        for _ in 0..<dimensions { shape.append(try reader.number("an output's shape")) }
        name = try reader.paddedText(nameBytes, "an output's name")
        self.dataType = dataType
        guard let count = shape.elementCount else { throw WorkerFault("output '\(name)' has shape \(shape)") }
        elementCount = count
        try checkLength()
    }

    private func checkLength() throws(WorkerFault) {
        // How long each string is only the bytes tell: they are looked at once they are copied.
        guard let size = dataType.byteSize else { return }
        let (expected, overflow) = UInt64(elementCount).multipliedReportingOverflow(by: UInt64(size))
        guard !overflow, expected == length else {
            throw WorkerFault("output '\(name)' of type \(dataType.wireName) and shape \(shape) has \(length) bytes")
        }
    }
}
