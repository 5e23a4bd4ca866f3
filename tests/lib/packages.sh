#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# packages.sh build|test: installs the Debian packages that building and using
# probefs need, or also what its tests need; only those that are missing. The
# one list of them.
set -euo pipefail

build_packages=(
	gcc libc6-dev meson ninja-build pkg-config
	libglib2.0-dev libfuse3-dev fuse3
	libbpf-dev libelf-dev zlib1g-dev
	clang-19 llvm-19-dev
)
guest_packages=(
	qemu-system-x86 linux-image-amd64 busybox-static cpio kmod
)
test_packages=(
	bats bpftool python3-minimal jq vim-tiny busybox-static dash
	iproute2 procps util-linux strace
	clang-format-14 cppcheck shellcheck
	bpftrace bpfcc-tools
)

usage() {
	echo "usage: ${0##*/} build|guest|test" >&2
	exit 2
}

case ${1:-} in
build) wanted=("${build_packages[@]}") ;;
guest) wanted=("${build_packages[@]}" "${guest_packages[@]}") ;;
test) wanted=("${build_packages[@]}" "${guest_packages[@]}" "${test_packages[@]}") ;;
*) usage ;;
esac

is_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in "${wanted[@]}"; do
	is_installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "These packages are missing: ${missing[*]}" >&2
	echo "Installing them needs root: run this with sudo." >&2
	exit 1
fi
if ! command -v apt-get >/dev/null; then
	echo "This is not Debian; install what gives you: ${missing[*]}" >&2
	exit 1
fi
echo "Installing ${#missing[@]} packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null || {
	echo "apt-get update failed; trying with the lists that are here" >&2
}
apt-get install -q -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null || {
	echo "Could not install: ${missing[*]}" >&2
	exit 1
}
