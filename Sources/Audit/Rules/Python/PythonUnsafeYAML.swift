// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonUnsafeYAML = Rule(
        id: "BKL-P003",
        title: "YAML is loaded with all of Python's types",
        severity: .error,
        why: "A tag such as !!python/object/apply calls any function when the text is loaded.",
        mend: "yaml.safe_load(text), or yaml.load(text, Loader=yaml.SafeLoader).",
        references: [.cwe(502), .owasp("A08:2025"), .bandit("B506")],
        bad: [
            .file("a.py", "import yaml\nsettings = yaml.load(open('a.yaml'), Loader=yaml.UnsafeLoader)\n"),
            .file("b.py", "from yaml import load\nsettings = load(text)\n"),
        ],
        good: [
            .file("a.py", "import yaml\na = yaml.safe_load(text)\nb = yaml.load(text, Loader=yaml.SafeLoader)\n"),
            .file("b.py", "import yaml\nc = yaml.load(text, yaml.CSafeLoader)\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls(loaders) {
                    let loader = call.argument("Loader", at: 1)?.name
                    if safeLoaders.contains(loader ?? ""), !call.name.contains("unsafe") { continue }
                    let isUnsafe = loader == nil || loader?.hasSuffix("UnsafeLoader") == true || loader == "yaml.Loader"
                    let message = "\(call.printedName) makes any Python object that the text names"
                    // The full loader has had holes, and is not one by itself.
                    findings.add(call.place, message, weaker: isUnsafe || call.requestParameter != nil ? nil : .warning)
                }
            }
        ]
    )

    private static let loaders: Set<String> = [
        "yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.unsafe_load_all", "yaml.full_load", "ruamel.yaml.load",
    ]

    private static let safeLoaders: Set<String> = [
        "yaml.SafeLoader", "yaml.CSafeLoader", "yaml.BaseLoader", "yaml.CBaseLoader", "ruamel.yaml.SafeLoader",
        "yaml.cyaml.CSafeLoader", "yaml.loader.SafeLoader",
    ]
}
