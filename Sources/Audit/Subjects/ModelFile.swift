// SPDX-License-Identifier: Apache-2.0

/// A file of a model as the inspector sees it: by its content, whatever its name says.
package struct ModelFile: Sendable {
    package var path: String
    package var inspection: Inspection

    package init(path: String, inspection: Inspection) {
        self.path = path
        self.inspection = inspection
    }
}
