// SPDX-License-Identifier: Apache-2.0
internal import COnnxRuntime
internal import Inference

/// The engine's session options, released with this value.
struct SessionOptions: ~Copyable {
    private let api: UnsafePointer<OrtApi>
    let pointer: OpaquePointer

    init(_ api: UnsafePointer<OrtApi>) throws(ServingError) {
        self.api = api
        var options: OpaquePointer?
        try api.check(api.pointee.CreateSessionOptions(&options))
        pointer = options!
    }

    deinit { api.pointee.ReleaseSessionOptions(pointer) }

    /// - Parameter account: charged for what the session's own threads allocate.
    borrowing func apply(
        _ settings: SessionSettings,
        modelName: String,
        account: OpaquePointer
    ) throws(ServingError) {
        let ort = api.pointee
        try api.check(ort.SetSessionLogId(pointer, modelName))
        try api.check(ort.SetSessionLogSeverityLevel(pointer, OrtSeverity.error))
        try api.check(ort.SetIntraOpNumThreads(pointer, Int32(settings.intraOpThreads)))
        try api.check(ort.SetInterOpNumThreads(pointer, Int32(settings.interOpThreads)))
        try api.check(ort.SetSessionExecutionMode(pointer, settings.runsInParallel ? 1 : 0))
        try api.check(
            settings.usesMemoryPattern && !settings.runsInParallel
                ? ort.EnableMemPattern(pointer) : ort.DisableMemPattern(pointer)
        )
        // Activations come from the accounting allocator; an arena beside it would only round weights up.
        try api.check(ort.DisableCpuMemArena(pointer))
        if let level = settings.graphOptimizationLevel {
            try api.check(ort.SetSessionGraphOptimizationLevel(pointer, level))
        }
        try set("session.use_env_allocators", true)
        try set("session.use_device_allocator_for_initializers", settings.usesDeviceAllocatorForInitializers)
        try set("session.intra_op.allow_spinning", settings.allowsSpinning)
        try set("session.inter_op.allow_spinning", settings.allowsSpinning)
        // Without this a file in the engine's other format would pass by the scan for external data.
        try api.check(ort.AddSessionConfigEntry(pointer, "session.load_model_format", "ONNX"))
        // What is handed over from memory is all that there is: beneath a device nothing can be found. Should the scan
        // ever miss a reference to a file, the engine must not look for it in the working directory.
        try api.check(
            ort.AddSessionConfigEntry(
                pointer,
                "session.model_external_initializers_file_folder_path",
                "/dev/null/external-data"
            )
        )
        try api.check(ort.SessionOptionsSetCustomCreateThreadFn(pointer, OrtAccountedThreadCreate))
        try api.check(ort.SessionOptionsSetCustomThreadCreationOptions(pointer, UnsafeMutableRawPointer(account)))
        try api.check(ort.SessionOptionsSetCustomJoinThreadFn(pointer, OrtAccountedThreadJoin))
    }

    private borrowing func set(_ key: String, _ value: Bool) throws(ServingError) {
        try api.check(api.pointee.AddSessionConfigEntry(pointer, key, value ? "1" : "0"))
    }

    /// Calls `body` while the engine may read `files` under the names that the model uses for them.
    borrowing func withExternalFiles<Result>(
        _ files: [(name: String, bytes: TensorBytes)],
        _ body: () throws(ServingError) -> Result
    ) throws(ServingError) -> Result {
        guard !files.isEmpty else { return try body() }
        let names = CStringArray(files.map(\.name))
        var contents: [UnsafeMutablePointer<CChar>] = []
        var lengths: [Int] = []
        for file in files {
            lengths.append(file.bytes.count)
            // SAFETY: `files` keeps each memory alive past the call of `body`, and the engine only reads it. A file
            // without bytes has no address, and none is read for a length of 0.
            let address = file.bytes.withUnsafeBytes { $0.baseAddress } ?? UnsafeRawPointer(names.pointers)
            contents.append(UnsafeMutablePointer(mutating: address.assumingMemoryBound(to: CChar.self)))
        }
        try api.check(
            api.pointee.AddExternalInitializersFromFilesInMemory(
                pointer,
                names.pointers,
                contents,
                lengths,
                files.count
            )
        )
        return try withExtendedLifetime((files, names), body)
    }
}

/// C strings at addresses that stay, as the engine wants its names.
final class CStringArray: @unchecked Sendable {
    // SAFETY: written in `init` only and freed in `deinit`.
    let pointers: UnsafeMutablePointer<UnsafePointer<CChar>>
    let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: max(1, strings.count))
        for (index, string) in strings.enumerated() {
            let bytes = Array(string.utf8CString)
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
            copy.initialize(from: bytes, count: bytes.count)
            (pointers + index).initialize(to: UnsafePointer(copy))
        }
    }

    deinit {
        for index in 0..<count { pointers[index].deallocate() }
        pointers.deallocate()
    }
}
