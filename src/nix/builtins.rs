//! The names that the language itself defines: the attributes of `builtins`, and `builtins` (Nix manual, "Built-ins").

/// How a variable refers to a built-in value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BuiltinScope {
    /// By its name: `map`.
    Plain,
    /// By its name after `__`: `__add`.
    Prefixed,
}

use BuiltinScope::{Plain, Prefixed};

/// Every built-in name, sorted.  A test compares them with the values that the evaluator has.
pub const BUILTINS: &[(&str, BuiltinScope)] = &[
    ("abort", Plain),
    ("add", Prefixed),
    ("addDrvOutputDependencies", Prefixed),
    ("addErrorContext", Prefixed),
    ("all", Prefixed),
    ("any", Prefixed),
    ("appendContext", Prefixed),
    ("attrNames", Prefixed),
    ("attrValues", Prefixed),
    ("baseNameOf", Plain),
    ("bitAnd", Prefixed),
    ("bitOr", Prefixed),
    ("bitXor", Prefixed),
    ("break", Plain),
    ("builtins", Plain),
    ("catAttrs", Prefixed),
    ("ceil", Prefixed),
    ("compareVersions", Prefixed),
    ("concatLists", Prefixed),
    ("concatMap", Prefixed),
    ("concatStringsSep", Prefixed),
    ("convertHash", Prefixed),
    ("currentSystem", Prefixed),
    ("currentTime", Prefixed),
    ("deepSeq", Prefixed),
    ("derivation", Plain),
    ("derivationStrict", Plain),
    ("dirOf", Plain),
    ("div", Prefixed),
    ("elem", Prefixed),
    ("elemAt", Prefixed),
    ("false", Plain),
    ("fetchGit", Plain),
    ("fetchMercurial", Plain),
    ("fetchTarball", Plain),
    ("fetchurl", Prefixed),
    ("filter", Prefixed),
    ("filterSource", Prefixed),
    ("findFile", Prefixed),
    ("floor", Prefixed),
    ("foldl'", Prefixed),
    ("fromJSON", Prefixed),
    ("fromTOML", Plain),
    ("functionArgs", Prefixed),
    ("genList", Prefixed),
    ("genericClosure", Prefixed),
    ("getAttr", Prefixed),
    ("getContext", Prefixed),
    ("getEnv", Prefixed),
    ("groupBy", Prefixed),
    ("hasAttr", Prefixed),
    ("hasContext", Prefixed),
    ("hashFile", Prefixed),
    ("hashString", Prefixed),
    ("head", Prefixed),
    ("import", Plain),
    ("intersectAttrs", Prefixed),
    ("isAttrs", Prefixed),
    ("isBool", Prefixed),
    ("isFloat", Prefixed),
    ("isFunction", Prefixed),
    ("isInt", Prefixed),
    ("isList", Prefixed),
    ("isNull", Plain),
    ("isPath", Prefixed),
    ("isString", Prefixed),
    ("langVersion", Prefixed),
    ("length", Prefixed),
    ("lessThan", Prefixed),
    ("listToAttrs", Prefixed),
    ("map", Plain),
    ("mapAttrs", Prefixed),
    ("match", Prefixed),
    ("mul", Prefixed),
    ("nixPath", Prefixed),
    ("nixVersion", Prefixed),
    ("null", Plain),
    ("parseDrvName", Prefixed),
    ("partition", Prefixed),
    ("path", Prefixed),
    ("pathExists", Prefixed),
    ("placeholder", Plain),
    ("readDir", Prefixed),
    ("readFile", Prefixed),
    ("readFileType", Prefixed),
    ("removeAttrs", Plain),
    ("replaceStrings", Prefixed),
    ("scopedImport", Plain),
    ("seq", Prefixed),
    ("sort", Prefixed),
    ("split", Prefixed),
    ("splitVersion", Prefixed),
    ("storeDir", Prefixed),
    ("storePath", Prefixed),
    ("stringLength", Prefixed),
    ("sub", Prefixed),
    ("substring", Prefixed),
    ("tail", Prefixed),
    ("throw", Plain),
    ("toFile", Prefixed),
    ("toJSON", Prefixed),
    ("toPath", Prefixed),
    ("toString", Plain),
    ("toXML", Prefixed),
    ("trace", Prefixed),
    ("traceVerbose", Prefixed),
    ("true", Plain),
    ("tryEval", Prefixed),
    ("typeOf", Prefixed),
    ("unsafeDiscardOutputDependency", Prefixed),
    ("unsafeDiscardStringContext", Prefixed),
    ("unsafeGetAttrPos", Prefixed),
    ("warn", Prefixed),
    ("zipAttrsWith", Prefixed),
];

/// The variable that means `builtins.<name>`: `map` for `map`, `__add` for `add`; `None` if Nix has no such built-in.
#[must_use]
pub fn builtin_variable(name: &str) -> Option<String> {
    Some(match scope_of(name)? {
        Plain => name.to_owned(),
        Prefixed => format!("__{name}"),
    })
}

/// Whether a variable of this name means a built-in value unless the file binds the name.
pub(super) fn is_builtin_variable(variable: &str) -> bool {
    match variable.strip_prefix("__") {
        Some(name) => scope_of(name) == Some(Prefixed),
        None => scope_of(variable) == Some(Plain),
    }
}

fn scope_of(name: &str) -> Option<BuiltinScope> {
    let at = BUILTINS.binary_search_by_key(&name, |(name, _)| name).ok()?;
    Some(BUILTINS[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_sorted_and_each_is_there_once() {
        assert!(BUILTINS.is_sorted_by(|(a, _), (b, _)| a < b));
    }

    #[test]
    fn a_variable_has_the_prefix_that_its_name_needs() {
        for (variable, expected) in [
            ("map", true),
            ("__map", false),
            ("add", false),
            ("__add", true),
            ("foo", false),
        ] {
            assert_eq!(is_builtin_variable(variable), expected, "{variable}");
        }
    }
}
