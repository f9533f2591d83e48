// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// Why a worker could not be started, in words for whoever loads the model.
enum WorkerFailure {
    static func ofStart(
        _ problem: WorkerRun.StartProblem,
        ended: (end: WorkerProcess.End, lastLines: [String]),
        _ launch: WorkerLaunch,
        _ setup: WorkerSetup
    ) -> ServingError {
        let lines = ended.lastLines.joined(separator: " | ")
        switch problem {
        case .refused(let text): return ServingError(.internalError, text, reason: .backend)
        case .unwanted: return ServingError(.cancelled, "model '\(setup.modelName)' is not wanted any more")
        case .ended where ended.end == WorkerProcess.layerMissing:
            return ServingError(.unavailable, missingLayers(launch) ?? lines, reason: .backend)
        case .ended:
            return ServingError(
                .unavailable,
                "the worker of model '\(setup.modelName)' \(ended.end.text) before it was ready",
                reason: .backend,
                cause: lines.isEmpty ? nil : lines
            )
        case .fault(let fault):
            return ServingError(
                .unavailable,
                "the worker of model '\(setup.modelName)' could not be started: \(fault.text)",
                reason: .backend,
                cause: lines.isEmpty ? nil : lines
            )
        }
    }

    /// What `buckler sandbox check` says.
    private static func missingLayers(_ launch: WorkerLaunch) -> String? {
        do throws(ServingError) {
            let advice = try SandboxLauncher(path: launch.launcher).check(requiring: nil).advice
            return advice.isEmpty ? nil : advice.joined(separator: " ")
        } catch {
            return nil
        }
    }
}
