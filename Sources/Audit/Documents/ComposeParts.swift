// SPDX-License-Identifier: Apache-2.0

/// What stands in a compose file beside its services.
extension ComposeReader {
    /// A volume that is a path of the host by another name.
    static func bound(_ mount: Mount, _ volumes: DataNode?) -> Mount {
        guard mount.kind == .volume, let options = volumes?[mount.source]?["driver_opts"] else { return mount }
        let written = options["o"]?.text ?? ""
        guard let path = Container.boundPath(options["device"]?.text, options: written) else { return mount }
        var mount = mount
        mount.kind = .host
        mount.source = path
        mount.isReadOnly = mount.isReadOnly || written.split(separator: ",").contains("ro")
        return mount
    }

    /// Files that services are given: the content, or the path of the host, stands in the compose file.
    static func contents(_ root: DataNode) -> [Workload] {
        let kinds = [("configs", "config"), ("secrets", "Secret")]
        return kinds.flatMap { key, kind in
            (root[key]?.members ?? []).compactMap { member in
                if let path = member.value["file"]?.located {
                    var workload = Workload(kind: kind, name: member.key, place: member.keyPlace)
                    workload.hostPaths = [.init(kind: .file, path: path)]
                    return workload
                }
                guard let content = member.value.member("content"), let text = content.value.scalar else { return nil }
                var workload = Workload(kind: kind, name: member.key, place: member.keyPlace)
                workload.entries = [
                    EnvironmentVariable(
                        name: Located(content.key, at: content.keyPlace),
                        value: Located(text.text, at: text.place)
                    )
                ]
                workload.settings = text.settings
                return workload
            }
        }
    }

    /// Hooks that have rights of their own, which those of the service do not tell.
    static func privilegedHooks(_ service: DataNode.Member) -> [Container] {
        ["post_start", "pre_stop"].flatMap { service.value[$0]?.items ?? [] }.compactMap { hook in
            guard hook["privileged"] != nil || hook["user"] != nil else { return nil }
            var container = Container(.exec, name: service.key, place: hook.place)
            container.privileged = hook["privileged"]?.composeBool
            container.user = hook["user"]?.located
            return container
        }
    }
}

extension DataNode.Scalar {
    /// Lines as in `NAME=value` and `name: value` of a file that is written in another; none of a single line.
    var settings: [EnvironmentVariable] {
        guard text.contains("\n") else { return [] }
        let source = SourceText(self)
        var offset = 0
        return source.scalars.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line in
            let place = source.place(offset)
            offset += line.count + 1
            guard line.count <= 1000, let sign = line.firstIndex(where: { $0 == "=" || $0 == ":" }) else { return nil }
            let name = String(String.UnicodeScalarView(line[..<sign])).trimmingBlanks
            let value = String(String.UnicodeScalarView(line[line.index(after: sign)...])).trimmingBlanks
            // Anything else is a sentence, or code.
            guard name.unicodeScalars.allSatisfy({ $0.isName || $0 == "-" || $0 == "." }),
                !value.contains(where: { " ()[]{}".contains($0) })
            else { return nil }
            return EnvironmentVariable(name: Located(name, at: place), value: Located(value, at: place))
        }
    }
}

extension DataNode {
    /// A truth value as compose reads it: it takes texts for one too.
    var composeBool: Located<Bool>? {
        guard let scalar else { return nil }
        switch scalar.text.lowercased() {
        case "true", "t", "1", "yes", "y", "on": return Located(true, at: scalar.place)
        case "false", "f", "0", "no", "n", "off": return Located(false, at: scalar.place)
        default: return nil
        }
    }
}
