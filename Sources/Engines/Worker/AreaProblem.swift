// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Why there is no memory to share with a worker.
enum AreaProblem: Error {
    case system(errno: Int32)
    case worker(WorkerFault)
}

extension AreaProblem {
    var asFault: WorkerFault {
        switch self {
        case .worker(let fault): fault
        case .system(let errno): WorkerFault("the system has no memory to share with it (errno \(errno))")
        }
    }
}

/// Why a batch cannot be handed to a worker.
enum BeginProblem: Error {
    case refused(ServingError)
    case worker(WorkerFault)

    init(_ problem: AreaProblem) {
        switch problem {
        case .worker(let fault): self = .worker(fault)
        case .system(let errno):
            self = .refused(
                ServingError(.resourceExhausted, "no memory to share with a worker", cause: "errno \(errno)")
            )
        }
    }
}
