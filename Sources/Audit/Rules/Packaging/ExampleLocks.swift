// SPDX-License-Identifier: Apache-2.0

/// Lock files for the examples of rules.
enum ExampleLocks {
    /// A project that needs one package.
    static let uv = """
        version = 1

        [[package]]
        name = "flask"
        version = "3.0.0"
        source = { registry = "https://pypi.org/simple" }
        wheels = [
            { url = "https://files.pythonhosted.org/flask-3.0.0-py3-none-any.whl", hash = "sha256:21128f47e4e3" },
        ]

        [[package]]
        name = "mine"
        version = "0.1.0"
        source = { virtual = "." }

        """
}
