// SPDX-License-Identifier: Apache-2.0
internal import Inference

/// How a session is to be set up, read from a model's parameters and the server's `--backend-config`.
struct SessionSettings: Equatable {
    var intraOpThreads: Int
    var interOpThreads: Int
    var runsInParallel = false
    var usesMemoryPattern = true
    /// Whether freed blocks are kept for the next run; what the engine's own arena would be for.
    var keepsBlocks = true
    /// Whether kept blocks are given back after each run.
    var trimsAfterRun = false
    var usesDeviceAllocatorForInitializers = false
    var allowsSpinning = false
    /// The engine's number for it; `nil` for all optimizations.
    var graphOptimizationLevel: Int32?

    static let threadLimit = 1024

    /// Triton's names; a model's parameter wins over the server's setting of the same name.
    init(_ source: EngineModelSource, cores: Int) throws(ServingError) {
        let values = Values(model: source.modelName, source.parameters, source.engineSettings)
        // An execution of each instance and the threads that help it should fill the machine once, not many times.
        let share = max(1, cores / max(1, source.instanceCount))
        intraOpThreads = try values.count("intra_op_thread_count") ?? share
        interOpThreads = try values.count("inter_op_thread_count") ?? share
        runsInParallel = try values.flag("execution_mode") ?? false
        usesMemoryPattern = try values.flag("enable_mem_pattern") ?? true
        keepsBlocks = try values.flag("enable_mem_arena") ?? true
        trimsAfterRun = try values.shrinksArena()
        usesDeviceAllocatorForInitializers =
            try values.flag("session.use_device_allocator_for_initializers") ?? false
        allowsSpinning = try values.flag("session.intra_op.allow_spinning") ?? false
        graphOptimizationLevel = try Self.level(source.graphLevel, model: source.modelName)
    }

    /// `optimization.graph.level` of Triton: -1 basic, 1 extended, 2 none; the engine counts 0 none, 1 basic, 2 extended.
    private static func level(_ level: Int?, model: String) throws(ServingError) -> Int32? {
        switch level {
        case nil, 0: nil
        case -1: 1
        case 1: 2
        case 2: 0
        case .some(let other):
            throw ServingError(.invalidArgument, "unsupported graph optimization level '\(other)' for model '\(model)'")
        }
    }

    private struct Values {
        let model: String
        let parameters: [String: String]
        let settings: [String: String]

        init(model: String, _ parameters: [String: String], _ settings: [String: String]) {
            self.model = model
            self.parameters = parameters
            self.settings = settings
        }

        func text(_ name: String) -> String? { parameters[name] ?? settings[name] }

        /// A number of threads; 0 leaves the choice to Buckler, as it leaves it to the engine in Triton.
        func count(_ name: String) throws(ServingError) -> Int? {
            guard let text = text(name) else { return nil }
            guard let count = Int(text), (0...SessionSettings.threadLimit).contains(count) else {
                throw invalid(name, text)
            }
            return count == 0 ? nil : count
        }

        func flag(_ name: String) throws(ServingError) -> Bool? {
            guard let text = text(name) else { return nil }
            switch text.lowercased() {
            case "1", "true": return true
            case "0", "false": return false
            default: throw invalid(name, text)
            }
        }

        /// ONNX Runtime's `device:number` list with semicolons between, of which only this one has an arena here.
        func shrinksArena() throws(ServingError) -> Bool {
            let name = "memory.enable_memory_arena_shrinkage"
            guard let text = text(name), !text.isEmpty else { return false }
            guard text.split(separator: ";", omittingEmptySubsequences: false).allSatisfy({ $0 == "cpu:0" }) else {
                throw ServingError(
                    .invalidArgument,
                    "parameter '\(name)' of model '\(model)' must be 'cpu:0', the one arena that there is; got '\(text)'"
                )
            }
            return true
        }

        private func invalid(_ name: String, _ text: String) -> ServingError {
            ServingError(.invalidArgument, "failed to parse parameter '\(name)' of model '\(model)': '\(text)'")
        }
    }
}

extension EngineModelSource {
    /// For a model that has the time of so many processors: threads that wait for each other's time only make it slower.
    /// What the model or the operator says of threads stays.
    mutating func useThreads(atMost count: Int, cores: Int) {
        let share = max(1, cores / max(1, instanceCount))
        for name in ["intra_op_thread_count", "inter_op_thread_count"] where count < share {
            engineSettings[name] = engineSettings[name] ?? String(count)
        }
    }
}
