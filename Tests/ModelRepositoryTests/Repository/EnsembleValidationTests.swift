// SPDX-License-Identifier: Apache-2.0
import ModelRepository
import Testing

/// An ensemble with these steps, each `model: key=tensor,… -> key=tensor,…`, and input `A`, output `B`.
private func ensemble(_ steps: [String], more: String = "") -> String {
    let steps = steps.map { step in
        let sides = step.split(separator: ":")[1].split(separator: "->", omittingEmptySubsequences: false)
        let maps = zip(["input_map", "output_map"], sides).flatMap { field, side in
            side.split(separator: " ").map { entry in
                let pair = entry.split(separator: "=")
                return #"\#(field) { key: "\#(pair[0])" value: "\#(pair[1])" }"#
            }
        }
        return #"step { model_name: "\#(step.split(separator: ":")[0])" \#(maps.joined(separator: " ")) }"#
    }
    return #"""
        name: "E" platform: "ensemble" version_policy { all { } }
        input { name: "A" data_type: TYPE_FP32 dims: 1 } output { name: "B" data_type: TYPE_FP32 dims: 1 }
        ensemble_scheduling { \#(steps.joined(separator: " ")) } \#(more)
        """#
}

@Suite struct EnsembleValidationTests {
    @Test(arguments: [
        ["m: x=A -> y=B"],
        ["m: x=A -> y=T", "n: x=T -> y=B"],
        // The order of the steps says nothing.
        ["n: x=T z=A -> y=B", "m: x=A -> y=T"],
    ])
    func findsNothingWrongWithAGoodEnsemble(steps: [String]) throws {
        #expect(try Refusal(ensemble(steps), "", at: "").problems() == [])
    }

    @Test(arguments: [
        Refusal(
            #"name: "E" backend: "b" version_policy { all { } } instance_group { kind: KIND_CPU }"#
                + #" ensemble_scheduling { step { model_name: "m" input_map { key: "x" value: "A" }"#
                + #" output_map { key: "y" value: "B" } } } input { name: "A" data_type: TYPE_FP32 dims: 1 }"#
                + #" output { name: "B" data_type: TYPE_FP32 dims: 1 }"#,
            "ensemble scheduling cannot be set for model 'E' whose platform is not ensemble",
            at: "ensemble_scheduling"
        ),
        Refusal(
            ensemble(["m: x=A -> y=B"], more: "instance_group { }"),
            "instance group should not be specified for ensemble 'E'",
            at: "instance_group"
        ),
        Refusal(
            ensemble(["m: x=A -> y=B"], more: "optimization { }"),
            "optimization should not be specified for ensemble 'E'",
            at: "optimization"
        ),
        Refusal(
            ensemble(["m: x=A -> y=B"], more: "model_warmup { }"),
            "model_warmup can not be specified for ensemble 'E'",
            at: "model_warmup"
        ),
        Refusal(ensemble([]), "must specify 'step' for ensemble 'E'", at: "ensemble_scheduling.step"),
        Refusal(
            #"name: "E" platform: "ensemble" version_policy { all { } } ensemble_scheduling { step { } }"#,
            "must specify 'model_name' in step 0 of ensemble 'E'",
            at: "ensemble_scheduling.step[0]"
        ),
        Refusal(
            ensemble(["m: x=A -> y=T", "n: -> y=B"]),
            "must specify 'input_map' in step 1 of ensemble 'E'",
            at: "ensemble_scheduling.step[1]"
        ),
        Refusal(
            ensemble(["m: x=A ->"]),
            "must specify 'output_map' in step 0 of ensemble 'E'",
            at: "ensemble_scheduling.step[0]"
        ),
        Refusal(
            ensemble(["m: x=A -> y=B", "n: x=A -> y=B"]),
            "ensemble tensor 'B' can appear in an output map only once for ensemble 'E' step 1",
            at: "ensemble_scheduling.step[1].output_map"
        ),
        Refusal(
            ensemble(["m: x=T -> y=B"]),
            "ensemble input 'A' for ensemble E' is not used",
            at: "input[0]"
        ),
        Refusal(
            ensemble(["m: x=A -> y=T"]),
            "ensemble output 'B' for ensemble E' is not used",
            at: "output[0]"
        ),
        Refusal(
            ensemble(["m: x=A z=B -> y=T"]),
            "output 'B' for ensemble 'E' is not written",
            at: "output[0]"
        ),
        Refusal(
            ensemble(["m: x=A z=S -> y=T", "n: x=T -> y=B"]),
            "output 'B' for ensemble 'E' is not written: at least one of its depending tensors, 'S', is not connected",
            at: "output[0]"
        ),
        Refusal(
            ensemble(["m: x=A z=U -> y=T", "n: x=T -> y=U w=B"]),
            "output 'B' for ensemble 'E' is not written: at least one of its depending tensors, 'U', is not connected",
            at: "output[0]"
        ),
        Refusal(
            ensemble(["m: x=A -> y=B z=T"]),
            "ensemble tensor 'T' is unused in ensemble 'E'",
            at: "ensemble_scheduling"
        ),
    ])
    func checksAnEnsemble(refusal: Refusal) throws {
        #expect(try refusal.problems().first == refusal.expected)
    }

    @Test func asksForSchedulingOfAnEnsemble() throws {
        let refusal = Refusal(
            #"name: "E" platform: "ensemble" version_policy { all { } }"#,
            "ensemble scheduling must be set for ensemble E whose platform is ensemble",
            at: "platform"
        )
        #expect(try refusal.problems(stage: .beforeAutoComplete) == [refusal.expected])
    }

    /// Triton draws an edge from each input of a step to each of its outputs; that would be 16 million here.
    @Test func isLinearInAWideStep() throws {
        let inputs = (0..<4000).map { "i\($0)=A" }.joined(separator: " ")
        let middle = (0..<4000).map { "o\($0)=T\($0)" }.joined(separator: " ")
        let last = (0..<4000).map { "i\($0)=T\($0)" }.joined(separator: " ")
        // Not a time limit of the test's: that counts how long other tests keep it waiting too.
        let start = ContinuousClock.now
        #expect(try Refusal(ensemble(["m: \(inputs) -> \(middle)", "n: \(last) -> y=B"]), "", at: "").problems() == [])
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
