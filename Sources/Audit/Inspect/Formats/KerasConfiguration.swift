// SPDX-License-Identifier: Apache-2.0

/// The configuration of a Keras model: it names the classes that are made, and may carry bytecode.
struct KerasConfiguration {
    /// Packages whose classes a Keras model is made of.
    private static let modules: Set<String> = ["keras", "keras_hub", "keras_nlp", "keras_cv", "tensorflow", "builtins"]

    private var isKeras = false
    /// Of each open object, which of the two keys it has had that make it a layer's.
    private var objects: [(hasClass: Bool, hasSettings: Bool)] = []
    private var problems: [String] = []

    mutating func note(_ event: JSONEvents.Event, key: String) {
        switch event {
        case .beginObject: objects.append((false, false))
        case .endObject: _ = objects.popLast()
        case .key("keras_version"): isKeras = true
        case .key(let name): note(key: name)
        case .string("Lambda") where key == "class_name":
            add("has a Lambda layer, whose bytecode runs when it is loaded")
        case .string("__lambda__"): add("carries a lambda, whose bytecode runs when it is loaded")
        case .string(let module) where key == "module": check(module)
        case .string(let name) where key == "registered_name" && name.contains(">"):
            // Keras' own, such as `keras>Foo`, are made by Keras itself.
            if !name.hasPrefix("keras") {
                add("needs the class \(Printed.quoted(name)), which only somebody's code has")
            }
        default: break
        }
    }

    /// Keras makes nothing of an object that has not both keys; settings of other programs have one or the other.
    private mutating func note(key: String) {
        guard var object = objects.popLast() else { return }
        object.hasClass = object.hasClass || key == "class_name"
        object.hasSettings = object.hasSettings || key == "config"
        isKeras = isKeras || object.hasClass && object.hasSettings
        objects.append(object)
    }

    private mutating func check(_ module: String) {
        let package = String(module.prefix { $0 != "." })
        if module == "builtins" { return }
        // Modules of Keras that hold utilities rather than layers are how a loader was made to run things.
        let isOwn = Self.modules.contains(package) && !module.contains("utils") && !module.contains("_src")
        if !isOwn { add("names the Python module \(Printed.quoted(module)), which is imported when it is loaded") }
    }

    private mutating func add(_ message: String) { if problems.count < 50 { problems.append(message) } }

    func report(into inspection: inout Inspection) {
        guard isKeras else { return }
        for message in problems { inspection.problem(.kerasCode, message) }
    }
}
