// SPDX-License-Identifier: Apache-2.0

/// A container of a pod, as the pod's specification has it.
struct PodPart {
    var node: DataNode
    var name: String
    /// Of the specification's member that it stands in.
    var key: String
    var isTransient: Bool
    /// Whether KServe makes the container, from what is said of it.
    var isServed = false

    /// Whether what KServe makes is Triton.
    var isTriton: Bool {
        isServed && (key == "triton" || node["runtime"]?.text?.lowercased().contains("triton") == true)
    }

    /// All that a specification has; nothing of what is none.
    /// - Parameter key: under which it stands.
    static func all(in spec: DataNode, key: String, isTransient: Bool) -> [PodPart] {
        var parts: [PodPart] = []
        for key in lists {
            for (index, item) in (spec[key]?.items ?? []).enumerated() where isContainer(item, in: key) {
                let name = item["name"]?.text ?? "\(key)[\(index)]"
                let ends = isTransient || !["containers", "sidecars"].contains(key)
                parts.append(PodPart(node: item, name: name, key: key, isTransient: ends))
            }
        }
        for member in spec.members {
            if singles.contains(member.key), member.value["image"] != nil {
                let name = member.value["name"]?.text ?? spec["name"]?.text ?? member.key
                parts.append(PodPart(node: member.value, name: name, key: member.key, isTransient: isTransient))
            } else if isPredictor(member, in: key) {
                let name = member.value["name"]?.text ?? member.key
                var part = PodPart(node: member.value, name: name, key: member.key, isTransient: false)
                part.isServed = true
                parts.append(part)
            }
        }
        return parts
    }

    /// Kubernetes' lists of containers, then Argo's and Tekton's.
    private static let lists = ["containers", "initContainers", "ephemeralContainers", "sidecars", "steps"]
    /// Argo's templates have one.
    private static let singles: Set<String> = ["container", "script"]

    /// Other lists are called `steps` too, of things that have no image.
    private static func isContainer(_ item: DataNode, in key: String) -> Bool {
        !item.members.isEmpty && (key.hasSuffix("ontainers") || item["image"] != nil)
    }

    /// KServe names a model and its format, or its framework, instead of a container.
    private static func isPredictor(_ member: DataNode.Member, in key: String) -> Bool {
        guard !member.value.members.isEmpty else { return false }
        if member.key == "model" { return member.value["modelFormat"] != nil }
        return components.contains(key) && frameworks.contains(member.key)
    }

    private static let components: Set<String> = ["predictor", "explainer", "transformer", "worker"]
    private static let frameworks: Set<String> = [
        "alibi", "art", "huggingface", "lightgbm", "onnx", "paddle", "pmml", "pytorch", "sklearn", "tensorflow",
        "triton", "xgboost",
    ]
}
