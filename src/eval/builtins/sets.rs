//! Functions of attribute sets.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::nix::Symbol;

use super::super::attrs::{Attr, Attrs};
use super::super::error::ErrorOrUnknown;
use super::super::host::NoFile;
use super::super::value::{Position, Thunk, Value};
use super::super::{Eval, Outcome};
use super::{Args, Builtin};

pub(super) fn functions<'h>() -> Vec<Builtin<'h>> {
    vec![
        ("attrNames", 1, |eval, args| {
            let attrs = eval.force_attrs(args[0], "for `attrNames`")?;
            Ok(eval.list(
                by_name(eval, attrs)?
                    .iter()
                    .map(|attr| eval.done(Value::Str(attr.name.name())))
                    .collect(),
            ))
        }),
        ("attrValues", 1, |eval, args| {
            let attrs = eval.force_attrs(args[0], "for `attrValues`")?;
            Ok(eval.list(by_name(eval, attrs)?.iter().map(|attr| attr.value).collect()))
        }),
        ("getAttr", 2, |eval, args| {
            let name = eval.force_str(args[0], "for `getAttr`")?;
            eval.select(args[1], eval.symbol(name))
        }),
        ("hasAttr", 2, |eval, args| {
            let name = eval.force_str(args[0], "for `hasAttr`")?;
            let attrs = eval.force_attrs(args[1], "for `hasAttr`")?;
            Ok(Value::Bool(eval.lookup(attrs, eval.symbol(name))?.is_some()))
        }),
        ("removeAttrs", 2, |eval, args| {
            let attrs = eval.force_attrs(args[0], "for `removeAttrs`")?;
            let mut names = Vec::new();
            for name in eval.force_list(args[1], "for `removeAttrs`")? {
                names.push(eval.symbol(eval.force_str(name, "for `removeAttrs`")?));
            }
            eval.count_items(names.len() + attrs.size_bound())?;
            Ok(Value::Attrs(eval.without(attrs, &names)))
        }),
        ("intersectAttrs", 2, |eval, args| {
            let names = eval.force_attrs(args[0], "for `intersectAttrs`")?;
            let attrs = eval.force_attrs(args[1], "for `intersectAttrs`")?;
            eval.count_items(names.size_bound().min(attrs.size_bound()))?;
            Ok(Value::Attrs(eval.intersect(names, attrs)))
        }),
        ("listToAttrs", 1, |eval, args| {
            let list = eval.force_list(args[0], "for `listToAttrs`")?;
            let mut scratch = eval.scratch();
            scratch.reserve_items::<(Attr, Symbol)>(list.len())?;
            let mut attrs = Vec::with_capacity(list.len());
            let mut seen = FxHashSet::default();
            for item in list {
                let pair = eval.force_attrs(item, "in the list of `listToAttrs`")?;
                let name = eval.select(item, eval.names.name)?;
                let name = eval.symbol(eval.known_str(name, "as the name of an attribute")?);
                // if several have one name, the first wins
                if !seen.insert(name) {
                    continue;
                }
                let value = pair
                    .attr(eval, eval.names.value)
                    .ok_or_else(|| eval.missing(pair, eval.names.value))?;
                attrs.push(Attr { name, ..value });
            }
            Ok(Value::Attrs(eval.attrs(attrs)))
        }),
        ("mapAttrs", 2, |eval, args| {
            let attrs = eval.force_attrs(args[1], "for `mapAttrs`")?;
            Ok(Value::Attrs(eval.mapped(args[0], attrs)))
        }),
        ("catAttrs", 2, |eval, args| {
            let name = eval.symbol(eval.force_str(args[0], "for `catAttrs`")?);
            let mut values = Vec::new();
            let items = eval.force_list(args[1], "for `catAttrs`")?;
            eval.count_items(items.len())?;
            for item in items {
                let attrs = eval.force_attrs(item, "in the list of `catAttrs`")?;
                values.extend(eval.lookup(attrs, name)?);
            }
            Ok(eval.list(values))
        }),
        ("zipAttrsWith", 2, |eval, args| {
            eval.force_function(args[0], "for `zipAttrsWith`")?;
            let mut zipped: FxHashMap<Symbol, Vec<&Thunk>> = FxHashMap::default();
            let mut scratch = eval.scratch();
            let mut total = 0;
            for item in eval.force_list(args[1], "for `zipAttrsWith`")? {
                let attrs = eval.force_attrs(item, "in the list of `zipAttrsWith`")?;
                if let Some(reason) = attrs.open {
                    return Err(ErrorOrUnknown::Unknown(reason));
                }
                total += attrs.size_bound();
                eval.count_items(attrs.size_bound())?;
                scratch.reserve_items::<(Symbol, Vec<&Thunk>)>(total)?;
                for attr in attrs.sorted(eval) {
                    zipped.entry(attr.name).or_default().push(attr.value);
                }
            }
            let attr = |(name, values): (Symbol, Vec<_>)| {
                let values = eval.done(eval.list(values));
                let value = eval.lazy_call(args[0], &[eval.done(Value::Str(name.name())), values]);
                Attr {
                    name,
                    position: Position::NONE,
                    value,
                }
            };
            Ok(Value::Attrs(eval.attrs(zipped.into_iter().map(attr).collect())))
        }),
        ("unsafeGetAttrPos", 2, |eval, args| {
            let name = eval.force_str(args[0], "for `unsafeGetAttrPos`")?;
            let attrs = eval.force_attrs(args[1], "for `unsafeGetAttrPos`")?;
            match attrs.attr(eval, eval.symbol(name)) {
                Some(attr) if attr.position.is_known() => Ok(eval.position_value(attr.position)),
                _ => Ok(Value::Null),
            }
        }),
    ]
}

/// All attributes in the order of their names, as Nix returns them.
///
/// # Errors
/// If there may be more.
pub(super) fn by_name<'h>(eval: &Eval<'h>, attrs: &'h Attrs<'h>) -> Outcome<'h, Vec<Attr<'h>>> {
    if let Some(reason) = attrs.open {
        return Err(ErrorOrUnknown::Unknown(reason));
    }
    eval.check_memory(attrs.size_bound() * size_of::<Attr>() * 2)?;
    let mut attrs = attrs.sorted(eval);
    attrs.sort_by_key(|attr| attr.name.name());
    Ok(attrs)
}

impl<'h> Eval<'h> {
    /// The attributes of `attrs` whose names are in `names`.
    pub fn intersect(&self, names: &'h Attrs<'h>, attrs: &'h Attrs<'h>) -> &'h Attrs<'h> {
        let common = if names.size_bound() <= attrs.size_bound() {
            names.names(self)
        } else {
            attrs.names(self)
        };
        let found: Vec<_> = common
            .into_iter()
            .filter(|name| names.has(self, *name))
            .filter_map(|name| attrs.attr(self, name))
            .collect();
        let found = self.attrs_sorted(&found);
        match attrs.open.or(names.open) {
            Some(reason) => self.opened(found, reason),
            None => found,
        }
    }

    /// A position as `builtins.unsafeGetAttrPos` returns it. Line and column are computed when they are needed.
    pub fn position_value(&self, position: Position) -> Value<'h> {
        self.position_in(self.heap.str(&self.host.path(position.file)), position)
    }

    /// Like [`position_value`](Self::position_value), for a file that was reached by this path.
    pub(in super::super) fn position_in(&self, path: &'h str, position: Position) -> Value<'h> {
        let attr = |name, value| Attr {
            name,
            position: Position::NONE,
            value,
        };
        let data = [
            self.done(Value::Int(position.file.0.into())),
            self.done(Value::Int(position.offset.into())),
        ];
        let part = |run| self.lazy_host(run, &data);
        Value::Attrs(self.attrs(vec![
            attr(self.names.file, self.done(Value::Str(path))),
            attr(
                self.names.line,
                part(|eval, data| Ok(Value::Int(eval.line_and_column(data)?.0.into()))),
            ),
            attr(
                self.names.column,
                part(|eval, data| Ok(Value::Int(eval.line_and_column(data)?.1.into()))),
            ),
        ]))
    }

    fn line_and_column(&self, data: Args<'h>) -> Outcome<'h, (u32, u32)> {
        let number = |thunk| self.force_int(thunk, "as a position").map(|number| number as u32);
        let file = super::super::value::FileId(number(data[0])?);
        match self.host.parse(file) {
            Ok(file) => Ok(file.position_in_bytes(number(data[1])?)),
            Err(NoFile::NotNix(why) | NoFile::Unread(why)) => Err(self.unknown(&why)),
        }
    }
}
