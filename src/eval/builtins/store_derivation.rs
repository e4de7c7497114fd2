//! `derivationStrict`: what making a derivation forces and checks, although no derivation is made (Nix manual,
//! "Derivations" and "Advanced attributes").

use super::super::attrs::{Attr, Attrs};
use super::super::error::ErrorOrUnknown;
use super::super::partly_known::StringContext;
use super::super::value::{Position, Thunk, Value};
use super::super::{Assumed, Eval, Outcome};
use super::hashes::{is_algorithm, is_hash};
use super::sets::by_name;
use crate::nix::Symbol;

/// What `derivationStrict attrs` returns: the paths of the derivation and of its outputs.
///
/// # Errors
/// As in Nix: the errors of the arguments, and if they do not make a derivation. If an argument is unknown, the others
/// are still checked, because an error in them is certain.
pub(super) fn strict<'h>(eval: &Eval<'h>, attrs: &'h Attrs<'h>) -> Outcome<'h> {
    let name = match eval.lookup(attrs, eval.names.name)? {
        Some(name) => eval.force(name)?,
        None => return Err(eval.missing(attrs, eval.names.name)),
    };
    let name = eval.plain_str(name, "as the name of a derivation")?;
    eval.check_store_name(name)?;
    let flag = |flag: &str| match eval.lookup(attrs, Symbol::new(flag))? {
        Some(value) => eval.force_bool(value, &format!("as `{flag}`")),
        None => Ok(false),
    };
    let mut derivation = Derivation {
        eval,
        structured: flag("__structuredAttrs")?,
        ignores_nulls: flag("__ignoreNulls")?,
        builder: Word::Missing,
        system: Word::Missing,
        hash: Word::Missing,
        mode: Word::Missing,
        algorithm: Word::Missing,
        outputs: vec!["out"],
    };
    let assumed = eval.assumed.get();
    if assumed == Assumed::All {
        if let Some(outputs) = attrs.attr(eval, eval.names.outputs) {
            derivation.argument(outputs)?;
        }
        return derivation.paths(name, attrs);
    }
    let mut unknown = None;
    let mut settle = |outcome: Outcome<'h, ()>| match (outcome, unknown) {
        (Err(error @ ErrorOrUnknown::Unknown(_)), _) if !eval.exhausted.get() => {
            unknown = unknown.or(Some(error));
            Ok(())
        }
        // the unknown argument may be an error as well, so it is unknown which of the two Nix reports
        (Err(ErrorOrUnknown::Throw(reason) | ErrorOrUnknown::Abort(reason)), Some(_)) => {
            Err(ErrorOrUnknown::Error(reason))
        }
        (outcome, _) => outcome,
    };
    let of_inputs = match assumed {
        Assumed::Nothing => Assumed::Nothing,
        Assumed::Inputs | Assumed::All => Assumed::All,
    };
    for attr in by_name(eval, attrs)? {
        settle(eval.assuming(of_inputs, || derivation.argument(attr)))?;
    }
    settle(derivation.check(name))?;
    match unknown {
        Some(error) => Err(error),
        None => derivation.paths(name, attrs),
    }
}

/// An argument that is checked here.
#[derive(Clone, Copy)]
enum Word<'h> {
    /// It is not given.
    Missing,
    Known(&'h str),
    /// It is a string of unknown text.
    Unknown,
}

/// A derivation whose arguments are being checked.
struct Derivation<'e, 'h> {
    eval: &'e Eval<'h>,
    structured: bool,
    ignores_nulls: bool,
    builder: Word<'h>,
    system: Word<'h>,
    hash: Word<'h>,
    mode: Word<'h>,
    algorithm: Word<'h>,
    outputs: Vec<&'h str>,
}

impl<'h> Derivation<'_, 'h> {
    fn argument(&mut self, Attr { name, value, .. }: Attr<'h>) -> Outcome<'h, ()> {
        let eval = self.eval;
        let what = name.name();
        if what == "__ignoreNulls" || (self.ignores_nulls && matches!(eval.force(value)?, Value::Null)) {
            return Ok(());
        }
        if let Some(place) = self.place(what) {
            // until its text is known
            *place = Word::Unknown;
        }
        match what {
            "args" => {
                let items = eval.force_list(value, "as the arguments of a builder")?;
                eval.count_items(items.len())?;
                for item in items {
                    let item = eval.force(item)?;
                    let _ = eval.coerce_argument(item)?;
                }
                return Ok(());
            }
            "__contentAddressed" | "__impure" => {
                if eval.force_bool(value, &format!("as `{what}`"))? {
                    return Err(eval.abort(&format!("`{what}` needs an experimental feature of Nix")));
                }
                return Ok(());
            }
            _ => {}
        }
        match self.structured {
            true => self.structured_argument(what, value),
            false => self.variable(what, value),
        }
    }

    /// The field for an argument that is checked here.
    fn place(&mut self, name: &str) -> Option<&mut Word<'h>> {
        match name {
            "builder" => Some(&mut self.builder),
            "system" => Some(&mut self.system),
            "outputHash" => Some(&mut self.hash),
            "outputHashAlgo" => Some(&mut self.algorithm),
            "outputHashMode" => Some(&mut self.mode),
            _ => None,
        }
    }

    /// An argument that the builder receives as an environment variable.
    fn variable(&mut self, name: &str, value: &'h Thunk<'h>) -> Outcome<'h, ()> {
        let eval = self.eval;
        let value = eval.force(value)?;
        let text = eval.coerce_argument(value)?;
        let word = match text {
            Ok(text) => Word::Known(text),
            Err(partial) => partial.text().map_or(Word::Unknown, Word::Known),
        };
        if name == "outputs" {
            return match word {
                Word::Known(text) => self.set_outputs(text.split_ascii_whitespace().collect()),
                _ => Err(eval.unknown("the names of a derivation's outputs")),
            };
        }
        self.set(name, word)
    }

    /// An argument that the builder receives in a JSON file.
    fn structured_argument(&mut self, name: &str, value: &'h Thunk<'h>) -> Outcome<'h, ()> {
        let eval = self.eval;
        if name == "__structuredAttrs" {
            return Ok(());
        }
        eval.force_json(value)?;
        match name {
            "outputs" => {
                let mut names = Vec::new();
                for output in eval.force_list(value, "as the outputs of a derivation")? {
                    let output = eval.force(output)?;
                    names.push(eval.plain_str(output, "as the name of an output")?);
                }
                self.set_outputs(names)
            }
            _ if self.place(name).is_some() => {
                let what = format!("as the `{name}` of a derivation");
                let text = eval.force_text(value, &what)?;
                let word = match text {
                    Ok(text) => Word::Known(text),
                    Err(partial) if partial.context == StringContext::Present && name != "builder" => {
                        return Err(eval.abort(&format!("a string that refers to the store is not allowed {what}")));
                    }
                    Err(partial) => partial.text().map_or(Word::Unknown, Word::Known),
                };
                self.set(name, word)
            }
            _ => Ok(()),
        }
    }

    fn set(&mut self, name: &str, word: Word<'h>) -> Outcome<'h, ()> {
        if let Some(place) = self.place(name) {
            *place = word;
        }
        let eval = self.eval;
        match self.mode {
            Word::Known("flat" | "recursive" | "nar") | Word::Missing => Ok(()),
            Word::Known(mode @ ("text" | "git")) => Err(eval.abort(&format!(
                "the `outputHashMode` '{mode}' needs an experimental feature of Nix"
            ))),
            Word::Known(mode) => Err(eval.abort(&format!("'{mode}' is not an `outputHashMode`"))),
            Word::Unknown => Err(eval.unknown("an `outputHashMode`")),
        }
    }

    fn set_outputs(&mut self, outputs: Vec<&'h str>) -> Outcome<'h, ()> {
        for (at, output) in outputs.iter().enumerate() {
            self.eval.count_items(at)?;
            if outputs[..at].contains(output) {
                return Err(self
                    .eval
                    .abort(&format!("a derivation has the output '{output}' twice")));
            }
            if *output == "drvPath" {
                return Err(self.eval.abort("an output of a derivation may not be called 'drvPath'"));
            }
        }
        if outputs.is_empty() {
            return Err(self.eval.abort("a derivation without outputs"));
        }
        self.outputs = outputs;
        Ok(())
    }

    /// Checks the derivation as a whole.
    fn check(&self, name: &str) -> Outcome<'h, ()> {
        let eval = self.eval;
        for (what, word) in [("builder", self.builder), ("system", self.system)] {
            if let Word::Missing | Word::Known("") = word {
                return Err(eval.abort(&format!("a derivation without a `{what}`")));
            }
        }
        if name.ends_with(".drv") {
            return Err(eval.abort(&format!("the name of a derivation, '{name}', may not end in '.drv'")));
        }
        match self.hash {
            Word::Missing => {}
            _ if self.outputs != ["out"] => {
                return Err(eval.abort("a derivation with an `outputHash` has one output, `out`"));
            }
            Word::Unknown => {}
            Word::Known(hash) => self.check_hash(hash)?,
        }
        eval.check_store_name(&format!("{name}.drv"))?;
        self.outputs
            .iter()
            .try_for_each(|output| eval.check_store_name(&path_name(name, output)))
    }

    fn check_hash(&self, hash: &str) -> Outcome<'h, ()> {
        let algorithm = match self.algorithm {
            // to Nix, an unknown algorithm is the same as none
            Word::Known(name) => Some(name).filter(|name| is_algorithm(name)),
            Word::Missing => None,
            Word::Unknown => return Err(self.eval.unknown("an `outputHashAlgo`")),
        };
        match (hash, algorithm) {
            ("", Some(_)) => Ok(()),
            ("", None) => Err(self.eval.abort("an empty `outputHash` needs an `outputHashAlgo`")),
            (hash, algorithm) if is_hash(hash, algorithm) => Ok(()),
            _ => Err(self
                .eval
                .abort(&format!("'{hash}' is not an `outputHash` of a known form"))),
        }
    }

    fn paths(&self, name: &str, attrs: &'h Attrs<'h>) -> Outcome<'h> {
        let eval = self.eval;
        let reason = eval.reason("a store path");
        let of = std::ptr::from_ref(attrs).cast();
        let attr = |name, path| Attr {
            name,
            position: Position::NONE,
            value: eval.done(path),
        };
        // no output's name contains a space
        let derivation = eval.store_path(of, "the derivation", &format!("{name}.drv"), reason);
        let mut paths = vec![attr(eval.names.drv_path, derivation)];
        for output in &self.outputs {
            let path = eval.store_path(of, output, &path_name(name, output), reason);
            paths.push(attr(eval.symbol(output), path));
        }
        Ok(Value::Attrs(eval.attrs(paths)))
    }
}

/// The name that the store path of an output ends with.
fn path_name(name: &str, output: &str) -> String {
    match output {
        "out" => name.to_owned(),
        output => format!("{name}-{output}"),
    }
}
