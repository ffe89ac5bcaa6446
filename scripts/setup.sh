#!/usr/bin/env bash
# Makes .venv with picgui, its training and its tests installed, and installs Qt's system libraries where apt may be used.
# PYTHON=/path/to/python chooses the Python that makes .venv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { echo "picgui: $*" >&2; }

as_root() {  # runs a command as root, without ever asking for a password; fails where that is not allowed
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

can_use_apt() {
    command -v apt-get >/dev/null && as_root true 2>/dev/null
}

apt_install() {
    local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends)
    as_root "${install[@]}" "$@" >/dev/null 2>&1 && return
    as_root apt-get update -qq >/dev/null && as_root "${install[@]}" "$@" >/dev/null
}

find_python() {  # prints the first Python of 3.11 to 3.14
    local candidate
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3 python3.14 python3.13 python3.12 python3.11 python py
    fi
    for candidate in "$@"; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    say "No Python of 3.11 to 3.14 was found${PYTHON:+ at $PYTHON}. Install it (on Debian or Ubuntu: apt install python3" \
        "python3-venv, on Ubuntu 22.04 python3.11-venv; elsewhere: python.org), or name one: make run PYTHON=/path/to/python3."
    return 1
}

make_venv() {  # .venv is kept when its Python still runs
    local python
    for python in .venv/bin/python .venv/Scripts/python.exe; do  # some tools make one without pip
        if "$python" -c '' 2>/dev/null && ! "$python" -m pip --version >/dev/null 2>&1; then
            "$python" -m ensurepip >/dev/null 2>&1 || true
        fi
    done
    if [ -n "$(venv_python)" ]; then
        return
    fi
    python=$(find_python)
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        local package
        package=$("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')
        say "This Python cannot make virtual environments yet: installing $package."
        if ! can_use_apt || ! apt_install "$package"; then
            say "$package could not be installed from here. Install it (sudo apt install $package), then run make again."
            return 1
        fi
    fi
    say "Making .venv with $("$python" --version)."
    "$python" -m venv --clear .venv
}

venv_python() {  # prints the Python of a working .venv, or nothing
    local candidate
    for candidate in .venv/bin/python .venv/Scripts/python.exe; do
        if "$candidate" -m pip --version >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
}

# What libQt6Gui and its xcb and offscreen platforms load from the system (their NEEDED entries), and Debian's package of each.
QT_LIBRARIES="
libGL.so.1 libgl1
libEGL.so.1 libegl1
libX11.so.6 libx11-6
libX11-xcb.so.1 libx11-xcb1
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libfreetype.so.6 libfreetype6
libglib-2.0.so.0 libglib2.0-0
libxkbcommon.so.0 libxkbcommon0
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxcb-cursor.so.0 libxcb-cursor0
libxcb-glx.so.0 libxcb-glx0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render.so.0 libxcb-render0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0 libxcb-shape0
libxcb-shm.so.0 libxcb-shm0
libxcb-sync.so.1 libxcb-sync1
libxcb-util.so.1 libxcb-util1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
"

missing_qt_libraries() {  # prints the lines of QT_LIBRARIES whose library the system does not have
    local known library package
    known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p)
    while read -r library package; do
        if [ -n "$library" ] && ! grep -qF "	$library " <<<"$known"; then
            echo "$library $package"
        fi
    done <<<"$QT_LIBRARIES"
}

install_qt_libraries() {  # never fails: without them the command line still works
    local missing libraries packages
    [ "$(uname -s)" = Linux ] || return 0
    missing=$(missing_qt_libraries)
    [ -n "$missing" ] || return 0
    libraries=$(cut -d' ' -f1 <<<"$missing" | xargs)
    packages=$(cut -d' ' -f2 <<<"$missing" | xargs)
    if can_use_apt; then
        say "Installing system libraries that Qt needs: $packages."
        # shellcheck disable=SC2086
        apt_install $packages && return 0
    fi
    say "The window needs system libraries that are missing and could not be installed from here: $libraries." \
        "On Debian or Ubuntu: sudo apt install $packages. picgui colorize works without them."
}

remove_other_opencv() {  # of an earlier .venv: two packages of one cv2 spoil each other
    local package
    for package in opencv-python opencv-contrib-python; do
        if "$(venv_python)" -m pip show --quiet "$package" >/dev/null 2>&1; then
            "$(venv_python)" -m pip uninstall --quiet --yes "$package" opencv-python-headless ||
                say "$package, of an earlier picgui, could not be removed from .venv. Remove .venv (make clean), then run make again."
        fi
    done
}

install_pytorch() {  # where there is no NVIDIA card the build for processors, which is gigabytes smaller
    local torch index=https://download.pytorch.org/whl/cpu
    [ "$(uname -s)" = Linux ] && [ ! -e /proc/driver/nvidia ] && [ ! -e /dev/dxg ] && ! command -v nvidia-smi >/dev/null || return 0
    "$(venv_python)" -m pip show --quiet torch >/dev/null 2>&1 && return 0
    torch=$(sed -n 's/^ *"\(torch[<>=][^"]*\)".*/\1/p' pyproject.toml)
    "$(venv_python)" -c "import urllib.request; urllib.request.urlopen('$index/', timeout=10)" 2>/dev/null || return 0
    say "Installing PyTorch's build for processors, as no NVIDIA card is here."
    "$(venv_python)" -m pip install --disable-pip-version-check --quiet --retries 1 --timeout 30 "$torch" --index-url "$index" 2>/dev/null ||
        say "That could not be had; pip takes the one that it finds, on Linux mostly that for NVIDIA cards, of several gigabytes."
}

make_venv
install_qt_libraries
remove_other_opencv
install_pytorch
say "Installing picgui and what it needs into .venv (some minutes the first time)."
if ! "$(venv_python)" -m pip install --disable-pip-version-check --quiet --editable '.[training,test]'; then
    say "Not everything could be installed. It comes from the internet; where that is there, run make again."
    exit 1
fi
say "Compiling for this machine."
"$(venv_python)" -c 'from picgui import pipeline, upsample; upsample.warm_up(); [loop.warm_up() for loop in pipeline.LOOPS]'
