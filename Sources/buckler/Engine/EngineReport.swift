// SPDX-License-Identifier: Apache-2.0
import Engines
import Foundation

/// What `buckler engine` says about the engines that are here.
enum EngineReport {
    enum State: String, Encodable {
        case ready
        /// Another version than the one that this build was made for.
        case unused
        /// Changed since it was installed.
        case damaged
    }

    struct Row: Encodable {
        var name: String
        var version: String
        var state: State
        var origin: String
        var sha256: String?
        var path: String?

        /// The engine that is part of Buckler and runs nothing.
        static let identity = builtIn("identity")
        static let repeating = builtIn("repeat")

        private static func builtIn(_ name: String) -> Row {
            Row(name: name, version: BucklerVersion.current, state: .ready, origin: "built in")
        }
    }

    static func rows(in store: EngineStore, pins: EnginePins = .current) -> [Row] {
        let usable = try? store.locate(pins)
        let installed = store.list().map { engine in
            let state: State =
                engine.version != pins.version ? .unused : engine.path == usable?.path ? .ready : .damaged
            return row(engine, state: state)
        }
        return [.identity, .repeating] + installed
    }

    static func row(_ engine: InstalledEngine, state: State) -> Row {
        Row(
            name: EngineCommand.Name.onnxruntime.rawValue,
            version: engine.version,
            state: state,
            origin: engine.origin,
            sha256: engine.digest.description,
            path: engine.libraryPath
        )
    }

    /// A line for each engine, and beneath it where it came from and what exactly it is.
    static func text(_ rows: [Row], on terminal: Terminal = .output) -> String {
        rows.map { row in
            let style: Terminal.Style = row.state == .ready ? .green : .yellow
            let head =
                "\(terminal.styled(row.name, .bold)) \(row.version)  \(terminal.styled(row.state.rawValue, style))"
            let details = [("from", row.origin), ("sha256", row.sha256), ("library", row.path)].compactMap {
                name,
                value in
                value.map { "  \(name.padding(toLength: 7, withPad: " ", startingAt: 0)) \($0)" }
            }
            return ([head] + details).joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
