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
            .file(
                "service.py",
                """
                import bentoml
                from pathlib import Path
                @bentoml.api
                def read(self, name: str) -> str:
                    return Path("/data", name).read_text()
                """
            ),
            .file(
                "service.py",
                """
                import bentoml
                @bentoml.api
                def read(self, name: str) -> str:
                    def text():
                        return open(name).read()
                    return text()
                """
            ),
            .file(
                "app.py",
                """
                from flask import Flask, request
                app = Flask(__name__)
                @app.post("/files")
                def keep():
                    file = request.files["x"]
                    file.save("/srv/" + file.filename)
                    return ""
                """
            ),
            .file(
                "app.py",
                """
                import os
                from flask import Flask, request
                app = Flask(__name__)
                @app.post("/files")
                def keep():
                    for file in request.files.getlist("x"):
                        file.save(os.path.join("/srv", file.filename))
                    return ""
                """
            ),
            .file(
                "app.py",
                """
                import shutil
                from fastapi import FastAPI, UploadFile
                app = FastAPI()
                @app.post("/files")
                async def keep(file: UploadFile):
                    with open(f"/srv/{file.filename}", "wb") as out:
                        shutil.copyfileobj(file.file, out)
                """
            ),
            .file(
                "service.py",
                """
                import bentoml
                from pathlib import Path
                ROOT = Path("/data")
                @bentoml.api
                def read(self, name: str) -> str:
                    with ROOT.joinpath("users", name).open() as file:
                        return file.read()
                """
            ),
        ],
        good: [
            .file(
                "app.py",
                """
                from fastapi import FastAPI
                from pathlib import Path
                app = FastAPI()
                BASE = Path("/data")
                @app.get("/files")
                def read(name: str):
                    path = (BASE / name).resolve()
                    if not path.is_relative_to(BASE):
                        raise ValueError("no such file")
                    return path.open().read()
                """
            ),
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
            .file(
                "service.py",
                """
                import bentoml
                FILES = {"a.txt", "b.txt"}
                @bentoml.api
                def read(self, name: str) -> str:
                    def text():
                        return open(name).read()
                    if name not in FILES:
                        raise ValueError("no such file")
                    return text()
                """
            ),
            .file(
                "app.py",
                """
                import os
                import pandas as pd
                from flask import Flask, request
                from PIL import Image
                from werkzeug.utils import secure_filename
                app = Flask(__name__)
                @app.post("/files")
                def keep():
                    for file in request.files.getlist("x"):
                        file.save(os.path.join("/srv", secure_filename(file.filename)))
                        Image.open(file)
                    Image.open(request.files["image"].stream)
                    return pd.read_csv(request.files["table"]).to_json()
                """
            ),
            .file(
                "app.py",
                """
                import numpy as np
                import requests
                from fastapi import FastAPI, UploadFile
                from PIL import Image
                app = FastAPI()
                @app.post("/files")
                async def show(file: UploadFile, image: str):
                    user = make_user(image)
                    user.save(make_form(image))
                    user.save(image.split("/")[0])
                    Image.open(requests.get(image, stream=True).raw)
                    return np.load(file.file).shape, Image.open(file.file).size
                """
            ),
            .file("load.py", "def load(path):\n    return open(path).read()\n"),
        ],
        checks: [
            .python { module, findings in
                for call in module.calls where call.handler != nil {
                    guard let parameter = chosenPath(call, in: module) else { continue }
                    findings.add(call.place, "\(call.printedName) takes \(PythonCall.source(parameter)) for a path")
                }
            }
        ]
    )

    private static let pathMethods: Set<Substring> = [
        "read_text", "read_bytes", "write_text", "write_bytes", "unlink", "iterdir", "rglob",
    ]

    /// Those of paths that other things have too: what they belong to has to be a path.
    private static let namesakes: Set<Substring> = [
        "open", "mkdir", "rmdir", "rename", "replace", "touch", "glob", "chmod", "symlink_to", "hardlink_to",
    ]

    private static func chosenPath(_ call: PythonCall, in module: PythonModule) -> String? {
        if let position = PythonNames.paths[call.name] {
            // Making a path opens nothing; what it is used for is seen there, or elsewhere.
            if call.name == "pathlib.Path" { return nil }
            guard let path = path(of: call, at: position) else { return nil }
            return PythonStream.isGiven(path, to: call, in: module) ? nil : path.taint.first
        }
        if call.method == "save" { return savedTo(call) }
        let isPath = call.name.hasPrefix("pathlib.Path()") && namesakes.contains(call.method)
        return isPath || pathMethods.contains(call.method) ? call.receiverTaint.first : nil
    }

    /// Flask looks itself whether a file lies in the directory that it sends it from.
    private static func path(of call: PythonCall, at position: Int) -> PythonValue? {
        if call.method == "send_from_directory" { return call.argument("directory", at: position) }
        return call.argument("file", at: position) ?? call.argument("path")
    }

    /// Uploads and images are saved by a path; of other things with such a method it can be anything, so that it has
    /// to be made as paths are.
    private static func savedTo(_ call: PythonCall) -> String? {
        guard !call.receiverTaint.isEmpty || call.name.hasPrefix("PIL.") else { return nil }
        let given = call.argument("dst", at: 0) ?? call.argument("fp")
        guard let path = given, let parameter = path.taint.first else { return nil }
        let name = path.name ?? ""
        let isJoined = !path.arguments.isEmpty && !name.hasSuffix(")") && !name.hasSuffix("]")
        let isPath = ["os.path.join()", "pathlib.Path()"].contains(name) || name.hasSuffix("filename")
        return isJoined || isPath || call.name.hasPrefix("flask.request.files") ? parameter : nil
    }
}
