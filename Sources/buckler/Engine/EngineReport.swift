// SPDX-License-Identifier: Apache-2.0
import Engines
import Inference
import Telemetry

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
        static let identity = Row(name: "identity", version: BucklerVersion.current, state: .ready, origin: "built in")
    }

    static func rows(in store: EngineStore, pins: EnginePins = .current) -> [Row] {
        let usable = try? store.locate(pins)
        let installed = store.list().map { engine in
            let state: State =
                engine.version != pins.version ? .unused : engine.path == usable?.path ? .ready : .damaged
            return row(engine, state: state)
        }
        return [.identity] + installed
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

    static func table(_ rows: [Row]) -> String {
        var table = BoxTable(["Engine", "Version", "State", "From", "SHA-256", "Library"])
        for row in rows {
            table.append([row.name, row.version, row.state.rawValue, row.origin, row.sha256 ?? "", row.path ?? ""])
        }
        return String(table.text.dropLast())
    }
}
