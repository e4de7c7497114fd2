//! byname judges the `pkgs/by-name` structure of a Nixpkgs tree from its files alone, as a reviewer would: it reads the
//! files, and never runs Nix.
//!
//! # The way that data takes
//!
//! ```text
//! Tree ──► parsed files ──► values ──► layout, definitions, attributes ──► findings ──► verdict ──► report
//! (tree/)     (nix/)        (eval/)              (nixpkgs/)                 (rules/)     (check/)    (report/)
//! ```
//!
//! One direction: a stage takes values from those before it and knows nothing of those after. Base and head take the same
//! way, and meet once, in the ratchets.
//!
//! # The rooms
//!
//! | room | what lives there | what it must not know |
//! | --- | --- | --- |
//! | `bin/byname/` | the program: arguments in, an exit code out | how anything is decided |
//! | `tree/` | a Nixpkgs to read, whatever it comes from: entries, bytes, modes, symlinks and where they lead | Nix |
//! | `nix/` | one file as Nix: its syntax in a compact form, lines, strings, scopes | Nixpkgs |
//! | `eval/` | what an expression means, with *unknown* as an answer | rules; which repository this is |
//! | `nixpkgs/` | what Nixpkgs is: where its packages are, what defines its attributes, and what these are | findings |
//! | `rules/` | one file per family of rules, and the catalogue that names and explains them | how a finding is printed |
//! | `check/` | judging one tree, comparing two, the verdict | terminals |
//! | `fix/` | mending by machine: plans as data, what stands against one, diffs, and the one place that writes to a tree | arguments, terminals |
//! | `report/` | one file per output format, each a view of [`check::Report`] | how a finding came to be |
//! | `progress.rs` | telling how far work has come, for stages that take long | who wants to know |
//!
//! Beside `src/`: `fixtures/`, small trees that read as documentation of the rules; `sample/`, a tree to try the program
//! on; `benches/`, which makes a Nixpkgs of any size and measures; `fuzz/`, a crate of its own that looks for inputs on
//! which byname fails; `scripts/`, for people to run.
//!
//! A new rule is its entry in the catalogue with its page in `rules/explain/`, its check in its family's file, and its
//! fixtures, of which two are the examples that its page shows. A new output format is one file in `report/`, and a new
//! source of trees one in `tree/`.
//!
//! # Decisions
//!
//! - **Findings are data.** A [`rules::Finding`] says what is wrong, where, and how to mend it; every format is a view of
//!   the same sorted list, which does not depend on the number of threads.
//! - **Rules are constants.** Code that finds something names its rule as [`rules::Rule::NPV_140`], so there is no finding
//!   without a name and a page, and no second list of rules.
//! - **The parser is our own**, over rnix's tokens, and lowers straight to the compact syntax that everything works on.
//!   `nix/parser.rs` gives the reasons, and a test holds it against rnix's.
//! - **A file is parsed once**, and shared by all threads and by both trees where its content is the same.
//! - **Unknown is an answer.** An evaluation ends with a value, with an error, or with [`eval::ErrorOrUnknown::Unknown`] and a reason:
//!   a hash in a store path, or the time. It spreads no further than it must: a set may have
//!   attributes that are known and more that are not, and `if` of an unknown condition is known where both branches agree.
//!   What can't be told is no finding: it is listed as undecided, and in a whole Nixpkgs it fails if it is new.
//! - **An error is one wherever it is.** Every top-level attribute is asked what nixpkgs-vet asks of it: whether it is a
//!   derivation, and what comes back of its own `overrideAttrs` (`nixpkgs/override_attrs.rs`).  What Nix would stop at is a
//!   finding; a value that needs itself is such an error, unless that rests on something unknown (`eval/recursion.rs`).
//! - **The tree speaks for itself.** `lib`, stdenv with its whole bootstrap, every builder and package set are evaluated
//!   from the tree's own files, so a change to any of them changes the verdict. There is no table of names, and no model of
//!   Nixpkgs but in `nixpkgs/partial_tree/`, for trees that have no `pkgs/top-level` of their own. That is affordable because
//!   evaluation is lazier than Nix where nobody can tell: the values of a set and the names of a `let` become thunks when
//!   they are first asked for, `//` copies little, and no derivation is ever written.
//! - **Files are shared, evaluators are not.** Each thread evaluates with a heap of its own, without locks, and begins anew
//!   when the heap is full. Steps, depth and memory of an attribute are bounded; past a bound the answer is unknown. A run
//!   has a budget as well (`nixpkgs/budget.rs`), past which there is no verdict. Neither depends on the threads.
//! - **Work follows the change.** While a base is evaluated, each thunk records what its value depends on: files,
//!   listings, names that were asked for, paths that lead nowhere (`eval/dependencies.rs`).  Of head, only the attributes
//!   are evaluated of which anything of that differs, and only changed files and packages are judged; a property test
//!   holds the report against one of everything.  Of a base that is a commit and passes, answers and dependencies are kept
//!   on disk, by the tree's id and the build's sources (`check/cache/`).
//! - **A fix is certain, or it is not made.** Whatever may refer to what would move counts as if it did; the tree as it
//!   would be is checked before anything is written; and on disk all changes are made, or none.
//! - **Hostile input is input.** A tree comes from a stranger's pull request. Whatever it holds, the program ends soon
//!   with a verdict or a clear error: it does not panic, reads and writes nothing outside the tree, runs nothing of it, and
//!   sends nothing raw to a terminal.

#![forbid(unsafe_code)]

pub mod check;
pub mod eval;
pub mod fix;
pub mod nix;
pub mod nixpkgs;
pub mod progress;
pub mod report;
pub mod rules;
pub mod tree;
