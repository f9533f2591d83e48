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
#: What gives back what it was given.
PASSING = {"builtins.str", "builtins.set", "builtins.frozenset", "builtins.list", "builtins.tuple", "builtins.sorted",
           "builtins.iter", "builtins.next", "pathlib.Path", "os.fspath"}
#: What a check of an input may call before anything is checked.
NEUTRAL = re.compile(
    r"^(builtins\.(len|isinstance|str|repr|print|type|int|float|bool|hasattr|enumerate|zip|range|list|tuple|dict|set"
    r"|sorted|iter|any|all|super|max|min|sum|getattr)"
    r"|numpy\.(array|asarray|frombuffer|shape|ndim|size|isfinite|isnan|any|all)"
    r"|time\..*|.*\.(get|items|keys|values|decode|encode|as_numpy|strip|lower|upper|append|nbytes|model_dump|dict|info"
    r"|warning|debug|error|exception|log|reshape|ravel|flatten|squeeze|astype|tolist|item|name|request_id"
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
ENVIRON = {"os.environ.get()", "os.getenv()"}
