#!/usr/bin/env bash
# The check that CI makes, on this machine.
#
#   run-local.sh [BASE [REMOTE]]
#
# In a Nixpkgs checkout: fetches the branch BASE of REMOTE (the name or URL of a repository; by default Nixpkgs' own), merges
# the checkout into it in memory, what is not committed included, and judges what that makes, compared with BASE. Where BASE
# is a directory, the checkout is compared with that as it is; without BASE, it is judged alone.
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
    # cargo does nothing where the program is up to date.
    cargo build --release --quiet --locked --manifest-path "$byname_root/Cargo.toml" --bin byname ||
        fail "byname does not build; it needs a Rust toolchain: https://rustup.rs"
    BYNAME=${CARGO_TARGET_DIR:-$byname_root/target}/release/byname
fi

if ! in_nixpkgs; then
    (($# == 0)) || fail "$PWD is not in a Nixpkgs checkout, so there is nothing to compare with '$1'"
    echo "$PWD is not in a Nixpkgs checkout: checking the sample in $byname_root/sample" >&2
    exec "$BYNAME" check "$byname_root/sample"
fi

case $# in
0) exec "$BYNAME" check ;;
1) [[ ! -d $1 ]] || exec "$BYNAME" check --base "$1" ;;
esac

base=$1 remote=${2:-https://github.com/NixOS/nixpkgs.git}
echo "Fetching $base from $remote" >&2
git fetch --quiet --no-tags "$remote" "$base" ||
    fail "can't fetch '$base' from '$remote'; give the branch that the change is for, and the remote that has it:" \
        "run-local.sh master upstream"
exec "$BYNAME" check --base FETCH_HEAD --merge
