// SPDX-License-Identifier: Apache-2.0
import Foundation
import Inference
import Synchronization
import Testing

@testable import Serving

/// Objects under `/dev/shm` that are gone again when the test is.
final class SharedObjects {
    let prefix = "buckler-test-\(UUID().uuidString)"
    private var paths: [String] = []

    deinit { for path in paths { unlink(path) } }

    func name(_ suffix: String) -> String { "\(prefix)-\(suffix)" }

    func path(_ suffix: String) -> String {
        let path = "/dev/shm/" + name(suffix)
        paths.append(path)
        return path
    }

    /// - Returns: the key that a client would give.
    func make(_ suffix: String, _ bytes: [UInt8]) -> String {
        #expect(FileManager.default.createFile(atPath: path(suffix), contents: Data(bytes)))
        return "/" + name(suffix)
    }

    func truncate(_ suffix: String, to size: Int) {
        #expect(Foundation.truncate("/dev/shm/" + name(suffix), off_t(size)) == 0)
    }

    func bytes(_ suffix: String) -> [UInt8] {
        Array(FileManager.default.contents(atPath: "/dev/shm/" + name(suffix)) ?? Data())
    }
}

final class Done: Sendable {
    let isSet = Atomic<Bool>(false)
}

func sharedMemoryStore(_ change: (inout SharedMemorySettings) -> Void = { _ in }) -> SharedMemoryStore {
    var settings = SharedMemorySettings(readByteLimit: 1 << 20)
    settings.isAllowed = true
    change(&settings)
    return SharedMemoryStore(settings)
}

func region(_ name: String, _ key: String, offset: UInt64 = 0, size: UInt64) -> SharedMemoryRegion {
    SharedMemoryRegion(name: name, key: key, offset: offset, byteSize: size)
}

func slice(_ region: String, _ offset: UInt64, _ size: UInt64) -> SharedMemorySlice {
    SharedMemorySlice(region: region, offset: offset, byteSize: size)
}

func refusal(_ body: () throws(ServingError) -> Void) -> ServingError? {
    do {
        try body()
        return nil
    } catch {
        return error
    }
}

extension TensorBytes {
    var array: [UInt8] { withUnsafeBytes { Array($0) } }
}
