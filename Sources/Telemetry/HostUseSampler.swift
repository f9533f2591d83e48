// SPDX-License-Identifier: Apache-2.0
package import Inference
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Measures the machine's use when it is asked, but not more often than once in an interval: no thread wakes for a page
/// that nobody reads.
package final class HostUseSampler: Sendable {
    private struct State {
        var ticks: CPUTicks?
        var takenAt: MonotonicTime
        var use: HostUse?
    }

    private let intervalNanoseconds: UInt64
    private let state: Mutex<State>

    package init(intervalMilliseconds: Int) {
        intervalNanoseconds = UInt64(max(1, intervalMilliseconds)) * 1_000_000
        state = Mutex(State(ticks: Self.readTicks(), takenAt: .now()))
    }

    /// The machine's use over the last interval that has passed; `nil` where `/proc` does not tell.
    package func sample(at now: MonotonicTime = .now()) -> HostUse? {
        state.withLock { state in
            if let use = state.use, now.nanoseconds(since: state.takenAt) < intervalNanoseconds { return use }
            guard let ticks = Self.readTicks(), let memory = Self.readMemory() else { return nil }
            let utilization = state.ticks.map { ticks.utilization(since: $0) } ?? 0
            state = State(
                ticks: ticks,
                takenAt: now,
                use: HostUse(cpuUtilization: utilization, memory: memory)
            )
            return state.use
        }
    }

    private static func readTicks() -> CPUTicks? { read("/proc/stat").flatMap { CPUTicks(statistics: $0) } }

    private static func readMemory() -> MemoryUse? { read("/proc/meminfo").flatMap { MemoryUse(information: $0) } }

    /// The beginning of a file of the kernel's, which holds all that is looked for.
    private static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { readSome(descriptor, $0) }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}

/// The C function by a name that the sampler's own does not hide.
private func readSome(_ descriptor: CInt, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    read(descriptor, buffer.baseAddress, buffer.count)
}
