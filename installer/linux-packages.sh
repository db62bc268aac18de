#!/usr/bin/env bash
# Put on a Debian machine what the checkout needs from the system, and only what is missing.
#
#   installer/linux-packages.sh run     Python 3.11 with venv, Qt's libraries, a readable font
#   installer/linux-packages.sh build   the same as run, and what makes the Windows program and its setup
#   installer/linux-packages.sh test    all of that, npm for the blob server, tools that make small drives, Wine with a screen of its own
#   installer/linux-packages.sh bench   the same as run, and the peers that the benchmarks compare with
#
# Nothing is asked of apt when everything is there, so this may run before every command. Which server
# the packages come from is the machine's own setting.
set -euo pipefail

what=${1:-run}
missing=()
packages=()

need() { # need "what it is" package...
    missing+=("$1")
    shift
    packages+=("$@")
}

# Qt 6.9.3's own list: what its offscreen, X11 and Wayland parts load, by `ldd` on a bare Debian 12.
libraries="
libEGL.so.1 libegl1
libGL.so.1 libgl1
libX11.so.6 libx11-6
libX11-xcb.so.1 libx11-xcb1
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libfreetype.so.6 libfreetype6
libglib-2.0.so.0 libglib2.0-0
libgssapi_krb5.so.2 libgssapi-krb5-2
libwayland-client.so.0 libwayland-client0
libwayland-cursor.so.0 libwayland-cursor0
libwayland-egl.so.1 libwayland-egl1
libxcb-cursor.so.0 libxcb-cursor0
libxcb-glx.so.0 libxcb-glx0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-render.so.0 libxcb-render0
libxcb-shape.so.0 libxcb-shape0
libxcb-shm.so.0 libxcb-shm0
libxcb-sync.so.1 libxcb-sync1
libxcb-util.so.1 libxcb-util1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
libxkbcommon.so.0 libxkbcommon0
libxkbcommon-x11.so.0 libxkbcommon-x11-0
"
PATH=$PATH:/usr/sbin:/sbin
known=$(ldconfig -p)
while read -r library package; do
    if [ -n "$library" ] && [[ $known != *"$library "* ]]; then
        need "$library" "$package"
    fi
done <<<"$libraries"

# A desktop has fonts; a bare server has none at all, and a window without letters helps nobody.
if ! compgen -G '/usr/share/fonts/*/noto/NotoSans-Regular.*' >/dev/null; then
    need "a font with many scripts" fonts-noto-core
fi

if ! installer/find-python.sh >/dev/null; then
    need "Python 3.11 with venv" python3.11 python3.11-venv
fi

if [ "$what" = build ] || [ "$what" = test ]; then
    command -v x86_64-w64-mingw32-gcc >/dev/null || need "a compiler for Windows" gcc-mingw-w64-x86-64-win32
    command -v osslsigncode >/dev/null || need "osslsigncode" osslsigncode
    command -v makensis >/dev/null || need "makensis" nsis
    command -v wixl >/dev/null || need "wixl" wixl
    command -v msibuild >/dev/null || need "msibuild" msitools # wixl does not bring it
    [ -e /etc/ssl/certs/ca-certificates.crt ] || need "root certificates" ca-certificates
fi

if [ "$what" = test ]; then
    command -v npm >/dev/null || need "npm" npm
    command -v mkfs.ext4 >/dev/null || need "mkfs.ext4" e2fsprogs
    command -v losetup >/dev/null || need "losetup and mount" mount
    command -v lsblk >/dev/null || need "lsblk" util-linux
    command -v wine >/dev/null || need "Wine" wine wine64
    command -v Xvfb >/dev/null || need "Xvfb" xvfb
    command -v xdotool >/dev/null || need "xdotool" xdotool
fi

if [ "$what" = bench ]; then
    command -v restic >/dev/null || need "restic" restic
    command -v borg >/dev/null || need "borg" borgbackup
    command -v rclone >/dev/null || need "rclone" rclone
fi

if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi

printf 'This computer does not have: %s\n' "${missing[*]}" >&2
by_hand="apt-get install --no-install-recommends ${packages[*]}"
if ! command -v apt-get >/dev/null; then
    printf 'There is no apt-get here. Install what Debian calls: %s\n' "${packages[*]}" >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
        printf 'Only an administrator can add it. Run: sudo %s\n' "$by_hand" >&2
        exit 1
    fi
    as_root=(sudo -n)
fi
printf 'Adding it with apt-get (once).\n' >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! {
    "${as_root[@]}" apt-get update &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends "${packages[@]}"
} >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    printf 'apt-get did not finish. Its own words are above; by hand: %s\n' "$by_hand" >&2
    exit 1
fi
