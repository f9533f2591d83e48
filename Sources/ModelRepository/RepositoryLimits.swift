// SPDX-License-Identifier: Apache-2.0

/// What a model directory, or a load request in place of one, may hold. Each is checked before the memory is taken.
package struct RepositoryLimits: Sendable, Equatable {
    /// Entries of any one directory, the repository's root included.
    package var directoryEntries = 65_536
    /// Bytes of a configuration, on disk or in a load request.
    package var configurationBytes = 4 << 20
    package var inputs = 4096
    package var outputs = 4096
    package var dimensions = 64
    /// Bytes of a name: of a model, tensor, instance group, parameter, or ensemble tensor.
    package var nameBytes = 1024
    package var versions = 1024
    /// Instances of a model, over all its groups.
    package var instances = 1024
    package var instanceGroups = 256
    package var ensembleSteps = 1024
    /// Entries of each of the maps and lists of a configuration that no other limit names.
    package var entries = 4096
    /// How long a configuration may have requests wait for a batch to fill. Timeouts are not bounded: one that is too
    /// long to count is none.
    package var queueDelayMicroseconds: UInt64 = 3_600_000_000
    package var labelFileBytes = 16 << 20
    package var labels = 1_000_000
    /// Files that a load request brings along.
    package var overrideFiles = 4096

    package static let defaults = RepositoryLimits()

    package init() {}
}
