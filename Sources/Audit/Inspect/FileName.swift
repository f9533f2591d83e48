// SPDX-License-Identifier: Apache-2.0

/// What a file's name says about its format.
enum FileName {
    /// In small letters, without the dot; empty if there is none.
    static func lastExtension(of path: String) -> String {
        let name = path.utf8.split(separator: UInt8(ascii: "/")).last.map { String($0) ?? "" } ?? ""
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
        return name[name.index(after: dot)...].lowercased()
    }

    private static let formats: [String: Set<FileFormat>] = {
        let torch: Set<FileFormat> = [.torchArchive, .torchScript, .torchLegacy, .torchLegacyTar, .pickle]
        return [
            "onnx": [.onnx], "safetensors": [.safetensors], "gguf": [.gguf], "npy": [.npy], "npz": [.npz],
            "tflite": [.tflite], "ort": [.ortFormat], "pb": [.savedModel, .graphDef, .onnx, .keras],
            "graphdef": [.graphDef], "h5": [.hdf5], "hdf5": [.hdf5], "keras": [.keras, .hdf5],
            "pt": torch, "pth": torch, "pkl": [.pickle, .joblib], "pickle": [.pickle, .joblib],
            "joblib": [.joblib, .pickle, .zlib, .gzip, .bzip2, .xz, .lzma, .lz4],
            "zip": [.zip, .torchArchive, .torchScript, .npz, .keras], "tar": [.tar, .torchLegacyTar], "gz": [.gzip],
            "tgz": [.gzip], "bz2": [.bzip2], "xz": [.xz], "zst": [.zstd], "7z": [.sevenZip], "rar": [.rar],
            "jar": [.jar, .zip], "json": [.json, .text], "txt": [.text, .json], "md": [.text], "pbtxt": [.text],
            "csv": [.text], "yaml": [.text, .json], "yml": [.text, .json], "xml": [.text, .openVINO],
            "plan": [.tensorRTPlan], "engine": [.tensorRTPlan], "so": [.elf], "dll": [.pe], "exe": [.pe],
            "dylib": [.machO], "pyc": [.pythonBytecode], "class": [.javaClass], "wasm": [.webAssembly],
        ]
    }()

    private static let scripts: Set<String> = [
        "sh", "bash", "zsh", "bat", "cmd", "ps1", "psm1", "vbs", "js", "mjs", "pl", "rb", "lua", "php", "command",
        "pth",
    ]

    /// Whether a text of this name is run by something; Python's sources are looked at elsewhere.
    static func isScript(_ path: String) -> Bool { scripts.contains(lastExtension(of: path)) }

    private static let pickleCarriers: Set<String> = [
        "pkl", "pickle", "pck", "pt", "pth", "ckpt", "joblib", "dill", "cloudpickle",
    ]

    /// Whether a file of this name is handed to an unpickler by whoever loads it, whatever it looks like to us.
    /// Extensions that other formats share, such as `.bin`, are none of these: their files are judged by content.
    static func isPickleCarrier(_ path: String) -> Bool { pickleCarriers.contains(lastExtension(of: path)) }

    /// All of a name that an inspection asks for: two files of the same content and kind are judged alike.
    static func kind(of path: String) -> String {
        let name = path.utf8.split(separator: UInt8(ascii: "/")).last.map { String($0) ?? "" } ?? ""
        let isWhole = ["fingerprint.pb", "keras_metadata.pb"].contains(name)
        if isWhole { return name }
        return name.hasSuffix("config.json") ? "config.json" : "." + lastExtension(of: name)
    }

    /// The formats that a name promises; `nil` if it promises none.
    static func promised(by path: String) -> Set<FileFormat>? { formats[lastExtension(of: path)] }
}
