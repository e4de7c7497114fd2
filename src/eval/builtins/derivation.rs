//! `derivation`, without the hashes of store paths.

use crate::nix::Symbol;

use super::super::attrs::{Attr, Attrs};
use super::super::value::{Position, Thunk, Value};
use super::super::{Eval, Outcome};
use super::Builtin;
use super::store_derivation::strict;

pub(super) fn functions<'h>() -> Vec<Builtin<'h>> {
    vec![
        ("derivation", 1, |eval, args| {
            let attrs = eval.force_attrs(args[0], "for `derivation`")?;
            eval.derivation(attrs)
        }),
        ("derivationStrict", 1, |eval, args| {
            let attrs = eval.force_attrs(args[0], "for `derivationStrict`")?;
            strict(eval, attrs)
        }),
    ]
}

impl<'h> Eval<'h> {
    /// What `derivation attrs` returns (Nix manual, "Derivations"): the attributes, the outputs, and store paths, which
    /// are partly known, and which force what the builder receives.
    ///
    /// # Errors
    /// If the names of its outputs have no value.
    pub fn derivation(&self, attrs: &'h Attrs<'h>) -> Outcome<'h> {
        if let Some(trace) = self.trace() {
            trace.derivation(attrs);
        }
        let outputs = self.outputs(attrs)?;
        let Some(first) = outputs.first() else {
            return Err(self.abort("a derivation without outputs"));
        };
        let first = self.done(Value::Str(first.name()));
        let own = self.done(Value::Attrs(attrs));
        let strict = self.lazy_host(
            |eval, data| strict(eval, eval.force_attrs(data[0], "for `derivation`")?),
            &[own],
        );
        let made = Made { attrs, own, strict };
        Ok(Value::Attrs(self.output(made, &outputs, first)?))
    }

    fn outputs(&self, attrs: &'h Attrs<'h>) -> Outcome<'h, Vec<Symbol>> {
        let Some(outputs) = attrs.get(self, self.names.outputs) else {
            return Ok(vec![self.names.out]);
        };
        let mut names = Vec::new();
        for output in self.force_list(outputs, "as the outputs of a derivation")? {
            let output = self.force(output)?;
            names.push(self.symbol(self.plain_str(output, "as the name of an output")?));
        }
        Ok(names)
    }

    /// One output of a derivation, as a set.
    fn output(&self, made: Made<'h>, outputs: &[Symbol], which: &'h Thunk<'h>) -> Outcome<'h, &'h Attrs<'h>> {
        let attr = |name, value| Attr {
            name,
            position: Position::NONE,
            value,
        };
        let Made { attrs, own, strict } = made;
        let mut more: Vec<_> = (outputs.iter())
            .map(|name| {
                let data = [own, strict, self.done(Value::Str(name.name()))];
                let value = self.lazy_host(
                    |eval, data| {
                        let [own, strict, which] = *data else {
                            unreachable!("three were given")
                        };
                        let attrs = eval.force_attrs(own, "for `derivation`")?;
                        let made = Made { attrs, own, strict };
                        let output = eval.output(made, &eval.outputs(attrs)?, which)?;
                        Ok(Value::Attrs(output))
                    },
                    &data,
                );
                attr(*name, value)
            })
            .collect();
        let all = self.list(more.iter().map(|attr| attr.value).collect());
        let name = self.symbol(self.force_str(which, "as the name of an output")?);
        more.extend([
            attr(self.names.all, self.done(all)),
            attr(self.names.drv_attrs, own),
            attr(self.names.type_, self.done(Value::Str("derivation"))),
            attr(self.names.out_path, self.lazy_select(strict, name)),
            attr(self.names.drv_path, self.lazy_select(strict, self.names.drv_path)),
            attr(self.names.output_name, which),
        ]);
        Ok(self.update(attrs, self.attrs(more)))
    }
}

/// A derivation whose outputs are being made.
#[derive(Clone, Copy)]
struct Made<'h> {
    /// Its arguments.
    attrs: &'h Attrs<'h>,
    /// Its arguments as a value.
    own: &'h Thunk<'h>,
    /// What `derivationStrict` returns for them.
    strict: &'h Thunk<'h>,
}
