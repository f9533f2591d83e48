// SPDX-License-Identifier: Apache-2.0

/// Reads files of a tree as texts and as documents, each within its bounds.
struct TextReading {
    let tree: any AuditTree
    let limits: AuditLimits

    /// - Parameter limit: in bytes, where it is less than that of all texts.
    func text(of entry: AuditEntry, limit: Int = .max) throws(Unreadable) -> String {
        let limit = min(limit, limits.textBytes)
        let source = try tree.open(entry.path)
        // Of what was opened: a link's own size is not its target's.
        guard source.count <= limit else {
            throw Unreadable(Place(entry.path), "the file has \(source.count) bytes, more than \(limit)")
        }
        let bytes = try source.read(at: 0, count: source.count)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Unreadable(Place(entry.path), "the file is not UTF-8 text")
        }
        guard !CombiningMarks.areTooMany(in: text) else {
            let problem = "a character of the file has more than \(CombiningMarks.limit) marks on it"
            throw Unreadable(Place(entry.path), problem)
        }
        return text
    }

    /// Of a text that was read before; none if it cannot be read any more.
    func lines(of path: String) -> SourceLines {
        guard let source = try? tree.open(path), source.count <= limits.textBytes,
            let bytes = try? source.read(at: 0, count: limits.textBytes),
            let text = String(validating: bytes, as: UTF8.self)
        else { return SourceLines() }
        return SourceLines(text, endings: .init(ofFileAt: path))
    }

    /// Bytes of a JSON file that is looked at more closely than for a manifest's keys.
    private static let longestManifest = 1 << 20

    /// What no YAML reader takes, an engine or a cluster does not either: lines of data and templates of programs are
    /// nobody's manifests. What has their keys was meant as one.
    private func json(_ entry: AuditEntry) throws(Unreadable) -> [DataDocument]? {
        // Weights and vocabularies come as JSON too; nobody deploys one of that size.
        let source = try tree.open(entry.path)
        if source.count > Self.longestManifest {
            let bytes = try source.read(at: 0, count: min(source.count, limits.textBytes))
            guard ManifestKeys.areIn(bytes) else { return nil }
        }
        let text = try text(of: entry)
        do throws(Unreadable) {
            return try DataReader.yaml(text, file: entry.path, limits: limits)
        } catch {
            let plain = JSONComments.blanked(text)
            if plain != text, let read = try? DataReader.yaml(plain, file: entry.path, limits: limits) { return read }
            let isMeant = DevContainerReader.isNamed(entry.name) || Self.manifestKeys.contains(where: text.contains)
            if isMeant { throw error }
            return nil
        }
    }

    private static let manifestKeys = ["apiVersion", "services"]

    /// - Returns: `nil` for a file that is no YAML, TOML or JSON, going by its name, or large and no manifest.
    func documents(of entry: AuditEntry) throws(Unreadable) -> [DataDocument]? {
        let name = entry.name.lowercased()
        if name.hasSuffix(".json") { return try json(entry) }
        if FileKinds.isYAML(entry) {
            return try DataReader.yaml(try text(of: entry), file: entry.path, limits: limits)
        }
        if name.hasSuffix(FileKinds.toml) {
            return [try DataReader.toml(try text(of: entry), file: entry.path, limits: limits)]
        }
        return nil
    }

    /// What a shell puts into a manifest may be lines of it; the others are read without them.
    func documents(in text: WrittenText) throws(Unreadable) -> [DataDocument] {
        let file = text.text.file
        guard !text.isExact else { return try DataReader.yaml(text.text.padded, file: file, limits: limits) }
        do throws(Unreadable) {
            return try DataReader.yaml(text.text.padded, file: file, limits: limits)
        } catch {
            return try DataReader.yaml(text.text.withoutOpenLines.padded, file: file, limits: limits)
        }
    }
}

extension SourceLines.Endings {
    /// By the kind of file that `path` names.
    init(ofFileAt path: String) {
        if FileKinds.isPython(path: path) {
            self = .returns
        } else {
            self = FileKinds.yaml.contains(where: path.lowercased().hasSuffix) ? .yaml : .newlines
        }
    }
}
