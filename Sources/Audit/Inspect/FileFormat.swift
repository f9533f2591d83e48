// SPDX-License-Identifier: Apache-2.0

/// What a file is, by its content.
package enum FileFormat: String, Sendable, Codable, CaseIterable {
    case onnx, safetensors, gguf, npy, npz, tflite, ortFormat, savedModel, graphDef, openVINO, tensorRTPlan, dali
    case hdf5, keras, torchArchive, torchScript, torchLegacy, torchLegacyTar, pickle, joblib
    case elf, pe, machO, arArchive, javaClass, pythonBytecode, webAssembly, llvmBitcode, dex, script
    case zip, jar, tar, gzip, zlib, bzip2, xz, lzma, zstd, lz4, sevenZip, rar, cabinet
    case json, text, empty, unknown

    /// As people call it, with an article where one belongs.
    package var title: String {
        switch self {
        case .onnx: "an ONNX model"
        case .safetensors: "a safetensors file"
        case .gguf: "a GGUF file"
        case .npy: "a NumPy array"
        case .npz: "a zip of NumPy arrays"
        case .tflite: "a TensorFlow Lite model"
        case .ortFormat: "a model in ONNX Runtime's own format"
        case .savedModel: "a TensorFlow SavedModel"
        case .graphDef: "a TensorFlow GraphDef"
        case .openVINO: "an OpenVINO model"
        case .tensorRTPlan: "a TensorRT plan"
        case .dali: "a DALI pipeline"
        case .hdf5: "an HDF5 file"
        case .keras: "a Keras archive"
        case .torchArchive: "a PyTorch archive"
        case .torchScript: "a TorchScript archive"
        case .torchLegacy: "a PyTorch file of the old format"
        case .torchLegacyTar: "a PyTorch tar archive of the oldest format"
        case .pickle: "a pickle"
        case .joblib: "a joblib pickle"
        case .elf: "an ELF executable or library"
        case .pe: "a Windows executable or library"
        case .machO: "a macOS executable or library"
        case .arArchive: "a static library"
        case .javaClass: "a Java class"
        case .pythonBytecode: "Python bytecode"
        case .webAssembly: "a WebAssembly module"
        case .llvmBitcode: "LLVM bitcode"
        case .dex: "an Android executable"
        case .script: "a script"
        case .zip: "a zip archive"
        case .jar: "a Java archive"
        case .tar: "a tar archive"
        case .gzip: "gzip-compressed data"
        case .zlib: "zlib-compressed data"
        case .bzip2: "bzip2-compressed data"
        case .xz: "xz-compressed data"
        case .lzma: "LZMA-compressed data"
        case .zstd: "zstd-compressed data"
        case .lz4: "LZ4-compressed data"
        case .sevenZip: "a 7z archive"
        case .rar: "a RAR archive"
        case .cabinet: "a cabinet archive"
        case .json: "JSON"
        case .text: "plain text"
        case .empty: "an empty file"
        case .unknown: "of unknown content"
        }
    }

    /// Whether a processor, or a virtual machine, runs it as it stands.
    package var isNativeCode: Bool {
        switch self {
        case .elf, .pe, .machO, .arArchive, .javaClass, .webAssembly, .llvmBitcode, .dex, .jar: true
        default: false
        }
    }

    /// Whether it holds other files, or one file in a form that has to be unpacked first.
    package var isArchive: Bool {
        switch self {
        case .zip, .tar, .gzip, .zlib, .bzip2, .xz, .lzma, .zstd, .lz4, .sevenZip, .rar, .cabinet: true
        default: false
        }
    }

    /// Whether it is an archive that nobody here can unpack.
    package var isOpaque: Bool {
        switch self {
        case .bzip2, .xz, .lzma, .zstd, .lz4, .sevenZip, .rar, .cabinet: true
        default: false
        }
    }

    /// Whether loading it loads a pickle.
    package var isPickleCarrier: Bool {
        switch self {
        case .pickle, .joblib, .torchArchive, .torchScript, .torchLegacy, .torchLegacyTar: true
        default: false
        }
    }
}
