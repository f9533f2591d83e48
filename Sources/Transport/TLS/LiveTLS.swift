// SPDX-License-Identifier: Apache-2.0
package import Inference
package import Logging
package import NIOSSL
private import Synchronization

/// What new connections of a listener are encrypted with: follows its files while the server runs. Connections that
/// there are keep what they began with.
package final class LiveTLS: Sendable {
    package enum Look: Sendable {
        case unchanged
        /// The files changed since the last look, and may be in the middle of it.
        case waiting
        case renewed
        /// What there is now cannot be used; what was read before still is.
        case refused(ServingError)
    }

    private struct State {
        var context: NIOSSLContext
        /// Of the files when they were last read, well or badly.
        var read: [FileStamp?]
        /// Of the files at the last look.
        var seen: [FileStamp?]
    }

    private let files: TLSFiles
    private let state: Mutex<State>

    /// - Throws: as ``TLSFiles/context()`` does.
    package init(_ files: TLSFiles) throws(ServingError) {
        self.files = files
        let stamps = files.stamps
        state = Mutex(State(context: try files.context(), read: stamps, seen: stamps))
    }

    package var context: NIOSSLContext { state.withLock { $0.context } }

    /// Reads the files anew if they are others than before and have been so for one look: a certificate and its key are
    /// not replaced at the same instant. Not for an event loop.
    package func look() -> Look {
        let stamps = files.stamps
        let due: Look? = state.withLock { state in
            guard stamps != state.read else { return .unchanged }
            guard stamps == state.seen else {
                state.seen = stamps
                return .waiting
            }
            state.read = stamps
            return nil
        }
        if let due { return due }
        do throws(ServingError) {
            let context = try files.context()
            state.withLock { $0.context = context }
            return .renewed
        } catch {
            return .refused(error)
        }
    }

    /// Looks every second until the task is cancelled.
    package func following(_ logger: Logger) -> Task<Void, Never> {
        Task {
            while true {
                do { try await Task.sleep(for: .seconds(1)) } catch { return }
                switch look() {
                case .unchanged, .waiting: break
                case .renewed:
                    logger.notice(
                        "new connections use what \(files.certificate.flag)=\(files.certificate.path) holds now"
                    )
                case .refused(let error):
                    logger.error(
                        "the certificate in use stays in use: \(error.message)",
                        metadata: error.cause.map { ["cause": "\($0)"] }
                    )
                }
            }
        }
    }
}
