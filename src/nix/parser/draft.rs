//! Sets whose bindings are still being read, because `a.c = …;` may follow `a.b = …;`.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use super::{ParseResult, Parser, append};
use crate::nix::SyntaxError;
use crate::nix::ast::*;
use crate::nix::symbol::Symbol;

/// A set whose bindings are still being read; compare [`Bindings`].
pub(super) struct DraftSet {
    pub(super) recursive: bool,
    pub(super) values: FxHashMap<Symbol, DraftBinding>,
    /// The names of `values` in the order of the source.
    pub(super) order: Vec<Symbol>,
    pub(super) dynamic: Vec<(ExprId, DraftBinding)>,
    pub(super) sources: Vec<ExprId>,
}

pub(super) struct DraftBinding {
    pub(super) offset: u32,
    pub(super) value: DraftValue,
}

pub(super) enum DraftValue {
    Expr(ExprId),
    Inherit(ExprId),
    InheritFrom(u32),
    /// The value of `a` after `a.b = …;`.
    Nested(Box<DraftSet>),
}

impl DraftSet {
    pub(super) fn new(recursive: bool) -> Self {
        Self {
            recursive,
            values: FxHashMap::default(),
            order: Vec::new(),
            dynamic: Vec::new(),
            sources: Vec::new(),
        }
    }

    /// Binds a name that is not bound yet.
    pub(super) fn add(&mut self, name: Symbol, binding: DraftBinding) -> ParseResult<()> {
        match self.values.entry(name) {
            Entry::Occupied(_) => Err(defined_twice(name, binding.offset)),
            Entry::Vacant(entry) => {
                entry.insert(binding);
                self.order.push(name);
                Ok(())
            }
        }
    }

    /// The set that `name` is bound to, for adding more to it.
    pub(super) fn nested(&mut self, name: Symbol, offset: u32, parser: &Parser) -> ParseResult<&mut DraftSet> {
        let Some(binding) = self.values.get_mut(&name) else {
            return Err(defined_twice(name, offset));
        };
        if let DraftValue::Expr(expr) = binding.value
            && let Expr::Attrs(bindings) = parser.tables.exprs[expr.index()]
        {
            binding.value = DraftValue::Nested(Box::new(parser.reopen(bindings)));
        }
        match &mut binding.value {
            DraftValue::Nested(inner) => Ok(inner),
            _ => Err(defined_twice(name, offset)),
        }
    }

    /// Adds all bindings of another set.
    pub(super) fn merge(&mut self, mut other: DraftSet) -> ParseResult<()> {
        let shift = self.sources.len() as u32;
        self.sources.append(&mut other.sources);
        for name in other.order {
            let Some(DraftBinding { offset, mut value }) = other.values.remove(&name) else {
                continue;
            };
            if let DraftValue::InheritFrom(source) = &mut value {
                *source += shift;
            }
            self.add(name, DraftBinding { offset, value })?;
        }
        self.dynamic.append(&mut other.dynamic);
        Ok(())
    }
}

impl Parser<'_> {
    /// Turns a finished set into a draft again, so that more can be merged into it.
    pub(super) fn reopen(&self, id: BindingsId) -> DraftSet {
        let bindings = self.tables.bindings[id.index()];
        let mut draft = DraftSet::new(bindings.recursive);
        draft
            .sources
            .extend_from_slice(&self.tables.children[bindings.sources.range()]);
        for binding in &self.tables.bound[bindings.list.range()] {
            let value = match binding.value {
                BoundValue::Expr(expr) => DraftValue::Expr(expr),
                BoundValue::Inherit(expr) => DraftValue::Inherit(expr),
                BoundValue::InheritFrom(source) => DraftValue::InheritFrom(source),
            };
            draft.order.push(binding.name);
            draft.values.insert(
                binding.name,
                DraftBinding {
                    offset: binding.offset,
                    value,
                },
            );
        }
        for dynamic in &self.tables.dynamic[bindings.dynamic.range()] {
            let binding = DraftBinding {
                offset: dynamic.offset,
                value: DraftValue::Expr(dynamic.value),
            };
            draft.dynamic.push((dynamic.name, binding));
        }
        draft
    }

    /// Stores a set, and gives its id and the expression in it that nests deepest.
    pub(super) fn finish(&mut self, mut set: DraftSet) -> ParseResult<(BindingsId, Option<ExprId>)> {
        let mut deepest: Option<ExprId> = None;
        let mut list = Vec::with_capacity(set.order.len());
        for name in &set.order {
            let Some(DraftBinding { offset, value }) = set.values.remove(name) else {
                continue;
            };
            let value = match value {
                DraftValue::Expr(expr) => BoundValue::Expr(expr),
                DraftValue::Inherit(expr) => BoundValue::Inherit(expr),
                DraftValue::InheritFrom(source) => BoundValue::InheritFrom(source),
                DraftValue::Nested(inner) => BoundValue::Expr(self.finish_nested(*inner, offset)?),
            };
            if let BoundValue::Expr(expr) | BoundValue::Inherit(expr) = value {
                deepest = Some(deepest.map_or(expr, |deepest| self.deeper(deepest, expr)));
            }
            list.push(Binding {
                name: *name,
                offset,
                value,
            });
        }
        let mut dynamic = Vec::with_capacity(set.dynamic.len());
        for (name, DraftBinding { offset, value }) in set.dynamic {
            let value = match value {
                DraftValue::Nested(inner) => self.finish_nested(*inner, offset)?,
                DraftValue::Expr(expr) | DraftValue::Inherit(expr) => expr,
                DraftValue::InheritFrom(source) => set.sources[source as usize],
            };
            for expr in [name, value] {
                deepest = Some(deepest.map_or(expr, |deepest| self.deeper(deepest, expr)));
            }
            dynamic.push(DynamicBinding { name, value, offset });
        }
        for source in &set.sources {
            deepest = Some(deepest.map_or(*source, |deepest| self.deeper(deepest, *source)));
        }
        let bindings = Bindings {
            recursive: set.recursive,
            list: append(&mut self.tables.bound, list),
            dynamic: append(&mut self.tables.dynamic, dynamic),
            sources: append(&mut self.tables.children, set.sources),
        };
        let id = BindingsId(self.tables.bindings.len() as u32);
        self.tables.bindings.push(bindings);
        Ok((id, deepest))
    }

    fn finish_nested(&mut self, set: DraftSet, offset: u32) -> ParseResult<ExprId> {
        let (bindings, deepest) = stacker::maybe_grow(128 << 10, 8 << 20, || self.finish(set))?;
        self.push_opt(Expr::Attrs(bindings), offset, [deepest, None])
    }
}

fn defined_twice(name: Symbol, offset: u32) -> SyntaxError {
    SyntaxError::new(offset, format!("the attribute `{name}` is defined twice in one set"))
}
