// SPDX-License-Identifier: Apache-2.0
internal import Inference
internal import InferenceProtos
private import SwiftProtobuf

/// Shared memory; a server without it has no regions and takes none.
extension KServeEnvironment {
    private static let disabled = ServingError(
        .unsupported,
        "Client shared memory is disabled. Start the server with '--allow-client-shm=true' to enable."
    )

    func systemRegions(
        _ request: Inference_SystemSharedMemoryStatusRequest,
        _ permit: Permit
    ) throws(ServingError) -> Inference_SystemSharedMemoryStatusResponse {
        let regions: [SharedMemoryRegion]
        if let sharedMemory {
            regions = try sharedMemory.regions(request.name.nonEmpty)
        } else {
            guard request.name.isEmpty else {
                throw ServingError(.notFound, "Unable to find system shared memory region: '\(request.name)'")
            }
            regions = []
        }
        return .with { response in
            for region in regions {
                response.regions[region.name] = .with {
                    $0.name = region.name
                    $0.key = region.key
                    $0.offset = region.offset
                    $0.byteSize = region.byteSize
                }
            }
        }
    }

    func registerSystem(
        _ request: Inference_SystemSharedMemoryRegisterRequest,
        _ permit: Permit
    ) throws(ServingError) -> Inference_SystemSharedMemoryRegisterResponse {
        guard let sharedMemory else { throw Self.disabled }
        try sharedMemory.register(
            SharedMemoryRegion(
                name: request.name,
                key: request.key,
                offset: request.offset,
                byteSize: request.byteSize
            )
        )
        return Inference_SystemSharedMemoryRegisterResponse()
    }

    func unregisterSystem(
        _ request: Inference_SystemSharedMemoryUnregisterRequest,
        _ permit: Permit
    ) async throws(ServingError) -> Inference_SystemSharedMemoryUnregisterResponse {
        guard let sharedMemory else { throw Self.disabled }
        try await sharedMemory.unregister(request.name.nonEmpty)
        return Inference_SystemSharedMemoryUnregisterResponse()
    }

    func cudaRegions(
        _ request: Inference_CudaSharedMemoryStatusRequest,
        _ permit: Permit
    ) throws(ServingError) -> Inference_CudaSharedMemoryStatusResponse {
        if let sharedMemory {
            try sharedMemory.checkCUDARegions(request.name.nonEmpty)
        } else if !request.name.isEmpty {
            throw ServingError(.notFound, "Unable to find cuda shared memory region: '\(request.name)'")
        }
        return Inference_CudaSharedMemoryStatusResponse()
    }

    func registerCUDA(
        _ request: Inference_CudaSharedMemoryRegisterRequest,
        _ permit: Permit
    ) throws(ServingError) -> Inference_CudaSharedMemoryRegisterResponse {
        guard let sharedMemory else {
            throw ServingError(
                .invalidArgument,
                "failed to register CUDA shared memory region: '\(request.name)', GPUs not supported"
            )
        }
        try sharedMemory.registerCUDA(request.name)
        return Inference_CudaSharedMemoryRegisterResponse()
    }

    func unregisterCUDA(
        _ request: Inference_CudaSharedMemoryUnregisterRequest,
        _ permit: Permit
    ) throws(ServingError) -> Inference_CudaSharedMemoryUnregisterResponse {
        guard let sharedMemory else { throw Self.disabled }
        try sharedMemory.unregisterCUDA(request.name.nonEmpty)
        return Inference_CudaSharedMemoryUnregisterResponse()
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
