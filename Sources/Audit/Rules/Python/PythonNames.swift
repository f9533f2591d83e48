// SPDX-License-Identifier: Apache-2.0

/// Functions of Python and its libraries by what they do, as ``PythonCall/name`` has them.
enum PythonNames {
    /// Run a text as code.
    static let evaluating = Set([
        "builtins.eval", "builtins.exec", "builtins.compile", "code.InteractiveInterpreter().runsource",
        "code.interact",
        "runpy.run_path", "runpy.run_module", "builtins.execfile", "pandas.eval", "numexpr.evaluate",
        "sympy.sympify", "sympy.parsing.sympy_parser.parse_expr", "code.InteractiveInterpreter().runcode",
        "code.InteractiveConsole().runsource", "code.InteractiveConsole().runcode", "code.InteractiveConsole().push",
        "code.InteractiveConsole().interact", "codeop.compile_command", "codeop.CommandCompiler()",
        "codeop.Compile()", "ctypes.pythonapi.PyRun_SimpleString", "ctypes.pythonapi.PyRun_SimpleStringFlags",
        "ctypes.pythonapi.PyRun_String", "doctest.run_docstring_examples", "doctest.debug_src", "doctest.debug_script",
        "_interpreters.exec", "_xxsubinterpreters.run_string",
    ]).union(tracing)

    /// Run a text under a debugger or a profiler.
    private static let tracing: Set<String> = {
        var names: Set<String> = []
        for module in ["cProfile", "profile", "pdb", "bdb", "trace"] {
            for maker in ["", "Profile().", "Pdb().", "Bdb().", "Trace()."] {
                for function in ["run", "runctx", "runeval"] { names.insert("\(module).\(maker)\(function)") }
            }
        }
        return names
    }()

    /// Make code of a text, and do not run it yet.
    static let compiling: Set<String> = [
        "builtins.compile", "codeop.compile_command", "codeop.CommandCompiler()", "codeop.Compile()",
    ]

    /// Run a text, and as often a function.
    static let measuring: Set<String> = ["timeit.timeit", "timeit.repeat", "timeit.Timer"]

    /// Import what a text names.
    static let importing: Set<String> = [
        "builtins.__import__", "importlib.import_module", "pydoc.locate", "pkgutil.resolve_name",
    ]

    /// Make objects of bytes that can name any function to call on the way.
    static let unpickling: Set<String> = {
        var names: Set<String> = [
            "pandas.read_pickle", "joblib.load", "shelve.open", "jsonpickle.decode", "jsonpickle.loads",
            "sklearn.externals.joblib.load", "pickle.Unpickler", "_pickle.Unpickler", "cPickle.Unpickler",
            "dill.Unpickler",
            "multiprocessing.reduction.ForkingPickler.loads", "pickle5.load", "pickle5.loads",
            "cloudpickle.Unpickler", "pandas.io.pickle.read_pickle", "pandas.compat.pickle_compat.load",
            "joblib.numpy_pickle.load", "dill.load_session", "dill.load_module",
            "shelve.DbfilenameShelf", "shelve.Shelf", "keras.config.enable_unsafe_deserialization",
            "keras.src.saving.serialization_lib.enable_unsafe_deserialization",
        ]
        for module in ["pickle", "_pickle", "cPickle", "dill", "cloudpickle", "marshal"] {
            names.formUnion(["\(module).load", "\(module).loads"])
        }
        return names
    }()

    /// Hand a text to a shell.
    static let shells: Set<String> = [
        "os.system", "os.popen", "posix.system", "nt.system", "subprocess.getoutput", "subprocess.getstatusoutput",
        "commands.getoutput", "commands.getstatusoutput", "asyncio.create_subprocess_shell", "popen2.popen2",
        "platform.popen", "pexpect.run",
    ]

    /// Start programs.
    static let starting: Set<String> = {
        var names: Set<String> = [
            "subprocess.run", "subprocess.call", "subprocess.Popen", "subprocess.check_call", "subprocess.check_output",
            "asyncio.create_subprocess_exec", "os.startfile", "os.posix_spawn", "os.posix_spawnp", "pty.spawn",
            "_posixsubprocess.fork_exec", "pexpect.spawn", "sh.Command",
        ]
        for suffix in ["l", "le", "lp", "lpe", "v", "ve", "vp", "vpe"] {
            names.formUnion(["os.exec\(suffix)", "os.spawn\(suffix)", "posix.exec\(suffix)"])
        }
        return names
    }()

    /// Open, change or send the file at a path; the number is where the path stands among the arguments.
    static let paths: [String: Int] = [
        "builtins.open": 0, "io.open": 0, "os.open": 0, "codecs.open": 0, "aiofiles.open": 0, "os.remove": 0,
        "os.unlink": 0,
        "os.rmdir": 0, "os.listdir": 0, "os.scandir": 0, "os.rename": 0, "os.replace": 0, "os.makedirs": 0,
        "os.mkdir": 0,
        "os.chmod": 0, "os.symlink": 0, "shutil.rmtree": 0, "shutil.copy": 0, "shutil.copyfile": 0, "shutil.move": 0,
        "shutil.copytree": 0, "shutil.unpack_archive": 0, "tarfile.open": 0, "zipfile.ZipFile": 0, "pathlib.Path": 0,
        "flask.send_file": 0, "flask.send_from_directory": 0, "fastapi.responses.FileResponse": 0,
        "starlette.responses.FileResponse": 0, "aiohttp.web.FileResponse": 0, "numpy.load": 0, "numpy.fromfile": 0,
        "numpy.loadtxt": 0,
        "PIL.Image.open": 0,
        "cv2.imread": 0, "pandas.read_csv": 0, "pandas.read_json": 0, "pandas.read_parquet": 0, "pandas.read_excel": 0,
        "torch.jit.load": 0, "onnxruntime.InferenceSession": 0, "torchaudio.load": 0, "soundfile.read": 0,
        "glob.glob": 0,
    ]

    /// Ask an address for something; the number is where the address stands among the arguments.
    static let addresses: [String: Int] = {
        var names = [
            "urllib.request.urlopen": 0, "urllib.request.urlretrieve": 0, "urllib.request.Request": 0,
            "urllib2.urlopen": 0,
            "http.client.HTTPConnection": 0, "http.client.HTTPSConnection": 0, "socket.create_connection": 0,
            "socket.socket().connect": 0, "aiohttp.ClientSession().get": 0, "aiohttp.ClientSession().post": 0,
            "requests.request": 1, "httpx.request": 1, "httpx.stream": 1, "urllib3.PoolManager().request": 1,
            "requests.Session().request": 1, "wget.download": 0, "torch.hub.load_state_dict_from_url": 0,
            "torch.hub.load": 0, "websockets.connect": 0, "ftplib.FTP": 0, "smtplib.SMTP": 0,
        ]
        for method in ["get", "post", "put", "patch", "delete", "head", "options"] {
            for module in [
                "requests", "httpx", "requests.Session()", "httpx.Client()", "httpx.AsyncClient()",
                "requests.session()",
            ] {
                names["\(module).\(method)"] = 0
            }
        }
        return names
    }()

    /// Load native code.
    static let native: Set<String> = [
        "ctypes.CDLL", "ctypes.PyDLL", "ctypes.WinDLL", "ctypes.OleDLL", "ctypes.cdll.LoadLibrary",
        "ctypes.pydll.LoadLibrary",
        "ctypes.windll.LoadLibrary", "cffi.FFI().dlopen", "cffi.FFI().verify", "tensorflow.load_op_library",
        "tensorflow.load_library", "torch.ops.load_library", "torch.classes.load_library",
        "numpy.ctypeslib.load_library",
        "torch.utils.cpp_extension.load", "torch.utils.cpp_extension.load_inline",
        "onnxruntime.SessionOptions().register_custom_ops_library", "imp.load_dynamic",
    ]

    /// Modules from which any function may be the one that does harm.
    static let dangerousModules: Set<String> = [
        "os", "posix", "subprocess", "builtins", "pickle", "ctypes", "pty", "marshal",
    ]

    /// Harmful in whoever's hands they come to be called.
    static let dangerousFunctions = evaluating.subtracting(["pandas.eval", "sympy.sympify"]).subtracting(compiling)
        .union(shells).union(["builtins.__import__", "pickle.loads", "pickle.load", "marshal.loads"])
}

extension PythonCall {
    /// `shell=True`, or anything that is not plainly false.
    var usesShell: Bool {
        guard let shell = argument("shell") else { return false }
        return shell.bool != false && !shell.isNone && shell.number != "0"
    }

    /// Where a handler's data comes in, for messages: `what the client sends as 'code'`.
    static func source(_ parameter: String) -> String { "what the client sends as \(Printed.quoted(parameter))" }
}
