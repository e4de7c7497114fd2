//! byname checks the `pkgs/by-name` structure of a Nixpkgs tree from its files alone, without running Nix.
//!
//! # How data flows
//!
//! ```text
//! Tree ──► parsed files ──► values ──► layout, definitions, attributes ──► findings ──► verdict ──► report
//! (tree/)     (nix/)        (eval/)              (nixpkgs/)                 (rules/)     (check/)    (report/)
//! ```
//!
//! Data flows in one direction: a stage takes values from earlier stages and knows nothing of later ones. Base and head go
//! through the same stages and meet once, in the ratchets.
//!
//! # The modules
//!
//! A module uses only modules above it in this table (`tests/modules.rs` checks that).
//!
//! | module | what it contains | what it must not know |
//! | --- | --- | --- |
//! | `progress.rs` | how stages that take long report their progress | who listens |
//! | `shell.rs` | words of shell commands, for messages that people copy | what they are about |
//! | `tree/` | a Nixpkgs to read, whatever it comes from: a directory, git, an archive, a channel; entries, bytes, modes, symlinks and where they lead | Nix |
//! | `nix/` | one Nix file: its syntax in a compact form, lines, strings, scopes | trees, Nixpkgs |
//! | `eval/` | the evaluator: what an expression means, with *unknown* as an answer; it reads files through [`eval::Host`] | trees, Nixpkgs, rules |
//! | `nixpkgs/` | what Nixpkgs is: where its packages are, what defines its attributes, and what they evaluate to | rules, findings |
//! | `rules/` | the catalogue that names and explains the rules, and one file for each family of rules | how a finding is printed |
//! | `check/` | checking one tree, comparing two, the verdict, the cache | terminals |
//! | `fix/` | automatic fixes: a plan as data, what prevents a fix, diffs, and the only code that writes to a tree | arguments, terminals |
//! | `report/` | one file for each output format, each a view of [`check::Report`], and the output of the other commands | how a finding was made |
//! | `bin/byname/` | the program: arguments, commands, output, progress bar, exit codes | how anything is decided |
//!
//! Outside of `src/`: `fixtures/` has small trees that document the rules, each with the report on it. `tests/` has everything
//! else that is tested, with tables of Nix expressions and their values in `tests/language/`. `sample/` is a tree to try the
//! program on. `benches/` generates a Nixpkgs of any size and measures. `fuzz/` is a crate of its own that looks for inputs on
//! which byname fails. `scripts/` are for people to run.
//!
//! `CONTRIBUTING.md` says how to add a rule, a report format, or a built-in function.
//!
//! # Decisions
//!
//! - **Findings are data.** A [`rules::Finding`] says what is wrong, where, and how to fix it. Every format is a view of the
//!   same sorted list, which does not depend on the number of threads.
//! - **Rules are constants.** Code that makes a finding names its rule as [`rules::Rule::NPV_140`], so every finding has a
//!   code, a name and a page, and there is no second list of rules.
//! - **The parser is our own**, over rnix's tokens, and lowers directly to the compact syntax that everything works on.
//!   `nix/parser/mod.rs` gives the reasons, and a test compares it with rnix's parser.
//! - **A file is parsed once** and shared by all threads, and by both trees if its content is the same.
//! - **Unknown is an answer.** An evaluation ends with a value, with an error, or as unknown, with a reason: a hash in a store
//!   path, or the time. Unknown spreads no further than it must: a set may have known and unknown attributes, and `if` with an
//!   unknown condition is known if both branches agree. A question without an answer is not a finding. It is listed as
//!   undecided, and in a whole Nixpkgs it fails if it is new.
//! - **What stops Nix is a finding.** Every top-level attribute is evaluated as far as nixpkgs-vet evaluates it: whether it is
//!   a derivation, and what its own `overrideAttrs` returns (`nixpkgs/override_attrs.rs`). A value that needs itself is an
//!   error too, unless that depends on something unknown (`eval/recursion.rs`).
//! - **The tree defines itself.** `lib`, stdenv with its whole bootstrap, every builder and every package set are evaluated
//!   from the tree's own files, so a change to any of them changes the verdict. There is no table of package names, and the
//!   only model of Nixpkgs is in `nixpkgs/partial_tree/`, for trees that have no `pkgs/top-level` of their own. This is
//!   affordable because the evaluator is lazier than Nix if nobody can notice: the values of a set and the names of a `let`
//!   become thunks when they are first needed, `//` copies little, and no derivation is written.
//! - **Threads share files, not evaluators.** Each thread evaluates with its own heap, without locks, and starts a new one when
//!   the heap is full. Steps, depth and memory are limited for each attribute; beyond a limit the answer is unknown. The run
//!   has a budget as well (`nixpkgs/budget.rs`), beyond which there is no verdict. Neither depends on the number of threads.
//! - **Work is proportional to the change.** While base is evaluated, each thunk records its dependencies: files, listings,
//!   names that were looked up, paths that do not exist (`eval/dependencies.rs`). In head, only attributes with a dependency
//!   that differs are evaluated, and only changed files and packages are checked. A property test compares the report with a
//!   full check. If base is a commit and passes, its answers and dependencies are kept on disk, under the tree's id and a hash
//!   of byname's own sources (`check/cache/`).
//! - **A fix is certain, or it is not made.** Anything that may refer to a file counts as a reference to it. The fixed tree is
//!   checked before anything is written, and either all changes are written or none.
//! - **Input is hostile.** A tree comes from a stranger's pull request. Whatever it contains, the program ends soon with a
//!   verdict or a clear error. It does not panic, reads and writes nothing outside the tree, runs nothing from it, and sends
//!   none of its bytes to a terminal unescaped.

#![forbid(unsafe_code)]

pub mod check;
pub mod eval;
pub mod fix;
pub mod nix;
pub mod nixpkgs;
pub mod progress;
pub mod report;
pub mod rules;
pub mod shell;
pub mod tree;
