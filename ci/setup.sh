#!/usr/bin/env bash
# Prepares this machine for ci/test.sh. Run it as often as you like: what is there stays.
#
# It needs cargo, and looks for
#   rustfmt, clippy        added with rustup where rustup exists
#   a C compiler           apt: gcc libc6-dev (also g++, for one compression library)
#   Python 3.11 or newer   apt: python3 python3-venv
#   libnetcdf              apt: libnetcdf-dev pkg-config; only for the cargo feature `netcdf`,
#                          which ci/test.sh leaves out where the library is missing
# and makes target/venv, a Python environment with the pinned peers of tests/python/requirements.txt, and
# target/venv-oldest with the oldest Dask that the package in python/ supports. Only apt-get wants root (or sudo without a password), and it is
# called only for what is missing. Everything else stays in target/.
set -euo pipefail
cd "$(dirname "$0")/.."


say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Installs Debian packages if this user can; fails quietly if not.
apt_updated=no
install() {
    local root=()
    if [ "$(id -u)" != 0 ]; then
        have sudo && sudo -n true 2>/dev/null || return 1
        root=(sudo -n)
    fi
    have apt-get || return 1
    say "installing with apt-get: $*"
    if [ $apt_updated = no ]; then
        apt_updated=yes
        "${root[@]}" apt-get -qq update || say "apt-get update failed"
    fi
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@" >/dev/null
}

# ---- Rust and C

have cargo || fail "cargo is missing: see https://rustup.rs"
for part in fmt:rustfmt clippy:clippy; do
    cargo "${part%%:*}" --version >/dev/null 2>&1 && continue
    have rustup && say "adding ${part##*:} with rustup" && rustup component add "${part##*:}" && continue
    fail "${part##*:} is missing: add that component to your Rust toolchain"
done

if ! have cc || ! have c++; then
    install gcc g++ libc6-dev || fail "a C and a C++ compiler (cc, c++) are missing: Debian's gcc g++ libc6-dev"
fi

# ---- libnetcdf

have_netcdf() { have pkg-config && pkg-config --exists netcdf; }
if ! have_netcdf; then
    install libnetcdf-dev pkg-config || true
    have_netcdf || say "no libnetcdf (Debian's libnetcdf-dev pkg-config): the feature netcdf will not be tested"
fi

# ---- Python

recent_python() {
    local name
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        have "$name" && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        command -v "$name"
        return
    done
    return 1
}
if ! python=$(recent_python); then
    install python3 python3-venv || true
    python=$(recent_python) || fail "Python 3.11 or newer is missing"
fi

# A venv as Python makes it; else one without pip, filled by a pip from elsewhere.
make_venv() {
    local venv=$1
    rm -rf "$venv"
    "$python" -m venv "$venv" >/dev/null 2>&1 && return
    install python3-venv && "$python" -m venv --clear "$venv" >/dev/null 2>&1 && return
    "$python" -m venv --clear --without-pip "$venv"
}
pip_install() {
    local venv=$1 requirements=$2
    local options=(--disable-pip-version-check --root-user-action=ignore --quiet --prefer-binary --requirement "$requirements")
    if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        "$venv/bin/python" -m pip install "${options[@]}"
    elif "$python" -m pip --version >/dev/null 2>&1; then
        local packages
        packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
        "$python" -m pip install --target "$packages" --upgrade "${options[@]}"
    else
        fail "there is neither ensurepip nor pip for $python: install Debian's python3-venv or python3-pip"
    fi
}

# The environment of a list of packages, unless it is there.
environment() {
    local venv=$1 requirements=$2
    local stamp=$venv/requirements.installed
    if [ -x "$venv/bin/python" ] && "$venv/bin/python" -c '' && cmp -s "$requirements" "$stamp"; then
        say "$venv is up to date"
        return
    fi
    say "making $venv with $("$python" --version) and the packages of $requirements"
    mkdir -p target
    make_venv "$venv"
    pip_install "$venv" "$requirements"
    cp "$requirements" "$stamp"
}
environment target/venv tests/python/requirements.txt
environment target/venv-oldest tests/python/requirements-oldest.txt

# Certificates for the tests of encrypted connections.
have openssl || install openssl || fail "openssl is missing: Debian's openssl"

say "ready"
