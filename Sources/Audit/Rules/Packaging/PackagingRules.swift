// SPDX-License-Identifier: Apache-2.0

/// Rules about how bentos are built: `bentofile.yaml`, `pyproject.toml`, requirements.
enum PackagingRules {
    static let all: [Rule] = [
        .bentoUnpinnedPackage, .bentoUnlocked, .bentoUnhashed, .bentoPlainIndex, .bentoTrustedHost, .bentoExtraIndex,
        .bentoOwnBuildCode, .bentoPacksEverything, .bentoPacksSecret, .bentoRoot, .bentoWrittenSecret, .bentoBaseImage,
        .bentoPathEscapes, .bentoSystemPackage, .bentoInjectedLine, .bentoForeignPackage, .bentoLatestModel,
        .bentoUnverifiedImport, .bentoPickledModel,
    ]
}
