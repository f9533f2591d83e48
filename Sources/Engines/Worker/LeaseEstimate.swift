// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// How large a lease a batch is given with it: what does not fit has to be asked for, which costs a round trip.
struct LeaseEstimate: Sendable {
    /// What nobody has asked for is given up to here.
    static let limit = 64 << 20

    /// Of one item of a batch, if all outputs have fixed shapes and types of fixed size.
    private let itemBytes: Int?

    init(outputs: [TensorSpec]) {
        var sum = 0
        for output in outputs {
            guard let size = output.dataType.byteSize, let count = (output.engineShape ?? output.shape).elementCount,
                case (let bytes, false) = count.multipliedReportingOverflow(by: size), bytes <= Self.limit
            else {
                itemBytes = nil
                return
            }
            sum += (WorkerProtocol.aligned(bytes) ?? 0)
            guard sum <= Self.limit else {
                itemBytes = nil
                return
            }
        }
        itemBytes = sum
    }

    func bytes(forItems items: Int, lastTaken: Int) -> Int {
        let (fixed, overflow) = (itemBytes ?? 0).multipliedReportingOverflow(by: items)
        let least = overflow ? 0 : fixed
        let wanted = max(least, lastTaken)
        // A part of what is needed is of no use to an output that does not fit into it.
        return wanted <= Self.limit ? wanted : min(least, Self.limit)
    }
}
