// SPDX-License-Identifier: Apache-2.0

extension Recogniser {
    /// The file that `--config` names: flags of `buckler serve`, without their dashes.
    static let bucklerSettings = Recogniser.data { document in
        let name = document.file.split(separator: "/").last?.lowercased() ?? ""
        guard ["buckler.yaml", "buckler.yml"].contains(name), !document.root.members.isEmpty else { return [] }
        var command = ServerCommand(.buckler, place: document.root.place)
        for member in document.root.members {
            let values = member.value.items.isEmpty ? [member.value] : member.value.items
            for value in values.compactMap(\.scalar) {
                let place = value.place
                let word = ShellWord(value.text, at: place)
                command.flags.append(.init(name: member.key.lowercased(), value: word, place: member.keyPlace))
            }
        }
        return [.serverCommand(command)]
    }
}
