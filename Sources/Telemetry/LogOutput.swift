// SPDX-License-Identifier: Apache-2.0
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The log file could not be opened.
package struct LogFileError: Error, Sendable, Equatable, CustomStringConvertible {
    package var description: String
}

/// Where lines of the log go. Whole lines from any thread, never mixed.
package final class LogOutput: Sendable {
    private let descriptor: CInt
    private let ownsDescriptor: Bool
    private let writing = Mutex(())

    /// Appends to `file`, which is made readable by its owner and group if it is not there; standard error if `nil`.
    package init(file: String?) throws(LogFileError) {
        guard let file else {
            descriptor = STDERR_FILENO
            ownsDescriptor = false
            return
        }
        descriptor = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        ownsDescriptor = true
        if descriptor < 0 {
            throw LogFileError(
                description: "cannot open log file \(LogText.escaped(file)): \(String(cString: strerror(errno)))"
            )
        }
    }

    deinit {
        if ownsDescriptor { close(descriptor) }
    }

    /// A line that cannot be written, say because the disk is full, is lost: a log must not stop the server.
    package func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            writing.withLock { _ in
                var rest = UnsafeRawBufferPointer(bytes)
                while let start = rest.baseAddress, !rest.isEmpty {
                    let count = writeSome(descriptor, start, rest.count)
                    if count < 0 && errno == EINTR { continue }
                    guard count > 0 else { return }
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                }
            }
        }
    }
}

/// The C function by a name that ``LogOutput/write(_:)`` does not hide.
private func writeSome(_ descriptor: CInt, _ start: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, start, count)
}
