// SPDX-License-Identifier: Apache-2.0
internal import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Where the program that runs lies, and what belongs to it.
enum OwnProgram {
    static var directory: String? {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { space in
            guard let start = space.baseAddress else { return nil }
            let count = readlink("/proc/self/exe", start.assumingMemoryBound(to: CChar.self), space.count)
            guard count > 0, count < space.count else { return nil }
            let path = String(decoding: space[0..<count], as: UTF8.self)
            guard let slash = path.lastIndex(of: "/") else { return nil }
            return String(path[..<slash])
        }
    }

    /// The program `name` that comes with this one. Never looked for on `PATH`.
    static func beside(_ name: String) throws(ServingError) -> String {
        guard let directory else {
            throw ServingError(.unavailable, "cannot find out where this program lies: /proc is not mounted")
        }
        let path = directory + "/" + name
        guard access(path, X_OK) == 0 else {
            throw ServingError(
                .unavailable,
                "there is no \(name) beside this program: install it there, or build it by swift build --product \(name)",
                cause: path
            )
        }
        return path
    }

    /// Where Swift's own libraries lie, if they are not part of this program: nor are they of those that come with it.
    static var swiftLibraries: String? {
        guard let maps = fopen("/proc/self/maps", "r") else { return nil }
        defer { fclose(maps) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, maps) > 0, let line {
            let text = String(cString: line)
            guard text.hasSuffix("/libswiftCore.so\n"), let start = text.firstIndex(of: "/"),
                let slash = text.lastIndex(of: "/")
            else { continue }
            return String(text[start..<slash])
        }
        return nil
    }
}
