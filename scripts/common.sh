# SPDX-License-Identifier: Apache-2.0
# Sourced by quickstart, test and .ci/run: what they share.

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\033[1m' dim=$'\033[2m' red=$'\033[31m' reset=$'\033[0m'
else
    bold='' dim='' red='' reset=''
fi

step() { printf '%s==> %s%s\n' "$bold" "$*" "$reset"; }
note() { printf '    %s%s%s\n' "$dim" "$*" "$reset"; }
fail() {
    printf '%serror:%s %s\n' "$red" "$reset" "$*" >&2
    exit 1
}

# need_debian PACKAGE FILE: installs a Debian package if FILE is not there, or names the command to type.
need_debian() {
    [ -e "$2" ] && return
    local sudo=''
    [ "$(id -u)" = 0 ] || sudo='sudo '
    if ! command -v apt-get >/dev/null; then
        fail "$2 is missing. Install what your system calls Debian's package $1."
    fi
    if [ -n "$sudo" ]; then
        fail "$2 is missing. Type: ${sudo}apt-get install -y $1"
    fi
    step "Installing the Debian package $1"
    { apt-get update -qq && apt-get install -y -qq "$1"; } >/dev/null 2>&1 \
        || fail "could not fetch the Debian package $1. Is there a network? Try: apt-get install -y $1"
}

need_toolchain() {
    command -v swift >/dev/null || fail "swift is not on the PATH. Install Swift 6.3 or later, then run this again."
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    case "$version" in
        '' | [0-5].* | 6.[0-2]) fail "Swift 6.3 or later is needed; this is ${version:-an unknown version}." ;;
    esac
    need_debian zlib1g-dev /usr/include/zlib.h
}

need_python() {
    command -v python3 >/dev/null || need_debian python3 /usr/bin/python3
    python3 -m pip --version >/dev/null 2>&1 || need_debian python3-pip /usr/bin/pip3
}

# make_venv DIRECTORY REQUIREMENTS: a virtual environment that holds exactly what REQUIREMENTS pins.
make_venv() {
    local stamp="$1/.requirements"
    if [ -e "$stamp" ] && cmp -s "$stamp" "$2"; then return; fi
    step "Preparing the Python environment of the tests"
    rm -rf "$1"
    python3 -m venv "$1" 2>/dev/null || {
        rm -rf "$1"
        need_debian python3-venv /usr/share/doc/python3-venv
        python3 -m venv "$1" || fail "python3 -m venv $1 failed"
    }
    "$1/bin/pip" install --quiet --disable-pip-version-check -r "$2" \
        || { rm -rf "$1"; fail "could not fetch the packages that ${2##*/} pins. Is there a network?"; }
    cp "$2" "$stamp"
}

# free_port PREFERRED: that port if nobody has it, else another one that is free now.
free_port() {
    python3 - "$1" <<'PYTHON'
import socket, sys
for port in (int(sys.argv[1]), 0):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(probe.getsockname()[1])
        break
PYTHON
}
