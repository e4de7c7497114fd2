#!/usr/bin/env bash
# The check that CI makes, on this machine.
#
#   run-local.sh [BASE]
#
# In a Nixpkgs checkout: checks it, and compares it with BASE, the Nixpkgs before the change: a directory, or a revision of
# the checkout such as `master`, of which the merge base with the checkout's HEAD is taken, as for a pull request.
# Elsewhere: checks the sample tree that comes with byname.
#
# Exits as `byname check` does: 0 passed, 1 problems, 2 no verdict.
set -euo pipefail

byname_root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd)

fail() {
    echo "run-local.sh: $*" >&2
    exit 2
}

(($# <= 1)) || fail "too many arguments; usage: run-local.sh [BASE]"

# The Nixpkgs that the current directory is in.
enclosing_nixpkgs() {
    local directory=$PWD
    while true; do
        if [[ -d $directory/pkgs/by-name || -d $directory/pkgs/top-level ]]; then
            printf '%s\n' "${directory:-/}"
            return
        fi
        [[ -n $directory && $directory != / ]] || return 1
        directory=${directory%/*}
    done
}

# Makes a checkout of a revision in a temporary directory, deleted at the end, and sets `base` to it.
check_out_base() {
    local nixpkgs=$1 revision=$2 commit
    commit=$(git -C "$nixpkgs" merge-base "$revision" HEAD 2>/dev/null) ||
        fail "'$revision' is neither a directory nor a revision that $nixpkgs has history in common with;" \
            "fetch it first: git fetch origin $revision"
    temporary=$(mktemp -d)
    trap 'git -C "$nixpkgs" worktree remove --force "$temporary/base" 2>/dev/null || true; rm -rf "$temporary"' EXIT
    echo "Comparing with $commit, where $revision and HEAD part" >&2
    git -C "$nixpkgs" worktree add --quiet --detach "$temporary/base" "$commit" >&2
    base=$temporary/base
}

# cargo does nothing where the program is up to date.
cargo build --release --quiet --locked --manifest-path "$byname_root/Cargo.toml" --bin byname ||
    fail "byname does not build; it needs a Rust toolchain: https://rustup.rs"
byname=${CARGO_TARGET_DIR:-$byname_root/target}/release/byname

arguments=()
if nixpkgs=$(enclosing_nixpkgs); then
    if (($# == 1)); then
        base=$1
        [[ -d $base ]] || check_out_base "$nixpkgs" "$base"
        arguments=(--base "$base")
    fi
else
    nixpkgs=$byname_root/sample
    (($# == 0)) || fail "$PWD is not in a Nixpkgs checkout, so there is nothing to compare with '$1'"
    echo "$PWD is not in a Nixpkgs checkout: checking the sample in $nixpkgs" >&2
fi

"$byname" check "$nixpkgs" "${arguments[@]}"
