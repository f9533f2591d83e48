// SPDX-License-Identifier: Apache-2.0

/// Where the cgroups of this process are in the file system, by what the kernel says of it: cgroups(7) and
/// proc_pid_mountinfo(5). Whether they can be written to is another matter.
struct CgroupPlaces: Sendable, Equatable {
    /// Directory of its cgroup in the second version's one hierarchy.
    var unified: String?
    /// In the first version's: controller → directory.
    var split: [String: String] = [:]

    /// - Parameters:
    ///   - cgroup: `/proc/self/cgroup`: a line for each hierarchy, `number:controllers:path`.
    ///   - mounts: `/proc/self/mountinfo`.
    init(cgroup: String, mounts: String) {
        var paths: [Substring: Substring] = [:]
        for line in cgroup.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            for controller in fields[1].isEmpty ? [""] : fields[1].split(separator: ",") {
                paths[controller] = fields[2]
            }
        }
        for line in mounts.split(separator: "\n") {
            guard let mount = Mount(line) else { continue }
            if mount.kind == "cgroup2" {
                if unified == nil { unified = paths[""].flatMap { mount.directory(of: $0) } }
                continue
            }
            guard mount.kind == "cgroup" else { continue }
            for option in mount.options.split(separator: ",") where split[String(option)] == nil {
                guard let path = paths[option], let directory = mount.directory(of: path) else { continue }
                split[String(option)] = directory
            }
        }
    }

    private struct Mount {
        /// The part of the hierarchy that is to be seen, and where.
        let root: String
        let point: String
        let kind: Substring
        let options: Substring

        init?(_ line: Substring) {
            guard let dash = line.firstRange(of: " - ") else { return nil }
            let fields = line[..<dash.lowerBound].split(separator: " ")
            let rest = line[dash.upperBound...].split(separator: " ")
            guard fields.count >= 6, rest.count >= 3 else { return nil }
            root = Self.plain(fields[3])
            point = Self.plain(fields[4])
            kind = rest[0]
            options = rest[2]
        }

        /// - Returns: `nil` if the path is not beneath what is to be seen.
        func directory(of path: Substring) -> String? {
            guard !path.split(separator: "/").contains("..") else { return nil }
            let top = root == "/" ? "" : root
            guard path == top || path.hasPrefix(top + "/") else { return nil }
            let below = path.dropFirst(top.count)
            return below.isEmpty || below == "/" ? point : point + below
        }

        /// Spaces and the like are written as `\040`.
        private static func plain(_ text: Substring) -> String {
            var bytes: [UInt8] = []
            var rest = Array(text.utf8)[...]
            while let byte = rest.popFirst() {
                let digits = rest.prefix(3)
                guard byte == UInt8(ascii: "\\"), digits.count == 3,
                    let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
                else {
                    bytes.append(byte)
                    continue
                }
                bytes.append(code)
                rest = rest.dropFirst(3)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
