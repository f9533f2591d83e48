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

    /// The formats that a name promises; `nil` if it promises none.
    static func promised(by path: String) -> Set<FileFormat>? { formats[lastExtension(of: path)] }
}
