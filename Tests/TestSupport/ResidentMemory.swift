// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Bytes of memory that this process has to itself: `resident` less `shared` in `/proc/self/statm`.
package func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
    let fields = String(decoding: line.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
    // Pages of files, the program's own among them, come and go as the machine has room for them.
    return max(0, (Int(fields[1]) ?? 0) - (Int(fields[2]) ?? 0)) * Int(getpagesize())
}
