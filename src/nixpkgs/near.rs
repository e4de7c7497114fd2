//! Names that are similar to another.

use crate::nix::Symbol;

/// How many similar names are given.
const MOST: usize = 3;

/// The likeness from which two names are similar.
const LEAST_LIKENESS: f64 = 0.7;

/// The longest names that are compared, in bytes, because comparing takes the product of two lengths.
const LONGEST: usize = 100;

/// The `names` that are most similar to the one wanted, the most similar first, with their likeness, at most 1. Upper and
/// lower case are alike.
pub(super) fn near(wanted: &str, mut names: Vec<Symbol>) -> Vec<(f64, Symbol)> {
    if wanted.len() > LONGEST {
        return Vec::new();
    }
    let wanted = wanted.to_ascii_lowercase();
    names.retain(|name| name.name().len() <= LONGEST);
    names.sort_unstable_by_key(|name| name.name());
    let likeness = |name: &Symbol| strsim::normalized_damerau_levenshtein(&name.name().to_ascii_lowercase(), &wanted);
    let mut near: Vec<_> = names.into_iter().map(|name| (likeness(&name), name)).collect();
    near.retain(|(likeness, _)| *likeness >= LEAST_LIKENESS);
    near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    near.truncate(MOST);
    near
}
