// SPDX-License-Identifier: Apache-2.0

/// The one build of ONNX Runtime that Buckler installs, by the digests of what PyPI serves.
///
/// The library inside a wheel does not depend on the Python version the wheel is for, so one wheel per architecture is
/// enough: pip is told which, whatever interpreter it runs under.
package struct EnginePins: Sendable {
    /// `1.31.1`.
    package var version: String
    package var wheelName: String
    package var platform: String
    package var wheelDigest: FileDigest
    /// Of `libonnxruntime.so.<version>` in the wheel.
    package var libraryDigest: FileDigest

    static let pythonVersion = "3.12"
    static let pythonImplementation = "cp"
    static let pythonABI = "cp312"

    package var libraryName: String { "libonnxruntime.so.\(version)" }

    /// What is taken out of the wheel: nothing else of it is ever written to disk. Sizes are upper bounds in bytes.
    var members: [(path: String, name: String, limit: Int)] {
        [
            ("onnxruntime/capi/\(libraryName)", libraryName, 256 << 20),
            ("onnxruntime/LICENSE", "LICENSE", 1 << 20),
            ("onnxruntime/ThirdPartyNotices.txt", "ThirdPartyNotices.txt", 8 << 20),
        ]
    }

    /// One line of a requirements file: with its digest, pip refuses anything else.
    var requirement: String { "onnxruntime==\(version) --hash=sha256:\(wheelDigest)" }

    /// Arguments of `python` that fetch the wheel into `directory`.
    ///
    /// `-I`: Python else looks for the module `pip` in the current directory first, which others may be able to write.
    func pipArguments(requirements: String, directory: String) -> [String] {
        [
            "-I", "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes",
            "--disable-pip-version-check", "--no-input",
            "--python-version", Self.pythonVersion, "--implementation", Self.pythonImplementation,
            "--abi", Self.pythonABI, "--platform", platform,
            "--dest", directory, "-r", requirements,
        ]
    }

    package static let x86_64 = EnginePins(
        version: "1.31.1",
        wheelName: "onnxruntime-1.31.1-cp312-cp312-manylinux_2_28_x86_64.whl",
        platform: "manylinux_2_28_x86_64",
        wheelDigest: "1f3dea47f2f0e5117c2404cea7d21fd253ae7836a3bf167a501cdfbb2600d536",
        libraryDigest: "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3"
    )

    package static let aarch64 = EnginePins(
        version: "1.31.1",
        wheelName: "onnxruntime-1.31.1-cp312-cp312-manylinux_2_28_aarch64.whl",
        platform: "manylinux_2_28_aarch64",
        wheelDigest: "0b9a492176886992e0e875f06bc0367e333f5fff11711a2d642e18b02f3009cc",
        libraryDigest: "8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467"
    )

    /// The pins for the machine that this runs on.
    package static var current: EnginePins {
        #if arch(x86_64)
        x86_64
        #elseif arch(arm64)
        aarch64
        #else
        #error("ONNX Runtime is pinned for x86_64 and aarch64 only")
        #endif
    }
}
