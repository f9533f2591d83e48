// SPDX-License-Identifier: Apache-2.0

/// Rules about model repositories: directories and `config.pbtxt`.
enum RepositoryRules {
    static let all: [Rule] = [
        .invalidConfiguration, .missingConfiguration, .linkWithinRepository, .linkOutOfRepository, .oddFile,
        .openPermissions, .hardLink, .hostileName, .tooManyFiles, .allVersions, .manyInstances, .unpinnedGPU,
        .pythonBackend, .remoteCodeParameter, .environmentOutside, .nativeOperators, .nativeBackend, .escapingPath,
        .pickleBackend, .unboundedDimension, .largeBatch, .unboundedQueue, .sharedResponseCache, .limitWithoutBound,
        .unlikeOtherQueues,
    ]
}
