// SPDX-License-Identifier: Apache-2.0

/// `bentofile.yaml`, or `[tool.bentoml.build]` of `pyproject.toml`.
package struct BentoBuild: Sendable {
}
