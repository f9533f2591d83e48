// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The program that puts a sandbox round itself; it comes with this one and lies beside it.
struct SandboxLauncher {
    struct Failure: Error {
        var message: String
    }

    let path: String

    /// Never looked for on `PATH`: what it is given to start would be at the mercy of whatever lies there.
    static func beside() throws(Failure) -> SandboxLauncher {
        guard let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            throw Failure(message: "cannot find out where this program lies: /proc is not mounted")
        }
        let path = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("buckler-launcher").path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Failure(
                message: "there is no \(path): install it beside buckler, or build it by swift build --product "
                    + "buckler-launcher"
            )
        }
        return SandboxLauncher(path: path)
    }

    /// Tries every layer. `required`: names with commas; nil for the launcher's own list.
    func check(requiring required: String?) throws(Failure) -> SandboxReport {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = ["--check"] + (required.map { ["--require", $0] } ?? [])
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw Failure(message: "\(path) cannot be started: \(error.localizedDescription)")
        }
        // Both are a few kilobytes at most, which a pipe holds: reading one after the other cannot block the launcher.
        let lines = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard let report = SandboxReport(lines: lines) else {
            let reason = complaint.split(separator: "\n").first.map(String.init)
            throw Failure(message: reason ?? "\(path) ended with status \(process.terminationStatus) and no answer")
        }
        return report
    }
}
