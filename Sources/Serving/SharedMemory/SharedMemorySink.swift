// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Stands between the scheduler and a front end where a request wants outputs put into shared memory: writes them on
/// the thread that brings them, so that neither front end ever holds their bytes.
final class SharedMemorySink: ResponseSink {
    private let next: any ResponseSink
    private let slices: [(output: String, slice: SharedMemorySlice)]
    private let lease: SharedMemoryLease

    /// - Throws: as ``SharedMemoryStore/lease(_:)`` does, and `.invalidArgument` where two outputs share a byte.
    init(
        next: any ResponseSink,
        requested: [RequestedOutput],
        store: SharedMemoryStore
    ) throws(ServingError) {
        self.next = next
        slices = requested.compactMap { output in output.sharedMemory.map { (output.name, $0) } }
        lease = try store.lease(slices.map(\.slice))
        if let (first, second) = SharedMemoryStore.Table.Placement.overlap(in: lease.placements) {
            throw ServingError(
                .invalidArgument,
                "outputs '\(slices[first].output)' and '\(slices[second].output)' overlap in shared memory"
            )
        }
    }

    func receive(_ event: ResponseEvent) {
        switch event {
        case .response(var response, let isFinal):
            // After an error of ours the request is over, whatever its model still has to say.
            if lease.isReleased { return }
            do throws(ServingError) {
                for index in response.outputs.indices { try place(&response.outputs[index]) }
            } catch {
                lease.release()
                return next.receive(.failed(error))
            }
            if isFinal { lease.release() }
            next.receive(.response(response, isFinal: isFinal))
        case .completed, .failed:
            if lease.isReleased { return }
            lease.release()
            next.receive(event)
        }
    }

    private func place(_ output: inout OutputTensor) throws(ServingError) {
        guard let index = slices.firstIndex(where: { $0.output == output.name }) else { return }
        let (slice, placement) = (slices[index].slice, lease.placements[index])
        let count = UInt64(output.bytes.count)
        guard count <= placement.byteSize else {
            throw ServingError(
                .internalError,
                "shared memory size specified with the request for output '\(output.name)' (\(placement.byteSize)"
                    + " bytes) should be at least \(count) bytes to hold the results"
            )
        }
        do throws(SharedMemoryObject.Shortage) {
            try placement.object.write(output.bytes, at: placement.offset)
        } catch {
            throw SharedMemoryStore.shortage(slice.region)
        }
        output.bytes = TensorBytes()
        output.sharedMemory = SharedMemorySlice(region: slice.region, offset: slice.offset, byteSize: count)
    }
}
