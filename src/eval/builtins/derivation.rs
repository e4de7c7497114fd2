//! `derivation`: what a package is to Nix, without its store paths.

use crate::nix::Symbol;

use super::super::attrs::{Attr, Attrs};
use super::super::value::{Position, Thunk, Value};
use super::super::{Eval, Outcome};
use super::Entry;

pub(super) fn functions<'h>() -> Vec<Entry<'h>> {
    vec![
        ("derivation", 1, |eval, args| {
            let attrs = eval.force_attrs(args[0], "by `derivation`")?;
            eval.derivation(attrs)
        }),
        ("derivationStrict", 1, |eval, args| {
            let attrs = eval.force_attrs(args[0], "by `derivationStrict`")?;
            let path = eval.done(Value::UnknownStr(eval.cause("a store path")));
            let mut names = vec![eval.names.drv_path];
            names.extend(eval.outputs(attrs)?);
            let attr = |name| Attr {
                name,
                position: Position::NONE,
                value: path,
            };
            Ok(Value::Attrs(eval.attrs(names.into_iter().map(attr).collect())))
        }),
    ]
}

impl<'h> Eval<'h> {
    /// What `derivation attrs` gives (Nix manual, "Derivations"): the attributes, the outputs, and store paths, which
    /// are unknown.
    ///
    /// # Errors
    /// Where the names of its outputs can't be had.
    pub fn derivation(&self, attrs: &'h Attrs<'h>) -> Outcome<'h> {
        if let Some(trace) = self.trace() {
            trace.derivation(attrs);
        }
        let outputs = self.outputs(attrs)?;
        let first = self.done(Value::Str(outputs.first().map_or("out", |first| first.name())));
        Ok(Value::Attrs(self.output(attrs, &outputs, first)))
    }

    fn outputs(&self, attrs: &'h Attrs<'h>) -> Outcome<'h, Vec<Symbol>> {
        let Some(outputs) = attrs.get(self, self.names.outputs) else {
            return Ok(vec![self.names.out]);
        };
        let mut names = Vec::new();
        for output in self.force_list(outputs, "as the outputs of a derivation")? {
            names.push(self.symbol(self.force_str(output, "as the name of an output")?));
        }
        Ok(names)
    }

    /// One output of a derivation, as a set.
    fn output(&self, attrs: &'h Attrs<'h>, outputs: &[Symbol], which: &'h Thunk<'h>) -> &'h Attrs<'h> {
        let attr = |name, value| Attr {
            name,
            position: Position::NONE,
            value,
        };
        let own = self.done(Value::Attrs(attrs));
        let path = self.done(Value::UnknownStr(self.cause("a store path")));
        let mut more: Vec<_> = (outputs.iter())
            .map(|name| {
                let data = [own, self.done(Value::Str(name.name()))];
                let value = self.lazy_host(
                    |eval, data| {
                        let attrs = eval.force_attrs(data[0], "by `derivation`")?;
                        Ok(Value::Attrs(eval.output(attrs, &eval.outputs(attrs)?, data[1])))
                    },
                    &data,
                );
                attr(*name, value)
            })
            .collect();
        let all = self.list(more.iter().map(|attr| attr.value).collect());
        more.extend([
            attr(self.names.all, self.done(all)),
            attr(self.names.drv_attrs, own),
            attr(self.names.type_, self.done(Value::Str("derivation"))),
            attr(self.names.out_path, path),
            attr(self.names.drv_path, path),
            attr(self.names.output_name, which),
        ]);
        self.update(attrs, self.attrs(more))
    }
}
