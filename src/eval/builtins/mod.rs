//! The built-in functions (Nix manual, "Built-ins"), one file per subject.
//!
//! A new function is its name in `nix::BUILTINS`, and its entry in `functions` of the file for its subject.

mod closure;
mod control;
mod derivation;
mod fetch;
mod hashes;
mod json;
mod lists;
mod own_files;
mod pattern;
mod posix;
mod reading;
mod regex;
mod search;
mod sets;
mod sources;
mod store_derivation;
mod strings;
mod toml;
mod versions;
mod xml;

pub(super) use pattern::Compiled;
use rustc_hash::FxHashMap;

use crate::nix::{Symbol, builtin_variable};

use super::attrs::Attr;
use super::error::ErrorOrUnknown;
use super::value::{HostFn, Position, Thunk, Value};
use super::{Eval, Outcome};

/// A function's name, its number of arguments, and its implementation.
type Builtin<'h> = (&'static str, usize, HostFn<'h>);

type Args<'h> = &'h [&'h Thunk<'h>];

/// The built-in functions: the name of each, and the number of its arguments.
#[must_use]
pub fn builtin_functions() -> Vec<(&'static str, usize)> {
    functions().into_iter().map(|(name, arity, _)| (name, arity)).collect()
}

fn functions<'h>() -> Vec<Builtin<'h>> {
    [
        closure::functions(),
        control::functions(),
        derivation::functions(),
        fetch::functions(),
        reading::functions(),
        hashes::functions(),
        json::functions(),
        lists::functions(),
        pattern::functions(),
        search::functions(),
        sets::functions(),
        sources::functions(),
        strings::functions(),
        toml::functions(),
        versions::functions(),
        xml::functions(),
    ]
    .concat()
}

/// The values of the variables that the language defines: those that need no `builtins.`, and the others with `__`.
pub(super) fn globals<'h>(eval: &Eval<'h>) -> FxHashMap<Symbol, &'h Thunk<'h>> {
    let mut values: Vec<(&'static str, Value<'h>)> = functions()
        .into_iter()
        .map(|(name, arity, run)| (name, eval.native(name, arity, run)))
        .collect();
    values.extend([
        ("true", Value::Bool(true)),
        ("false", Value::Bool(false)),
        ("null", Value::Null),
        ("currentSystem", Value::Str("x86_64-linux")),
        ("langVersion", Value::Int(6)),
        ("nixVersion", Value::Str("2.26.3")),
        ("storeDir", Value::Str("/nix/store")),
    ]);
    let mut thunks: Vec<(&'static str, &'h Thunk<'h>)> = values
        .into_iter()
        .map(|(name, value)| (name, eval.done(value)))
        .collect();
    thunks.push(("currentTime", eval.failed(eval.unknown("the current time"))));
    thunks.push(("nixPath", eval.failed(eval.unknown("the search path"))));

    let attr = |(name, value): &(&'static str, &'h Thunk<'h>)| Attr {
        name: Symbol::new(name),
        position: Position::NONE,
        value,
    };
    let mut attrs: Vec<_> = thunks.iter().map(attr).collect();
    let this = Symbol::new("builtins");
    let all = eval.lazy_host(|eval, _| eval.global_builtins(), &[]);
    attrs.push(Attr {
        name: this,
        position: Position::NONE,
        value: all,
    });
    let builtins = eval.done(Value::Attrs(eval.attrs(attrs)));

    let mut globals = FxHashMap::default();
    globals.insert(this, builtins);
    for (name, value) in thunks {
        let variable = builtin_variable(name).expect("`nix::BUILTINS` has the names of all built-in values");
        globals.insert(Symbol::new(&variable), value);
    }
    globals
}

impl<'h> Eval<'h> {
    fn global_builtins(&self) -> Outcome<'h> {
        match self.globals.get(&Symbol::new("builtins")) {
            Some(builtins) => self.force(builtins),
            None => Err(self.unknown("builtins")),
        }
    }
}

/// The result of functions that only a running Nix can execute.
fn impure<'h>(eval: &Eval<'h>, what: &str) -> Outcome<'h> {
    Err(ErrorOrUnknown::Unknown(eval.reason(what)))
}

/// A text that was read from JSON or TOML, as a value.
///
/// # Errors
/// If no Nix string can have this text.
fn read_text<'h>(eval: &Eval<'h>, text: &str) -> Outcome<'h> {
    check_text(eval, text)?;
    Ok(eval.string(text))
}

fn check_text<'h>(eval: &Eval<'h>, text: &str) -> Outcome<'h, ()> {
    match text.contains('\0') {
        true => Err(eval.abort("a string can't contain a NUL")),
        false => Ok(()),
    }
}

/// A list that was read from JSON or TOML, as a value; `read` converts its items.
fn read_list<'h, T>(eval: &Eval<'h>, items: &[T], read: impl Fn(&Eval<'h>, &T) -> Outcome<'h>) -> Outcome<'h> {
    let items: Outcome<Vec<_>> = items.iter().map(|item| Ok(eval.done(read(eval, item)?))).collect();
    Ok(eval.list(items?))
}

/// A set that was read from JSON or TOML, as a value; `read` converts its members.
fn read_set<'h, 'm, T: 'm>(
    eval: &Eval<'h>,
    members: impl IntoIterator<Item = (&'m String, &'m T)>,
    read: impl Fn(&Eval<'h>, &T) -> Outcome<'h>,
) -> Outcome<'h> {
    let attr = |(name, member): (&String, &T)| {
        check_text(eval, name)?;
        let value = eval.done(read(eval, member)?);
        Ok(Attr {
            name: eval.symbol(name),
            position: Position::NONE,
            value,
        })
    };
    let attrs = members.into_iter().map(attr).collect::<Outcome<_>>()?;
    Ok(Value::Attrs(eval.attrs(attrs)))
}

#[cfg(test)]
mod tests {
    use crate::eval::{Eval, Heap, Limits, NoFiles};
    use crate::nix::{BUILTINS, Symbol, builtin_variable};

    #[test]
    fn every_built_in_name_has_a_value_and_every_value_a_name() {
        let heap = Heap::new();
        let eval = Eval::new(&heap, &NoFiles, Limits::default());
        for (name, _) in BUILTINS {
            let variable = Symbol::new(&builtin_variable(name).unwrap());
            assert!(eval.globals.contains_key(&variable), "`builtins.{name}` has no value");
        }
        assert_eq!(eval.globals.len(), BUILTINS.len());
    }
}
