// SPDX-License-Identifier: Apache-2.0

/// Rules about what Python code does.
enum PythonRules {
    static let all: [Rule] = [
        .pythonEvaluatedText, .pythonUnpickledData, .pythonUnsafeYAML, .pythonShellCommand, .pythonStartedProgram,
        .pythonPathFromClient, .pythonSystemPath,
        .pythonAddressFromClient, .pythonNativeLibrary, .pythonTemplateFromClient, .pythonRemoteCode,
        .pythonUncheckedCertificates, .pythonWrittenSecret,
        .pythonDebugServer, .pythonHiddenFunction, .pythonModelNameFromClient, .pythonLoggedSecret,
        .pythonUnpackedArchive, .pythonIdleLimit, .pythonSearchPath, .pythonUnreachedCheck, .pythonUnseenCode,
    ]
}
