// SPDX-License-Identifier: Apache-2.0

extension Rule {
    static let pythonPathFromClient = Rule(
        id: "BKL-P006",
        title: "A client chooses a path",
        severity: .error,
        why: "'../../etc/passwd', or an absolute path: whoever sends it reads or changes any file that the server can.",
        mend:
            "Let clients choose among names that the code holds (if name not in ALLOWED: raise), and make the "
            + "path of that.",
        references: [
            .cwe(22), .cwe(73), .owasp("A01:2025"), .cve("CVE-2023-31036"),
            .sheet("BentoML: Implement Secure BentoML Services"),
        ],
        bad: [
            .file(
                "service.py",
                """
                @svc.api(input=JSON(), output=JSON())
                async def read_file(input_data: dict):
                    path = input_data.get("path")
                    return open(path).read()
                """
            ),
            .file(
                "service.py",
                """
                import bentoml
                @bentoml.api
                def read(ctx: bentoml.Context) -> str:
                    return open(ctx.request.query_params["name"]).read()
                """
            ),
            .file(
                "app.py",
                """
                from fastapi import FastAPI
                import pathlib
                app = FastAPI()
                @app.get("/files")
                def read(name: str):
                    return (pathlib.Path("/data") / name).read_text()
                """
            ),
        ],
        good: [
            .file(
                "service.py",
                """
                FILES = {"a.txt", "b.txt"}
                @svc.api(input=JSON(), output=JSON())
                async def read_file(input_data: dict):
                    name = input_data.get("name")
                    if name not in FILES:
                        raise ValueError("no such file")
                    return open("/data/" + name).read()
                """
            ),
            .file(
                "service.py",
                """
                import bentoml, os
                from pathlib import Path
                from typing import Annotated
                from bentoml.validators import ContentType
                @bentoml.service
                class Audio:
                    @bentoml.api
                    def length(self, audio: Annotated[Path, ContentType("audio/wav")], ctx: bentoml.Context) -> str:
                        with open(os.path.join(ctx.temp_dir, "out.txt"), "w") as out:
                            out.write(str(len(audio.read_bytes())))
                        return audio.name
                """
            ),
            .file("load.py", "def load(path):\n    return open(path).read()\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls where call.handler != nil {
                    guard let parameter = chosenPath(call) else { continue }
                    findings.add(call.place, "\(call.printedName) takes \(PythonCall.source(parameter)) for a path")
                }
            }
        ]
    )

    private static let pathMethods: Set<Substring> = [
        "read_text", "read_bytes", "write_text", "write_bytes", "unlink", "iterdir", "rglob",
    ]

    private static func chosenPath(_ call: PythonCall) -> String? {
        if let position = PythonNames.paths[call.name] {
            // Making a path opens nothing; what it is used for is seen there, or elsewhere.
            if call.name == "pathlib.Path" { return nil }
            // Bytes in memory are no path.
            guard let path = call.argument("file", at: position) ?? call.argument("path") else { return nil }
            return path.name?.hasPrefix("io.BytesIO") == true ? nil : path.taint.first
        }
        return pathMethods.contains(call.method) ? call.receiverTaint.first : nil
    }
}
