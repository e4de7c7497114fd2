//! The sets that literals in the source make.

use std::cell::Cell;

use super::super::Eval;
use super::super::value::{Env, Position, Thunk};
use super::{Attrs, Key, Layer, Maker, Shape};
use crate::nix::{BindingsId, BoundValue};

impl<'h> Eval<'h> {
    /// The set that a literal makes of its static names. `env` is the scope of the literal, or its frame if it is
    /// recursive.
    pub(in super::super) fn literal(&self, env: &'h Env<'h>, id: BindingsId) -> &'h Attrs<'h> {
        let file = env.code.file;
        let bindings = file.bindings(id);
        let place = &env.code.shapes[id.index()];
        let shape = place.get().unwrap_or_else(|| self.shape(env, id, place));
        if shape.keys.is_empty() {
            return self.of_layers(&[]);
        }
        let (more, maker) = if bindings.recursive {
            (0, Maker::Recursive { env, shape })
        } else {
            (
                file.sources(bindings).len(),
                Maker::Literal {
                    env,
                    bindings: id,
                    shape,
                },
            )
        };
        let values = self.heap.slots((0..shape.keys.len() + more).map(|_| None));
        let layer = self.heap.alloc(Layer {
            keys: shape.keys,
            values,
            maker,
        });
        self.of_layers(&[layer])
    }

    #[cold]
    pub(super) fn shape(&self, env: &'h Env<'h>, id: BindingsId, place: &Cell<Option<&'h Shape<'h>>>) -> &'h Shape<'h> {
        let bound = env.code.file.bound(env.code.file.bindings(id));
        let mut order: Vec<u32> = (0..bound.len() as u32).collect();
        order.sort_unstable_by_key(|at| bound[*at as usize].name);
        let key = |at: &u32| {
            let binding = &bound[*at as usize];
            Key {
                name: binding.name,
                position: Position {
                    file: env.code.id,
                    offset: binding.offset,
                },
            }
        };
        let keys = self.heap.slice(order.iter().map(key).collect());
        let shape: &'h Shape<'h> = self.heap.alloc(Shape {
            keys,
            bindings: self.heap.slice(order),
        });
        place.set(Some(shape));
        shape
    }
}

impl<'h> Layer<'h> {
    /// What the literal's binding of this index binds.
    pub(super) fn literal(&self, eval: &Eval<'h>, env: &'h Env<'h>, id: BindingsId, number: usize) -> &'h Thunk<'h> {
        let file = env.code.file;
        let bindings = file.bindings(id);
        let binding = &file.bound(bindings)[number];
        match binding.value {
            BoundValue::Expr(expr) | BoundValue::Inherit(expr) => eval.thunk(env, expr),
            BoundValue::InheritFrom(source) => {
                let slot = &self.values[self.keys.len() + source as usize];
                let source = slot.get().unwrap_or_else(|| {
                    let thunk = eval.thunk(env, file.sources(bindings)[source as usize]);
                    slot.set(Some(thunk));
                    thunk
                });
                eval.lazy_select(source, binding.name)
            }
        }
    }
}
