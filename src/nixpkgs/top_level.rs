//! The top-level package set.

use super::world::ROOT;
use crate::eval::{Attr, Eval, Outcome, Position, Thunk, Value};
use crate::nix::Symbol;

/// The top-level package set of a tree, in one evaluator.
pub struct TopLevel;

impl TopLevel {
    /// What `import <nixpkgs> { system = "x86_64-linux"; config = { }; overlays = [ ]; }` gives.
    ///
    /// # Errors
    /// Where the tree has no such set.
    pub fn new<'h>(eval: &Eval<'h>) -> Outcome<'h> {
        let function = eval.import(&format!("{ROOT}/pkgs/top-level"))?;
        let attr = |name, value| Attr {
            name: Symbol::new(name),
            position: Position::NONE,
            value,
        };
        let set = |attrs| -> &'h Thunk<'h> { eval.done(Value::Attrs(eval.attrs(attrs))) };
        let system = set(vec![attr("system", eval.done(Value::Str("x86_64-linux")))]);
        let args = set(vec![
            attr("localSystem", system),
            attr("config", set(vec![])),
            attr("overlays", eval.done(Value::List(&[]))),
        ]);
        eval.apply(function, &[args])
    }
}
