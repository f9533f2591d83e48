// SPDX-License-Identifier: Apache-2.0
internal import Inference

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// The file of a listener's private key, judged and read through one descriptor.
///
/// As with files of API keys links are followed and the group may read it, since that is how secrets are put into
/// containers. Others may not, nobody but its owner may write it, and its owner is this user or root.
struct PrivateKeyFile {
    /// No key is anywhere near as long; a wrong path may be.
    static let longest = 1 << 20
    private static let forbidden: mode_t = 0o027

    private let file: TLSFiles.File

    init(_ file: TLSFiles.File) { self.file = file }

    func bytes() throws(ServingError) -> [UInt8] {
        if let content = file.content { return content }
        let descriptor = open(file.path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var found = stat()
        guard fstat(descriptor, &found) == 0 else { throw fault(String(cString: strerror(errno))) }
        guard found.st_mode & S_IFMT == S_IFREG else { throw fault("not a regular file") }
        guard found.st_uid == geteuid() || found.st_uid == 0 else {
            throw ServingError(
                .permissionDenied,
                "\(file.flag)=\(file.path) belongs to another user, number \(found.st_uid), who could read the key"
            )
        }
        guard found.st_mode & Self.forbidden == 0 else {
            let mode = String(found.st_mode & 0o7777, radix: 8)
            throw ServingError(
                .permissionDenied,
                "\(file.flag)=\(file.path) is open to other users of this machine: its mode is \(mode). Make sure that "
                    + "nobody took the key, then type: chmod 640 \(BucklerHome.quoted(file.path))"
            )
        }
        return try content(descriptor)
    }

    private func content(_ descriptor: CInt) throws(ServingError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count <= Self.longest {
            // SAFETY: the call writes at most as many bytes as the array that lends its memory has.
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw fault(String(cString: strerror(errno))) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
        throw fault("longer than \(Self.longest) bytes")
    }

    private func fault(_ cause: String) -> ServingError {
        TLSFiles.fault(file, "a PEM file of a private key", cause: cause)
    }
}
