// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Where each part of a batch will lie in a request area: records first, then the tensors' bytes.
struct RequestBlock {
    private struct Record {
        var offset: Int
        var length: Int
        var request: BatchedRequest
        var parameters: [UInt8]
        var correlation: String
        /// Of each input's bytes.
        var tensors: [Int]
    }

    private var records: [Record] = []
    /// Of all of it.
    private(set) var byteCount = 0

    var requestCount: Int { records.count }

    /// - Throws: `.payloadTooLarge` if its size is no number.
    init(_ requests: [BatchedRequest]) throws(ServingError) {
        records.reserveCapacity(requests.count)
        for one in requests { add(one) }
        for index in records.indices {
            for input in records[index].request.request.fields.inputs {
                guard let start = WorkerProtocol.aligned(byteCount) else { throw Self.tooLarge }
                records[index].tensors.append(start)
                let (end, overflow) = start.addingReportingOverflow(input.bytes.count)
                guard !overflow else { throw Self.tooLarge }
                byteCount = end
            }
        }
    }

    private static let tooLarge = ServingError(.payloadTooLarge, "a batch is too large for a worker")

    private mutating func add(_ one: BatchedRequest) {
        let fields = one.request.fields
        let parameters = JSONObjectWriter.parameters(fields.parameters)
        let correlation = if case .string(let text) = fields.correlationID { text } else { "" }
        var length = WorkerProtocol.recordBytes
        for input in fields.inputs {
            length += BlockCursor.tensorBytes(input.name, input.shape)
        }
        for output in fields.requestedOutputs { length += 8 + WorkerProtocol.padded(output.name.utf8.count) }
        for text in [fields.id.utf8.count, parameters.count, correlation.utf8.count] {
            length += WorkerProtocol.padded(text)
        }
        records.append(
            Record(
                offset: byteCount,
                length: length,
                request: one,
                parameters: parameters,
                correlation: correlation,
                tensors: []
            )
        )
        byteCount += length
    }

    /// - Parameters:
    ///   - memory: the block's own bytes, ``byteCount`` of them.
    ///   - span: where that is, as the worker finds it.
    ///   - first: number of the first request; the others follow.
    func write(into memory: UnsafeMutableRawBufferPointer, at span: AreaSpan, firstRequest first: UInt64) {
        for (index, record) in records.enumerated() {
            var cursor = BlockCursor(memory: memory, offset: record.offset)
            write(record, number: first + UInt64(index), at: span, &cursor)
            for (input, start) in zip(record.request.request.fields.inputs, record.tensors) {
                cursor.copy(input.bytes, to: start)
            }
        }
    }

    private func write(_ record: Record, number: UInt64, at span: AreaSpan, _ cursor: inout BlockCursor) {
        let fields = record.request.request.fields
        cursor.put(number)
        if case .number(let correlation) = fields.correlationID {
            cursor.put(correlation)
        } else {
            cursor.put(UInt64(0))
        }
        cursor.put(fields.timeoutMicroseconds)
        cursor.put(fields.priority)
        var flags: UInt32 = (fields.startsSequence ? 1 : 0) | (fields.endsSequence ? 2 : 0)
        if case .string = fields.correlationID { flags |= 4 }
        cursor.put(flags)
        cursor.put(UInt32(fields.inputs.count))
        cursor.put(UInt32(fields.requestedOutputs.count))
        cursor.put(UInt32(fields.id.utf8.count))
        cursor.put(UInt32(record.parameters.count))
        cursor.put(UInt32(record.correlation.utf8.count))
        cursor.put(UInt32(record.length))
        cursor.put(UInt32(record.request.batchSize))
        for (input, start) in zip(fields.inputs, record.tensors) {
            cursor.putTensor(
                input.name,
                input.dataType,
                input.shape,
                length: input.bytes.count,
                at: start,
                of: span
            )
        }
        for output in fields.requestedOutputs {
            cursor.put(UInt32(output.name.utf8.count))
            cursor.put(UInt32(0))
            cursor.putPadded(output.name.utf8)
        }
        cursor.putPadded(fields.id.utf8)
        cursor.putPadded(record.parameters)
        cursor.putPadded(record.correlation.utf8)
    }
}
