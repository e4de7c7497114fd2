//! The lookups in one layer of an attribute set, and merging layers.

use super::super::Eval;
use super::super::value::{Mapped, Position, State, Thunk};
use super::{Attr, Key, Layer, Maker};
use crate::nix::Symbol;

impl<'h> Layer<'h> {
    pub(super) fn find(&self, name: Symbol) -> Option<usize> {
        if self.keys.len() <= 8 {
            return self.keys.iter().position(|key| key.name == name);
        }
        self.keys.binary_search_by_key(&name, |key| key.name).ok()
    }

    pub(super) fn attr(&self, eval: &Eval<'h>, at: usize) -> Attr<'h> {
        let Key { name, position } = self.keys[at];
        Attr {
            name,
            // what `mapAttrs` makes has no position in the source
            position: match self.maker {
                Maker::Map { .. } | Maker::Same(_) => Position::NONE,
                _ => position,
            },
            value: self.value(eval, at),
        }
    }

    pub(super) fn value(&self, eval: &Eval<'h>, at: usize) -> &'h Thunk<'h> {
        if let Some(value) = self.values[at].get() {
            return value;
        }
        let value = match self.maker {
            Maker::Made => unreachable!("every value is made"),
            Maker::Literal { env, bindings, shape } => self.literal(eval, env, bindings, shape.bindings[at] as usize),
            Maker::Recursive { env, shape } => eval.local(env, 0, shape.bindings[at]),
            Maker::Subset { from, numbers } => from.value(eval, numbers[at] as usize),
            Maker::Same(value) => value,
            Maker::Map { function, from } => {
                let mapped = Mapped {
                    function,
                    name: self.keys[at].name,
                    value: from.value(eval, at),
                };
                eval.heap.alloc(Thunk::new(State::Map(eval.heap.alloc(mapped))))
            }
        };
        self.values[at].set(Some(value));
        value
    }

    pub(super) fn all(&self, eval: &Eval<'h>) -> Vec<Attr<'h>> {
        (0..self.keys.len()).map(|at| self.attr(eval, at)).collect()
    }
}

pub(super) fn merge_all<'h>(eval: &Eval<'h>, layers: &[&'h Layer<'h>]) -> Vec<Attr<'h>> {
    match layers {
        [] => Vec::new(),
        [layer] => layer.all(eval),
        _ => {
            let (over, under) = layers.split_at(layers.len() / 2);
            merge(merge_all(eval, under), merge_all(eval, over))
        }
    }
}

/// Both, sorted; if both have a name, the attribute of `over` wins.
pub(super) fn merge<'h>(under: Vec<Attr<'h>>, over: Vec<Attr<'h>>) -> Vec<Attr<'h>> {
    let mut merged = Vec::with_capacity(under.len() + over.len());
    let (mut under, mut over) = (under.into_iter().peekable(), over.into_iter().peekable());
    loop {
        match (under.peek(), over.peek()) {
            (Some(a), Some(b)) if a.name < b.name => merged.extend(under.next()),
            (Some(a), Some(b)) => {
                if a.name == b.name {
                    under.next();
                }
                merged.extend(over.next());
            }
            (Some(_), None) => merged.extend(under.next()),
            (None, Some(_)) => merged.extend(over.next()),
            (None, None) => return merged,
        }
    }
}
