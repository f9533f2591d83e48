// SPDX-License-Identifier: Apache-2.0

/// Where a text or bytes come from that are run as code: what lies in a `.py` file of the same project is audited
/// there, and what is read from anywhere else, or unpacked, is audited nowhere.
enum PythonCodeOrigin {
    /// Values nest no deeper than the reader tells; this is only what a hostile answer of it is held to.
    private static let depth = 8

    /// Whether it was read from a file or an address, or unpacked, and not from a source beside this one.
    static func isElsewhere(_ value: PythonValue) -> Bool { isElsewhere(value, depth) }

    private static func isElsewhere(_ value: PythonValue, _ depth: Int) -> Bool {
        guard depth > 0, !value.isConstant else { return false }
        if let name = value.name, unpacking.contains(where: name.contains) || isOfAddress(name) { return true }
        if isRead(value) { return !readFrom(value).contains(where: isSourceBeside) }
        return value.arguments.contains { isElsewhere($0.value, depth - 1) }
    }

    private static let unpacking = [
        "base64.", "binascii.", "zlib.decompress", "bz2.decompress", "lzma.decompress", "gzip.", "codecs.decode",
        "marshal.load", "builtins.bytes.fromhex", "builtins.bytearray.fromhex",
    ]

    private static func isOfAddress(_ name: String) -> Bool {
        PythonNames.addresses.keys.contains { name.hasPrefix($0 + "()") }
    }

    /// Whether it is what a file holds, or was read out of that.
    static func isRead(_ value: PythonValue) -> Bool {
        guard let name = value.name else { return false }
        if ["read()", "read_text()", "read_bytes()", "readlines()", "readline()"].contains(where: name.hasSuffix) {
            return true
        }
        return ["json.load()", "yaml.safe_load()", "yaml.load()", "tomllib.load()", "json.loads()"].contains(name)
            && value.arguments.contains { isRead($0.value) || $0.value.name?.hasSuffix("open()") == true }
    }

    /// What is read: the paths that were opened, or that themselves were asked for it.
    private static func readFrom(_ value: PythonValue) -> [PythonValue] {
        guard let file = value.arguments.first?.value else { return [] }
        return file.name?.hasSuffix("open()") == true ? file.arguments.prefix(1).map(\.value) : [file]
    }

    /// Whether a path is that of a `.py` file beneath the directory of the source that names it.
    static func isSourceBeside(_ path: PythonValue) -> Bool {
        func ending(_ value: PythonValue, _ depth: Int) -> String? {
            guard depth > 0 else { return nil }
            return value.text ?? value.arguments.last.flatMap { ending($0.value, depth - 1) }
        }
        return ending(path, depth)?.hasSuffix(".py") == true && leadsHere(path, depth)
    }

    private static let pathFunctions: Set<String> = [
        "os.path.join()", "os.path.dirname()", "os.path.abspath()", "os.path.realpath()", "os.path.normpath()",
        "pathlib.Path()", "builtins.open()",
    ]

    private static func leadsHere(_ value: PythonValue, _ depth: Int) -> Bool {
        guard depth > 0 else { return false }
        if let text = value.text { return !text.hasPrefix("/") && !text.contains("..") && !text.contains("\0") }
        let name = value.name ?? ""
        // The directories that Triton tells a model are its own.
        if name.hasPrefix("__file__") || name.hasPrefix("builtins.__file__") || name == "args[]" { return true }
        guard name.isEmpty || name.hasPrefix("f:") || pathFunctions.contains(name) else { return false }
        return !value.arguments.isEmpty && value.arguments.allSatisfy { leadsHere($0.value, depth - 1) }
    }
}
