// SPDX-License-Identifier: Apache-2.0

/// A `requirements.txt` or a lock file.
package struct RequirementsFile: Sendable {
}
