// SPDX-License-Identifier: Apache-2.0

private import Telemetry

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

extension TraceFlags {
    /// Whether the trace file could be written, asked before there are traces. Nothing is made or changed.
    ///
    /// - Throws: what is wrong, with the flag and the file.
    package func checkFile() throws(SettingsError) {
        let path = try configuration().file
        guard !path.isEmpty else { return }
        guard let fault = Self.fault(of: path) else { return }
        let isOfOld = path == file
        let flag = isOfOld ? "--trace-file" : "--trace-config triton,file"
        throw SettingsError("\(flag)=\(Printable.text(path)) cannot be written: \(fault)")
    }

    private static func fault(of path: String) -> String? {
        var status = stat()
        if lstat(path, &status) == 0 {
            switch status.st_mode & S_IFMT {
            case S_IFLNK: return "it is a link, and links are not followed"
            case S_IFDIR: return String(cString: strerror(EISDIR))
            default: return access(path, W_OK) == 0 ? nil : String(cString: strerror(errno))
            }
        }
        guard errno == ENOENT else { return String(cString: strerror(errno)) }
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        return access(directory, W_OK | X_OK) == 0 ? nil : String(cString: strerror(errno))
    }
}
