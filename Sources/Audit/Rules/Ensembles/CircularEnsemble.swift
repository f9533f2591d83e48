// SPDX-License-Identifier: Apache-2.0
private import InferenceProtos

extension Rule {
    static let circularEnsemble = Rule(
        id: "BKL-E002",
        title: "Ensemble depends on itself",
        severity: .error,
        why: "A request goes round until something runs out: one client's request is everybody's outage.",
        mend: "Break the circle: no model may need, through any steps, its own output.",
        references: [.cwe(674), .cwe(400), .sheet("Triton: Validate Ensemble Pipeline Security")],
        bad: [
            .ensembles(["a": ["b"], "b": ["a"]]), .ensemble(of: ["e"], version: 1),
            .file("models/e/config.pbtxt", circularTensors),
        ],
        good: [.ensembles(["a": ["b", "c"], "b": ["c"]])],
        checks: [
            .project { project, findings in
                let configs = project.modelDirectories.compactMap(\.config)
                let graph = EnsembleDependencies(configs)
                for config in configs where config.ensemble != nil {
                    guard let circle = graph.circle(through: config.modelName) else { continue }
                    let names = circle.map { Printed.quoted($0) }.joined(separator: " → ")
                    findings.add(config.place("ensemble_scheduling"), "ensemble depends on itself: \(names)")
                }
            },
            .modelConfig { file, findings in
                guard let ensemble = file.ensemble else { return }
                var after: [String: Set<String>] = [:]
                for step in ensemble.step {
                    for input in step.inputMap.values { after[input, default: []].formUnion(step.outputMap.values) }
                }
                guard let tensor = Reachability(after).firstOnCircle else { return }
                findings.add(
                    file.place("ensemble_scheduling"),
                    "tensor \(Printed.quoted(tensor)) of ensemble \(Printed.quoted(file.modelName)) is made from itself"
                )
            },
        ]
    )

    private static let circularTensors = """
        name: "e"
        platform: "ensemble"
        ensemble_scheduling {
          step [
            { model_name: "A" model_version: 1
              input_map { key: "x" value: "B_out" } output_map { key: "y" value: "A_out" } },
            { model_name: "B" model_version: 1
              input_map { key: "x" value: "A_out" } output_map { key: "y" value: "B_out" } }
          ]
        }
        """
}

/// What leads to what: directed, and walked without recursion, since a hostile file draws it.
struct Reachability {
    private let next: [String: Set<String>]

    init(_ next: [String: Set<String>]) { self.next = next }

    /// The first name, in order, from which a way leads back to it.
    var firstOnCircle: String? {
        var done: Set<String> = []
        for start in next.keys.sorted() where !done.contains(start) {
            // Depth first: what is on the way when it is met again closes a circle.
            var way: [(name: String, left: [String])] = [(start, next[start, default: []].sorted())]
            var onWay: Set<String> = [start]
            while var last = way.popLast() {
                guard let following = last.left.popLast() else {
                    onWay.remove(last.name)
                    done.insert(last.name)
                    continue
                }
                way.append(last)
                if onWay.contains(following) { return following }
                if done.contains(following) { continue }
                onWay.insert(following)
                way.append((following, next[following, default: []].sorted()))
            }
        }
        return nil
    }

    /// A shortest way from `start` back to it, both ends included.
    func circle(through start: String) -> [String]? {
        var from: [String: String] = [:]
        var waiting = [start]
        var index = 0
        while index < waiting.count {
            let name = waiting[index]
            index += 1
            for following in next[name, default: []].sorted() {
                if following == start {
                    var way = [start]
                    var step = name
                    while step != start {
                        way.append(step)
                        step = from[step] ?? start
                    }
                    way.append(start)
                    return way.reversed()
                }
                guard from[following] == nil else { continue }
                from[following] = name
                waiting.append(following)
            }
        }
        return nil
    }
}

/// Which models the ensembles of a repository are made of.
struct EnsembleDependencies {
    private let reachability: Reachability
    private let steps: [String: [String]]

    init(_ configs: [ModelConfigFile]) {
        var steps: [String: [String]] = [:]
        for config in configs { steps[config.modelName, default: []] += config.ensemble?.step.map(\.modelName) ?? [] }
        self.steps = steps
        reachability = Reachability(steps.mapValues { Set($0) })
    }

    func circle(through model: String) -> [String]? { reachability.circle(through: model) }

    /// Executions that one request to `model` sets off, ensembles within ensembles counted through; `.max` for a circle
    /// or for more than can be counted.
    func executions(of model: String) -> Int {
        var known: [String: Int] = [:]
        return executions(of: model, depth: 0, &known)
    }

    private func executions(of model: String, depth: Int, _ known: inout [String: Int]) -> Int {
        guard let parts = steps[model], !parts.isEmpty else { return 1 }
        if let count = known[model] { return count }
        guard depth < 64 else { return .max }
        known[model] = .max
        var sum = 0
        for part in parts {
            let (next, overflow) = sum.addingReportingOverflow(executions(of: part, depth: depth + 1, &known))
            sum = overflow ? .max : next
        }
        known[model] = sum
        return sum
    }
}
