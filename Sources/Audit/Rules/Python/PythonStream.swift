// SPDX-License-Identifier: Apache-2.0

/// What brings bytes, and names no file, where a function takes either.
enum PythonStream {
    /// Functions of ``PythonNames/paths``, and those that load models, that take an open file or bytes as well.
    private static let takers: Set<String> = [
        "numpy.load", "numpy.loadtxt", "numpy.fromfile", "PIL.Image.open", "torch.jit.load", "tarfile.open",
        "onnxruntime.InferenceSession", "onnx.load", "onnx.load_model", "torchaudio.load", "soundfile.read",
        "zipfile.ZipFile", "flask.send_file", "librosa.load",
    ]

    /// How the names of open files, and of what was read from them, end.
    private static let ends = [
        ".raw", ".stream", ".content", ".read()", ".getvalue()", ".getbuffer()", ".body()", ".get_data()", "open()",
    ]

    /// - Parameter module: whose handlers say by their annotations what is an upload.
    static func isGiven(_ value: PythonValue, to call: PythonCall, in module: PythonModule) -> Bool {
        guard let name = value.name else { return false }
        if name.hasPrefix("io.BytesIO") { return true }
        guard takers.contains(call.name) || call.name.hasPrefix("pandas.") else { return false }
        if ends.contains(where: name.hasSuffix) { return true }
        if name.hasPrefix("flask.request.files") { return !name.hasSuffix(".filename") }
        guard name.hasSuffix(".file") else { return false }
        // Members of a form; those of what is described are fields, which may be paths.
        return name.hasSuffix("[].file") || name.contains(".form()")
            || value.taint.contains { isUpload($0, in: module) }
    }

    private static func isUpload(_ parameter: String, in module: PythonModule) -> Bool {
        module.handlers.contains { handler in
            handler.parameters.contains { each in
                each.name == parameter && each.annotation.contains { $0.hasSuffix("UploadFile") }
            }
        }
    }
}
