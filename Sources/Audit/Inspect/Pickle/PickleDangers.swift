// SPDX-License-Identifier: Apache-2.0

/// What well-known imports can be used for. It explains a refusal and decides nothing: every pickle is refused, since
/// no list of bad names was ever complete.
enum PickleDangers {
    private static let commands = "runs commands"
    private static let code = "runs code"
    private static let files = "reads, writes or removes files"
    private static let network = "opens the network"
    private static let libraries = "loads native libraries"
    private static let reflection = "reaches any other function"

    /// By module, or by the package it is in.
    private static let modules: [String: String] = [
        "os": commands, "posix": commands, "nt": commands, "subprocess": commands, "pty": commands,
        "_posixsubprocess": commands, "popen2": commands, "commands": commands, "multiprocessing": commands,
        "asyncio": commands, "torch.utils.collect_env": commands, "platform": commands, "_osx_support": commands,
        "_aix_support": commands, "_pyrepl": commands, "uuid": commands, "webbrowser": commands,
        "antigravity": commands,
        "runpy": code, "code": code, "codeop": code, "bdb": code, "pdb": code, "cProfile": code, "profile": code,
        "timeit": code, "trace": code, "marshal": code, "types": code, "importlib": code, "imp": code, "pkgutil": code,
        "zipimport": code, "pip": code, "ensurepip": code, "setuptools": code, "distutils": code, "site": code,
        "atexit": code, "threading": code, "sys": code, "gc": code, "inspect": code, "ast": code, "test": code,
        "doctest": code, "unittest": code, "idlelib": code, "lib2to3": code, "mlflow": code, "_interpreters": code,
        "_xxsubinterpreters": code, "dill": code, "cloudpickle": code, "pickle": code, "_pickle": code, "joblib": code,
        "shelve": code, "torch.hub": code, "torch._dynamo": code, "torch.jit": code, "torch.serialization": code,
        "numpy.testing": code, "functools": reflection, "operator": reflection, "_operator": reflection,
        "pydoc": reflection, "logging.config": reflection, "sqlite3": files, "shutil": files, "tempfile": files,
        "pathlib": files, "io": files, "_io": files, "fileinput": files, "glob": files, "zipfile": files,
        "tarfile": files,
        "mmap": files, "pandas": files, "codecs": files, "linecache": files, "socket": network, "_socket": network,
        "socketserver": network, "ssl": network, "http": network, "httplib": network, "urllib": network,
        "urllib2": network, "urllib3": network, "requests": network, "aiohttp": network, "httpx": network,
        "ftplib": network, "smtplib": network, "imaplib": network, "poplib": network, "telnetlib": network,
        "nntplib": network, "xmlrpc": network, "ctypes": libraries, "_ctypes": libraries, "cffi": libraries,
        "signal": code, "faulthandler": code, "concurrent": code, "bentoml": code,
    ]

    private static let builtins: [String: String] = [
        "eval": code, "exec": code, "compile": code, "execfile": code, "__import__": code, "breakpoint": code,
        "apply": code, "input": code, "getattr": reflection, "setattr": reflection, "delattr": reflection,
        "globals": reflection, "locals": reflection, "vars": reflection, "map": reflection, "filter": reflection,
        "type": reflection, "open": files, "file": files, "help": commands,
    ]

    /// Names within packages that are harmless beside others that are not.
    private static let harmless: Set<String> = [
        "_codecs.encode", "collections.OrderedDict", "functools.partial", "codecs.encode",
        "pandas.core.frame.DataFrame", "pandas.core.internals.managers.BlockManager", "uuid.UUID", "pathlib.PosixPath",
        "torch.jit._pickle.build_intlist", "torch.jit._pickle.build_doublelist", "torch.jit._pickle.build_boollist",
        "torch.jit._pickle.build_tensorlist", "torch.jit._pickle.restore_type_tag",
    ]

    static func danger(module: String, name: String) -> String? {
        if module == "?" || name == "?" { return "is only known once it runs" }
        if ["builtins", "__builtin__", "__builtins__"].contains(module) {
            // A dotted name reaches attributes: `object.__subclasses__`.
            return builtins[String(name.prefix { $0 != "." })] ?? (name.contains(".") ? reflection : nil)
        }
        if harmless.contains("\(module).\(name)") { return nil }
        // Attributes of an import are reached through dots in its name: `collections` and `abc.sys.modules`.
        if name.split(separator: ".").dropFirst().contains(where: { modules[String($0)] != nil || $0.hasPrefix("__") })
        {
            return reflection
        }
        var parent = module[...]
        while true {
            if let danger = modules[String(parent)] { return danger }
            guard let dot = parent.lastIndex(of: ".") else { return nil }
            parent = parent[..<dot]
        }
    }
}
