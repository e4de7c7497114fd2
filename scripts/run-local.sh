#!/usr/bin/env bash
# Runs the check that CI runs, on this machine.
#
#   run-local.sh [BASE [REMOTE]]
#
# In a Nixpkgs checkout: fetches the branch BASE of REMOTE (the name or URL of a repository; by default Nixpkgs' own), merges
# the checkout, with its uncommitted changes, into BASE in memory, and checks the result, compared with BASE. If BASE is
# `dir:PATH`, `rev:REV`, `archive:PATH` or `channel:NAME`, or a path that begins with `/`, `./` or `../`, nothing is fetched,
# and the checkout is compared with that. Without BASE, the checkout is checked alone.
# Elsewhere: checks the sample tree that comes with byname, whose mistakes make the check fail.
#
# Builds byname first, which takes some minutes the first time, unless BYNAME names a byname that is built. Apart from cargo,
# it runs only byname and git.
# Exits like `byname check`: 0 passed, 1 problems, 2 no verdict.
set -euo pipefail

byname_root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd)

fail() {
    echo "run-local.sh: $*" >&2
    exit 2
}

(($# <= 2)) || fail "too many arguments; usage: run-local.sh [BASE [REMOTE]]"

# Whether the current directory is in a Nixpkgs.
in_nixpkgs() {
    local directory=$PWD
    while true; do
        [[ ! -d $directory/pkgs/by-name && ! -d $directory/pkgs/top-level ]] || return 0
        [[ -n $directory && $directory != / ]] || return 1
        directory=${directory%/*}
    done
}

if [[ -z ${BYNAME:-} ]]; then
    target=${CARGO_TARGET_DIR:-target}
    [[ $target == /* ]] || target=$byname_root/$target
    # Run outside of the checkout, whose files could otherwise decide what cargo runs.
    [[ -x $target/release/byname ]] || echo "Building byname, which takes some minutes the first time" >&2
    (cd -- "$byname_root" && cargo build --release --quiet --locked --bin byname) ||
        fail "byname does not build; it needs Rust, in the version that Cargo.toml names or newer: https://rustup.rs"
    BYNAME=$target/release/byname
fi

if ! in_nixpkgs; then
    (($# == 0)) || fail "$PWD is not in a Nixpkgs checkout, so there is nothing to compare with '$1'"
    echo "$PWD is not in a Nixpkgs checkout: checking the sample in $byname_root/sample, which is meant to fail" >&2
    exec "$BYNAME" check "$byname_root/sample"
fi

(($# > 0)) || exec "$BYNAME" check

base=$1 remote=${2:-https://github.com/NixOS/nixpkgs.git}
case $base in
dir:* | rev:* | archive:* | channel:* | /* | ./* | ../*)
    (($# == 1)) || fail "'$base' is not a branch, so there is nothing to fetch from '$remote'"
    exec "$BYNAME" check --base="$base"
    ;;
esac

# git takes what is not the name of a remote as a path, and files there come from the checkout.
case $remote in
*:* | /* | ./* | ../*) ;;
*)
    [[ ! -e $remote ]] || git -c safe.bareRepository=explicit config --get-all -- "remote.$remote.url" >/dev/null ||
        fail "'$remote' is not a remote of this repository; if you mean the directory, give ./$remote"
    ;;
esac

echo "Fetching $base from $remote" >&2
# A directory of the checkout that looks like a bare repository must not configure git.
git -c safe.bareRepository=explicit fetch --quiet --no-tags --no-recurse-submodules -- "$remote" "$base" ||
    fail "can't fetch '$base' from '$remote'; give the branch that the change is for, and the remote that has it:" \
        "run-local.sh master upstream"
exec "$BYNAME" check --base=rev:FETCH_HEAD --merge
