// SPDX-License-Identifier: Apache-2.0

/// What `@bentoml.service(traffic={…})` says of the requests that a service takes.
struct ServiceTraffic: Sendable {
    var service: String
    /// Of the class.
    var place: Place
    private let settings: PythonValue

    static func all(in module: PythonModule) -> [ServiceTraffic] {
        module.classes.flatMap { item in
            item.decorators.compactMap { decorator in
                guard decorator.name == "bentoml.service()", let settings = decorator.argument("traffic") else {
                    return nil
                }
                return ServiceTraffic(service: item.name, place: item.place, settings: settings)
            }
        }
    }

    /// The first of the settings with these names that limits nothing: 0 or less, or more than `most`.
    func boundless(_ names: [String], most: Double) -> String? {
        names.lazy.compactMap { settings.member($0)?.number }.first { text in
            // What is too long to be told is told as infinite.
            Double(text).map { !($0 > 0 && $0 <= most) } ?? true
        }
    }
}
