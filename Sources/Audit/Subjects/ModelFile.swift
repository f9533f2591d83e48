// SPDX-License-Identifier: Apache-2.0

/// A file as the inspector sees it: by its content, whatever its name says.
package struct ModelFile: Sendable {
    package var path: String
    package var inspection: Inspection
    /// Whether it lies beneath a model's directory: in a plain project, text and unknown files are nobody's business.
    package var isInModelDirectory: Bool
    /// Whether it lies in a directory for one version of a model, where each file is loaded by something.
    package var isInVersionDirectory: Bool
    /// Whether a model beside it names it as the file that its tensors are in: it is then of no format, and may be.
    package var isTensorData = false
    /// Whether a model beside it names a file for its tensors that is not there: this may be the one that is meant.
    package var mayBeTensorData = false
    /// Whether a `model.py` lies beside it, or above, which may import or start it.
    package var isBesidePythonModel = false
    /// What it takes tensors from, looked up in the audited tree.
    package var externalData: [ExternalData] = []

    /// A file that an ONNX model names, and what is there.
    package struct ExternalData: Sendable {
        package var use: ExternalDataUse
        /// `nil` if there is nothing.
        package var entry: AuditEntry?
        /// A directory on the way to it that is a link.
        package var linkOnTheWay: AuditEntry?
    }

    package init(
        path: String,
        inspection: Inspection,
        isInModelDirectory: Bool,
        isInVersionDirectory: Bool
    ) {
        self.path = path
        self.inspection = inspection
        self.isInModelDirectory = isInModelDirectory
        self.isInVersionDirectory = isInVersionDirectory
    }
}
