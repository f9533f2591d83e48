// SPDX-License-Identifier: Apache-2.0
internal import Inference
private import InferenceProtos
internal import ModelRepository

extension ModelTable {
    func isReady(_ name: String, version: Int64?) throws(ServingError) -> Bool {
        do {
            return try lookUp(name, version: version).parts.engine.isReady
        } catch {
            // Known but not serving is an answer; unknown is an error.
            if error.code == .unavailable { return false }
            throw error
        }
    }

    /// For statistics, which name unknown models in a way of their own.
    func readyVersions(ofModel name: String?, version: Int64?) throws(ServingError) -> [ServableVersion] {
        guard let name else {
            return models.keys.sorted().flatMap { ready($0).values.sorted { $0.version < $1.version } }
        }
        let versions = ready(name)
        guard !versions.isEmpty else {
            throw ServingError(.invalidArgument, "requested model '\(name)' is not available")
        }
        guard let version else { return versions.values.sorted { $0.version < $1.version } }
        guard let servable = versions[version] else {
            throw ServingError(
                .invalidArgument,
                "requested model version is not available for model '\(name)'"
            )
        }
        return [servable]
    }

    /// - Parameter known: what the repositories hold, loaded or not.
    func index(known: RepositorySnapshot, readyOnly: Bool) -> [RepositoryIndexEntry] {
        var entries: [RepositoryIndexEntry] = []
        for name in Set(known.models.keys).union(known.unavailable.keys).union(models.keys).sorted() {
            let versions = models[name] ?? [:]
            if versions.isEmpty, !readyOnly {
                let reason = refusals[name] ?? known.unavailable[name] ?? ""
                entries.append(RepositoryIndexEntry(name: name, reason: reason))
            }
            for (version, entry) in versions.sorted(by: { $0.key < $1.key })
            where !readyOnly || entry.state == .ready {
                entries.append(
                    RepositoryIndexEntry(name: name, version: version, state: entry.state, reason: entry.reason)
                )
            }
        }
        return entries
    }
}

extension ServableVersion {
    func metadata(versions: [Int64]) -> ModelMetadata {
        let batches = maxBatchSize > 0
        func withBatch(_ spec: TensorSpec) -> TensorSpec {
            var spec = spec
            if batches { spec.shape = spec.shape.prepending(-1) }
            return spec
        }
        return ModelMetadata(
            name: name,
            versions: versions,
            platform: parts.config.platform.isEmpty ? parts.config.backend : parts.config.platform,
            inputs: inputs.map(withBatch),
            outputs: outputs.map(withBatch)
        )
    }
}
