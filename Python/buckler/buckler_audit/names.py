# SPDX-License-Identifier: Apache-2.0
"""Names of Python and its libraries, and words in names, by what they stand for."""
import builtins
import re

BUILTINS = frozenset(dir(builtins))
#: What is called without its module after `from … import *`.
STARRED = {
    "os": {"system", "popen", "execv", "execve", "execvp", "execl", "spawnv", "spawnl", "environ"},
    "subprocess": {"run", "call", "Popen", "check_call", "check_output", "getoutput", "getstatusoutput"},
    "pickle": {"load", "loads", "Unpickler"},
    "ctypes": {"CDLL", "cdll"},
    "torch": {"load"},
}
#: Attributes that say how much there is, and not what.
SIZES = {"nbytes", "size", "shape", "ndim", "itemsize", "content_length"}
#: What gives back a number, a truth value or one name, whatever it is given.
CLEANING = {
    "builtins.int", "builtins.float", "builtins.bool", "builtins.len", "builtins.isinstance", "builtins.hash",
    "builtins.ord", "builtins.complex", "builtins.round", "builtins.id", "builtins.type", "builtins.issubclass",
    "builtins.callable",
    "os.path.basename", "ntpath.basename", "posixpath.basename", "werkzeug.utils.secure_filename", "uuid.UUID",
    "shlex.quote", "os.path.exists", "os.path.isfile", "os.path.isdir",
}
#: What does not come back, as `raise` does not.
LEAVING = {
    "flask.abort", "quart.abort", "werkzeug.exceptions.abort", "sys.exit", "os._exit", "os.abort", "builtins.exit",
    "builtins.quit",
}
#: What gives back what it was given.
PASSING = {"builtins.str", "builtins.set", "builtins.frozenset", "builtins.list", "builtins.tuple", "builtins.sorted",
           "builtins.iter", "builtins.next", "builtins.staticmethod", "builtins.classmethod", "os.fspath"}
PATHS = {"pathlib." + name for name in ("Path", "PosixPath", "PurePath", "PurePosixPath")}
FLUENT_PATHS = {"pathlib.Path()"}
PATH = re.compile(r"pathlib\.Path\(\)(\.resolve\(\)|\.absolute\(\)|\.parent)*$")
#: Of which a method gives back the same object.
FLUENT = {"bentoml.images.Image()", "bentoml.images.PythonImage()"}
#: What a check of an input may call before anything is checked.
NEUTRAL = re.compile(
    r"^(builtins\.(len|isinstance|str|repr|print|type|int|float|bool|hasattr|enumerate|zip|range|list|tuple|dict|set"
    r"|sorted|iter|any|all|super|max|min|sum|getattr)"
    r"|numpy\.(array|asarray|frombuffer|shape|ndim|size|isfinite|isnan|any|all)"
    r"|json\.(dumps|loads)|time\..*|.*\.(get|items|keys|values|decode|encode|as_numpy|strip|lower|upper|append|nbytes"
    r"|model_dump|dict|info|warning|debug|error|exception|log"
    r"|reshape|ravel|flatten|squeeze|astype|tolist|item|name|request_id"
    r"|correlation_id|trace|parameters|inputs|timeout|is_cancelled|get_response_sender)"
    r"|.*pb_utils\.[\w.]*|triton_python_backend_utils\.[\w.]*)$"
)
#: What gives back a text that still tells all that it was given.
TELLING = re.compile(
    r"^(builtins\.(str|repr|format|list|tuple|set|dict|sorted)|json\.dumps"
    r"|.*\.(format|join|strip|split|encode|decode|lower|upper))$"
)
CHECKING = re.compile(r"(^|[._])(valid|check|verify|ensure|assert|sanit|guard|limit|parse_obj|model_validate)", re.I)
VERIFYING = re.compile(r"verif|checksum|digest|signature|sha256|sha512|blake2|sha384", re.I)
KEY_NAME = re.compile(
    r"(api_?key|token|secret|passw|pwd|credential|access_?key|private_?key|auth|hmac|digest|signature)", re.I
)
#: Names that stand for a secret itself, and for nothing else that comes with a model.
SECRET_NAME = re.compile(
    r"(?!(has|is|use|num|no|max|min|require|requires|needs)_)[\w-]*(api_?keys?|password|passwd|passphrase"
    r"|secret_?keys?|access_?keys?|private_?keys?|client_?secret|(auth|access|bearer|refresh)_?token|credentials)", re.I
)
KEYS_NAME = re.compile(r"key|token|secret|passw|cred|auth", re.I)
SECRET_TEXT = re.compile(
    r"^(AKIA|ASIA|ghp_|gho_|github_pat_|glpat-|sk-|hf_|xox[abp]-|AIza|-----BEGIN )|://[^/\s:@]+:[^/\s@]+@"
)
#: What calls what it is given, by the last part of the name.
CALLERS = {
    "Thread", "Process", "Timer", "start_new_thread", "submit", "apply", "apply_async", "imap", "imap_unordered",
    "map_async", "starmap", "starmap_async", "to_thread", "run_in_executor", "run_in_threadpool", "call_soon",
    "call_soon_threadsafe", "call_later", "call_at", "runcall", "runfunc", "callback", "atexit.register",
    "builtins.map", "builtins.filter", "map", "weakref.finalize", "signal.signal", "unittest.addModuleCleanup",
}
#: Those of them that take its arguments in a list, or one after the other.
SPREADING = {
    "Thread", "Process", "Timer", "start_new_thread", "apply", "apply_async", "imap", "imap_unordered", "map",
    "map_async", "starmap", "starmap_async", "filter",
}
#: What they are given beside it.
BESIDES = {"name", "daemon", "group", "callback", "error_callback", "chunksize", "timeout"}
#: What runs texts as code, in which order: by which keyword, and where they stand among the arguments.
CODE_TEXTS = {
    name: (("source", 0),) for name in (
        "builtins.exec", "builtins.eval", "builtins.compile", "codeop.compile_command",
        "code.InteractiveInterpreter().runsource", "code.InteractiveConsole().push",
    )
}
CODE_TEXTS.update((f"timeit.{name}", (("setup", 1), ("stmt", 0))) for name in ("timeit", "repeat", "Timer"))
CODE_TEXTS.update(
    (f"{module}.{maker}{name}", (("statement", 0),)) for module in ("cProfile", "profile", "pdb", "bdb", "trace")
    for maker in ("", "Profile().", "Pdb().", "Bdb().", "Trace().") for name in ("run", "runctx", "runeval")
)
#: Methods whose results are what they are called of, in another form.
READING = {"read", "readlines", "readline", "read_text", "read_bytes", "getvalue", "decode", "strip"}
#: What says how a text begins or ends.
ASKING = (".startswith", ".endswith")
#: What says where in a text another stands.
SEEKING = {"find", "rfind"}
#: What puts something into a list, set or dictionary.
FILLING = {"append", "appendleft", "extend", "extendleft", "insert", "add", "update", "setdefault", "__setitem__"}
ENVIRON = {"os.environ.get()", "os.getenv()"}
