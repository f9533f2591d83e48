// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonUnpackedArchive = Rule(
        id: "BKL-P018",
        title: "An archive is unpacked to wherever its names say",
        severity: .error,
        why:
            "A tar's names may begin with '/' or '..' and its links may lead anywhere: whoever made it writes any file "
            + "that the server can.",
        mend: "extractall(path, filter='data'), which refuses such names, with a limit on what it may hold.",
        references: [
            .cwe(22), .cwe(59), .cwe(409), .owasp("A01:2025"), .cve("CVE-2007-4559"), .cve("CVE-2026-27905"),
            .bandit("B202"),
        ],
        bad: [
            .file(
                "service.py",
                """
                import bentoml, io, tarfile
                @bentoml.api
                def load(self, data: dict) -> str:
                    with tarfile.open(fileobj=io.BytesIO(data["tar"])) as archive:
                        archive.extractall("/tmp/x")
                """
            ),
            .file("load.py", "import tarfile\ntarfile.open('model.tar').extractall('models')\n"),
            .file("load.py", "import shutil\nshutil.unpack_archive('model.tar.gz', 'models')\n"),
        ],
        good: [
            .file("load.py", "import tarfile\ntarfile.open('model.tar').extractall('models', filter='data')\n"),
            .file("load.py", "import zipfile, shutil\nzipfile.ZipFile('m.zip').extractall('m')\ntext.extract('a')\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls where unpacks(call) && !isFiltered(call) {
                    if call.handler != nil,
                        let parameter = call.receiverTaint.first ?? call.first?.taint.first
                    {
                        let message = "\(call.printedName) unpacks \(PythonCall.source(parameter)) to wherever it says"
                        findings.add(call.place, message)
                    } else {
                        let message = "\(call.printedName) unpacks an archive to wherever its names say"
                        findings.add(call.place, message, weaker: .warning)
                    }
                }
            }
        ]
    )

    private static func unpacks(_ call: PythonCall) -> Bool {
        if call.name == "shutil.unpack_archive" { return true }
        return call.name.hasPrefix("tarfile.") && ["extractall", "extract"].contains(call.method)
    }

    private static func isFiltered(_ call: PythonCall) -> Bool {
        guard let filter = call.argument("filter") else { return false }
        return filter.text == "data" || filter.name == "tarfile.data_filter"
    }
}
