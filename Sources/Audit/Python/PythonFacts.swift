// SPDX-License-Identifier: Apache-2.0

/// Makes modules of what the reader of Python sources prints (`Python/buckler/buckler_audit/facts.py` names the
/// members). A source that found a way to speak for the reader could say anything here, so whatever is missing or of
/// another kind is left out or makes the source unreadable; it is never trusted to fit.
package struct PythonFacts {
    private let path: String

    /// - Parameter line: without its end.
    package static func module(_ line: ArraySlice<UInt8>, path: String) -> Result<PythonModule, Unreadable> {
        guard let json = FactsJSON(line), case .object = json else {
            return .failure(Unreadable(Place(path), "what was found out about the source is not JSON"))
        }
        let facts = PythonFacts(path: path)
        if let reason = json["error"]?.text {
            let line = json["line"]?.int.flatMap { $0 > 0 ? $0 : nil }
            let text = reason.isEmpty ? "the source cannot be read" : Printed.cut(reason, limit: 300)
            return .failure(Unreadable(Place(path, line: line), text))
        }
        guard case .list = json["calls"] else {
            return .failure(Unreadable(Place(path), "what was found out about the source is not complete"))
        }
        return .success(facts.module(json))
    }

    private func module(_ json: FactsJSON) -> PythonModule {
        var module = PythonModule(path: path)
        module.calls = list(json, "calls").compactMap(call)
        module.classes = list(json, "classes").compactMap(aClass)
        module.handlers = list(json, "handlers").compactMap(handler)
        module.texts = list(json, "texts").compactMap(text)
        module.comparisons = list(json, "compares").map(comparison)
        module.emptyKeys = list(json, "empties").map(place)
        module.settings = list(json, "sets").compactMap(setting)
        module.misplacedGuards = list(json, "guards").compactMap(guardFault)
        module.idleLimits = list(json, "limits").compactMap(idleLimit)
        module.refusals = list(json, "answers").compactMap(refusal)
        module.unreached = list(json, "unreached").compactMap(unreached)
        module.imports = list(json, "imports").compactMap(\.text)
        return module
    }

    private func list(_ json: FactsJSON, _ key: String) -> [FactsJSON] { json[key]?.list ?? [] }

    private func place(_ json: FactsJSON) -> Place {
        func positive(_ key: String) -> Int? { json[key]?.int.flatMap { $0 > 0 ? $0 : nil } }
        return Place(path, line: positive("l"), column: positive("c"), length: positive("e"))
    }

    private func call(_ json: FactsJSON) -> PythonCall? {
        guard let name = json["n"]?.text else { return nil }
        return PythonCall(
            name: name,
            place: place(json),
            function: json["f"]?.text ?? "",
            handler: json["h"]?.text.flatMap(PythonHandler.Kind.init),
            arguments: arguments(list(json, "a")),
            isAfterVerification: json["v"]?.bool ?? false,
            receiverTaint: list(json, "r").compactMap(\.text),
            service: json["o"]?.text,
            subject: json["w"]?.text
        )
    }

    private func arguments(_ list: [FactsJSON]) -> [PythonArgument] {
        list.map { PythonArgument(keyword: $0["k"]?.text, value: value($0)) }
    }

    private func value(_ json: FactsJSON) -> PythonValue {
        var value = PythonValue()
        value.text = json["s"]?.text
        value.bool = json["b"]?.bool
        value.number = json["i"]?.text
        value.isNone = json["z"]?.bool ?? false
        value.name = json["n"]?.text
        value.arguments = arguments(list(json, "a"))
        let items = arguments(list(json, "m"))
        value.items = items.map(\.value)
        value.members = items.filter { $0.keyword != nil }
        value.secret = json["x"]?.text
        value.taint = list(json, "t").compactMap(\.text)
        return value
    }

    private func aClass(_ json: FactsJSON) -> PythonClass? {
        guard let name = json["n"]?.text else { return nil }
        return PythonClass(
            name: name,
            place: place(json),
            bases: list(json, "b").compactMap(\.text),
            decorators: list(json, "d").map(value),
            methods: list(json, "m").compactMap(\.text)
        )
    }

    private func handler(_ json: FactsJSON) -> PythonHandler? {
        guard let name = json["n"]?.text, let kind = json["h"]?.text.flatMap(PythonHandler.Kind.init) else {
            return nil
        }
        return PythonHandler(
            name: name,
            function: json["f"]?.text ?? name,
            kind: kind,
            place: place(json),
            decorators: list(json, "d").map(value),
            parameters: list(json, "p").compactMap(parameter)
        )
    }

    private func parameter(_ json: FactsJSON) -> PythonHandler.Parameter? {
        guard let name = json["n"]?.text else { return nil }
        return PythonHandler.Parameter(
            name: name,
            annotation: list(json, "y").compactMap(\.text),
            isChecked: json["k"]?.bool ?? false,
            isSizeChecked: json["z"]?.bool ?? false,
            use: json["u"].flatMap { use in use["n"]?.text.map { ($0, place(use)) } },
            isUsedInPart: json["p"]?.bool ?? false
        )
    }

    private func text(_ json: FactsJSON) -> PythonText? {
        guard let name = json["n"]?.text, let text = json["s"]?.text else { return nil }
        return PythonText(name: name, text: text, place: place(json))
    }

    private func setting(_ json: FactsJSON) -> PythonSetting? {
        guard let name = json["n"]?.text, let value = list(json, "a").first.map(value) else { return nil }
        return PythonSetting(name: name, value: value, place: place(json))
    }

    private func guardFault(_ json: FactsJSON) -> PythonMisplacedGuard? {
        guard let fault = json["n"]?.text.flatMap(PythonMisplacedGuard.Fault.init) else { return nil }
        return PythonMisplacedGuard(
            fault: fault,
            function: json["f"]?.text ?? "",
            subject: json["w"]?.text ?? "",
            place: place(json)
        )
    }

    private func refusal(_ json: FactsJSON) -> PythonRefusal? {
        guard let name = json["n"]?.text else { return nil }
        return PythonRefusal(
            name: name,
            statuses: Set(list(json, "s").compactMap(\.int)),
            isAttached: json["d"]?.bool ?? false,
            place: place(json)
        )
    }

    private func unreached(_ json: FactsJSON) -> PythonUnreached? {
        guard let kind = json["n"]?.text.flatMap(PythonUnreached.Kind.init) else { return nil }
        return PythonUnreached(kind: kind, function: json["f"]?.text ?? "", place: place(json))
    }

    private func idleLimit(_ json: FactsJSON) -> PythonIdleLimit? {
        guard let name = json["n"]?.text, let fault = json["w"]?.text.flatMap(PythonIdleLimit.Fault.init) else {
            return nil
        }
        return PythonIdleLimit(name: name, fault: fault, place: place(json))
    }

    private func comparison(_ json: FactsJSON) -> PythonComparison {
        PythonComparison(
            left: json["x"]?.text ?? "",
            right: json["y"]?.text ?? "",
            isWithConstant: json["q"]?.bool ?? false,
            place: place(json)
        )
    }
}
