//! `builtins.toXML`.

use std::fmt::Write;

use super::super::attrs::{Attr, Attrs};
use super::super::error::{ErrorOrUnknown, Reason};
use super::super::limits::Scratch;
use super::super::partly_known::StringContext;
use super::super::print::float_text;
use super::super::value::{Closure, Thunk, Value};
use super::super::{Eval, Outcome};
use super::Builtin;
use super::sets::by_name;
use crate::nix::Formals;

pub(super) fn functions<'h>() -> Vec<Builtin<'h>> {
    vec![("toXML", 1, |eval, args| {
        let mut xml = Xml {
            eval,
            text: "<?xml version='1.0' encoding='utf-8'?>\n<expr>\n".to_owned(),
            depth: 1,
            scratch: eval.scratch(),
            unknown: None,
        };
        xml.thunk(args[0])?;
        xml.text.push_str("</expr>\n");
        Ok(match xml.unknown {
            Some(reason) => eval.open_text(StringContext::Unsure, reason),
            None => eval.string(&xml.text),
        })
    })]
}

/// XML being written. If a part can't be known, the rest is still forced.
struct Xml<'e, 'h> {
    eval: &'e Eval<'h>,
    text: String,
    depth: usize,
    /// Counts the memory of the text.
    scratch: Scratch<'e, 'h>,
    unknown: Option<&'h Reason<'h>>,
}

impl<'h> Xml<'_, 'h> {
    fn thunk(&mut self, thunk: &'h Thunk<'h>) -> Outcome<'h, ()> {
        let eval = self.eval;
        self.scratch.reserve(self.text.capacity())?;
        let value = eval.force(thunk)?;
        eval.nested(|| self.value(value))
    }

    fn value(&mut self, value: Value<'h>) -> Outcome<'h, ()> {
        match value {
            Value::Null => self.line("<null />"),
            Value::Bool(bool) => self.leaf("bool", if bool { "true" } else { "false" }),
            Value::Int(int) => self.leaf("int", &int.to_string()),
            Value::Float(float) => self.leaf("float", &float_text(float)),
            Value::Str(text) => self.leaf("string", text),
            Value::UnknownStr(partial) => self.unknown = self.unknown.or(Some(partial.reason)),
            Value::Path(path) => self.leaf("path", path),
            Value::List(items) => {
                self.open("<list>");
                for item in items {
                    self.thunk(item)?;
                }
                self.close("</list>");
            }
            Value::Attrs(attrs) => self.attrs(attrs)?,
            Value::Lambda(closure) => self.function(closure),
            Value::Native(_) => self.line("<unevaluated />"),
        }
        Ok(())
    }

    fn attrs(&mut self, attrs: &'h Attrs<'h>) -> Outcome<'h, ()> {
        let eval = self.eval;
        if eval.is_derivation(attrs)? {
            return Err(ErrorOrUnknown::Unknown(
                eval.reason("a derivation as XML, which contains its store paths"),
            ));
        }
        let mut scratch = eval.scratch();
        scratch.reserve_items::<Attr>(attrs.size_bound())?;
        self.open("<attrs>");
        for attr in by_name(eval, attrs)? {
            let name = escaped(attr.name.name());
            self.open(&format!("<attr name=\"{name}\">"));
            self.thunk(attr.value)?;
            self.close("</attr>");
        }
        self.close("</attrs>");
        Ok(())
    }

    fn function(&mut self, closure: &Closure<'h>) {
        let file = closure.env.code.file;
        let lambda = file.lambda(closure.lambda);
        let param = lambda.param.map(|param| escaped(param.name()));
        self.open("<function>");
        match (&lambda.formals, param) {
            (None, param) => self.line(&format!("<varpat name=\"{}\" />", param.unwrap_or_default())),
            (Some(Formals { ellipsis, .. }), param) => {
                let ellipsis = if *ellipsis { " ellipsis=\"1\"" } else { "" };
                let param = param.map(|param| format!(" name=\"{param}\"")).unwrap_or_default();
                self.open(&format!("<attrspat{ellipsis}{param}>"));
                let formals = lambda.formals.iter().flat_map(|formals| file.formals(formals));
                let mut names: Vec<_> = formals.map(|formal| formal.name.name()).collect();
                names.sort_unstable();
                for name in names {
                    self.line(&format!("<attr name=\"{}\" />", escaped(name)));
                }
                self.close("</attrspat>");
            }
        }
        self.close("</function>");
    }

    fn leaf(&mut self, kind: &str, text: &str) {
        self.line(&format!("<{kind} value=\"{}\" />", escaped(text)));
    }

    fn open(&mut self, tag: &str) {
        self.line(tag);
        self.depth += 1;
    }

    fn close(&mut self, tag: &str) {
        self.depth -= 1;
        self.line(tag);
    }

    fn line(&mut self, text: &str) {
        const BYTES_PER_STEP: usize = 16;
        self.eval.count_steps_unchecked(self.depth * 2 / BYTES_PER_STEP);
        // writing to a string can't fail
        let _ = writeln!(self.text, "{:indent$}{text}", "", indent = 2 * self.depth);
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("&quot;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\n' => escaped.push_str("&#xA;"),
            c => escaped.push(c),
        }
    }
    escaped
}
