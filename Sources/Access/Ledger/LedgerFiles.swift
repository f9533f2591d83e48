// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Reads the files of a ledger for those who judge or show it.
package enum LedgerFiles {
    /// The files at `path`: itself, or those of the ledger in that directory, oldest first.
    package static func paths(at path: String) throws(LedgerFailure) -> [String] {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .errno("open", path) }
        guard status.st_mode & S_IFMT == S_IFDIR else { return [path] }
        let names = try LedgerDirectory.files(in: path).map(\.name)
        guard !names.isEmpty else { throw LedgerFailure("there is no ledger in \(path)") }
        return names.map { path + "/" + $0 }
    }

    /// - Parameter body: told each whole line without its line break; returns whether it wants more.
    /// - Returns: bytes behind the last line break.
    package static func forEachLine(
        of path: String,
        _ body: (ArraySlice<UInt8>) -> Bool
    ) throws(LedgerFailure) -> Int {
        let file = try LedgerFile(path, .read)
        return try file.forEachLine(body)
    }

    /// Judges the ledger at `path`, a file or a directory.
    package static func verify(
        _ path: String,
        trusted: [LedgerPublicKey] = [],
        exported: LedgerCheckpoint? = nil
    ) throws(LedgerFailure) -> LedgerReport {
        let paths = try paths(at: path)
        var verifier = LedgerVerifier(trusted: trusted, exported: exported, isWhole: paths != [path])
        for (position, file) in paths.enumerated() where !verifier.isDone {
            verifier.fileBegins(String(file[(file.lastIndex(of: "/").map(file.index(after:)) ?? file.startIndex)...]))
            let torn = try forEachLine(of: file) { line in
                verifier.lineRead(line)
                return !verifier.isDone
            }
            verifier.fileEnds(tornBytes: torn, isLast: position == paths.count - 1)
        }
        return verifier.finish()
    }

    /// The last checkpoint in a file to which checkpoints were exported.
    /// - Throws: if its last line is none whose signature fits.
    package static func exportedCheckpoint(in path: String) throws(LedgerFailure) -> LedgerCheckpoint {
        var last: [UInt8] = []
        // What follows the last line break is a line that was still being written.
        _ = try forEachLine(of: path) { line in
            if !line.isEmpty { last = Array(line) }
            return true
        }
        guard let line = LedgerLine(last[...]), let checkpoint = LedgerCheckpoint(line) else {
            throw LedgerFailure("\(path) does not end with a checkpoint whose signature fits")
        }
        return checkpoint
    }
}
