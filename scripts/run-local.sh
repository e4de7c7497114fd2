#!/usr/bin/env bash
# The check that CI makes, on this machine.
#
#   run-local.sh [BASE [REMOTE]]
#
# In a Nixpkgs checkout: fetches the branch BASE of REMOTE (the name or URL of a repository; by default Nixpkgs' own), merges
# the checkout into it in memory, what is not committed included, and judges what that makes, compared with BASE. If BASE is
# `dir:PATH`, `rev:REV`, `archive:PATH` or `channel:NAME`, or a path that begins with `/`, `./` or `../`, nothing is fetched,
# and the checkout is compared with that; without BASE, it is judged alone.
# Elsewhere: checks the sample tree that comes with byname.
#
# Runs no program but byname, which it builds if need be (BYNAME names one that is built), and `git fetch`.
# Exits as `byname check` does: 0 passed, 1 problems, 2 no verdict.
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
    # cargo does nothing where the program is up to date.  Not in the checkout, whose files would say what cargo runs.
    (cd -- "$byname_root" && cargo build --release --quiet --locked --bin byname) ||
        fail "byname does not build; it needs a Rust toolchain: https://rustup.rs"
    target=${CARGO_TARGET_DIR:-target}
    [[ $target == /* ]] || target=$byname_root/$target
    BYNAME=$target/release/byname
fi

if ! in_nixpkgs; then
    (($# == 0)) || fail "$PWD is not in a Nixpkgs checkout, so there is nothing to compare with '$1'"
    echo "$PWD is not in a Nixpkgs checkout: checking the sample in $byname_root/sample" >&2
    exec "$BYNAME" check "$byname_root/sample"
fi

(($# > 0)) || exec "$BYNAME" check

base=$1 remote=${2:-https://github.com/NixOS/nixpkgs.git}
case $base in
dir:* | rev:* | archive:* | channel:* | /* | ./* | ../*)
    (($# == 1)) || fail "'$base' is no branch, so there is nothing to fetch from '$remote'"
    exec "$BYNAME" check --base="$base"
    ;;
esac

# What is no remote's name, git takes as a path, and what is there comes from the checkout.
case $remote in
*:* | /* | ./* | ../*) ;;
*)
    [[ ! -e $remote ]] || git -c safe.bareRepository=explicit config --get-all -- "remote.$remote.url" >/dev/null ||
        fail "'$remote' is no remote of this repository; if you mean the directory, give ./$remote"
    ;;
esac

echo "Fetching $base from $remote" >&2
# A directory of the checkout that looks like a bare repository is not to say what git does.
git -c safe.bareRepository=explicit fetch --quiet --no-tags --no-recurse-submodules -- "$remote" "$base" ||
    fail "can't fetch '$base' from '$remote'; give the branch that the change is for, and the remote that has it:" \
        "run-local.sh master upstream"
exec "$BYNAME" check --base=rev:FETCH_HEAD --merge
