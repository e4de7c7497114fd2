//! Expressions to values.

use crate::nix::{
    AttrName, BindingsId, BoundValue, Expr, ExprId, Literal, Part, PathKind, Resolved, Slice, Symbol, VarId,
};

use super::attrs::{Attr, Attrs};
use super::stop::{Cause, Stop};
use super::value::{Closure, Code, Env, Frame, Position, State, Thunk, Value};
use super::{Eval, Outcome};

type Scope<'h> = Option<&'h Env<'h>>;

impl<'h> Eval<'h> {
    /// The value of an expression.
    ///
    /// # Errors
    /// Why there is none.
    pub fn eval(&self, code: &'h Code<'h>, env: Scope<'h>, id: ExprId) -> Outcome<'h> {
        self.nested(|| self.interpret(code, env, id))
    }

    fn interpret(&self, code: &'h Code<'h>, env: Scope<'h>, id: ExprId) -> Outcome<'h> {
        let file = code.file;
        match *file.expr(id) {
            Expr::Int(int) => Ok(Value::Int(int)),
            Expr::Float(float) => Ok(Value::Float(float)),
            Expr::Str(parts) => self.interpolate(code, env, parts),
            Expr::Path { kind, parts } => self.path(code, env, kind, parts),
            Expr::Var(var) => self
                .variable(code, env, var)
                .map_err(|stop| self.located(stop, code, id)),
            Expr::Select { subject, path, default } => self
                .select_path(code, env, subject, path, default)
                .map_err(|stop| self.located(stop, code, id)),
            Expr::HasAttr { subject, path } => self.has_path(code, env, subject, path),
            Expr::Apply { function, args } => {
                let function = self.eval(code, env, function)?;
                let args: &'h [ExprId] = file.children(args);
                let args = match args {
                    [arg] => self.heap.slice_copy(&[self.thunk(code, env, *arg)]),
                    _ => self
                        .heap
                        .slice(args.iter().map(|arg| self.thunk(code, env, *arg)).collect()),
                };
                self.call(function, args).map_err(|stop| self.located(stop, code, id))
            }
            Expr::Lambda(lambda) => Ok(Value::Lambda(self.heap.alloc(Closure { code, env, lambda }))),
            Expr::Let { bindings, body } => {
                let (env, _) = self.enter(code, env, bindings);
                self.eval(code, Some(env), body)
            }
            Expr::Attrs(bindings) => Ok(Value::Attrs(self.build(code, env, bindings)?)),
            Expr::LegacyLet(bindings) => {
                let attrs = self.build(code, env, bindings)?;
                match attrs.get(self.names.body) {
                    Some(body) => self.force(body),
                    None => Err(self.missing(attrs, self.names.body)),
                }
            }
            Expr::List(items) => {
                let items = file
                    .children(items)
                    .iter()
                    .map(|item| self.thunk(code, env, *item))
                    .collect();
                Ok(self.list(items))
            }
            Expr::With { scope, body } => {
                let scope = self.thunk(code, env, scope);
                let env = self.heap.alloc(Env {
                    up: env,
                    frame: Frame::With(scope),
                });
                self.eval(code, Some(env), body)
            }
            Expr::Assert { condition, body } => {
                let value = self.eval(code, env, condition)?;
                if self.bool(value, "as the condition of an assertion")? {
                    return self.eval(code, env, body);
                }
                let position = Position {
                    file: code.id,
                    offset: file.span(condition).start,
                };
                let source = &file.text()[file.span(condition).start as usize..file.span(condition).end as usize];
                let source: String = source.split_whitespace().collect::<Vec<_>>().join(" ");
                let message = self.heap.str(&format!("assertion '{source}' failed"));
                Err(Stop::Throw(self.heap.alloc(Cause { message, position })))
            }
            Expr::If {
                condition,
                then,
                otherwise,
            } => match self.eval(code, env, condition) {
                Ok(value) => {
                    let branch = if self.bool(value, "as the condition of an `if`")? {
                        then
                    } else {
                        otherwise
                    };
                    self.eval(code, env, branch)
                }
                Err(Stop::Unknown(reason)) if !self.exhausted.get() => {
                    let then = self.eval(code, env, then);
                    let otherwise = self.eval(code, env, otherwise);
                    self.either(reason, then, otherwise)
                }
                Err(stop) => Err(stop),
            },
            Expr::Not(inner) => {
                let value = self.eval(code, env, inner)?;
                Ok(Value::Bool(!self.bool(value, "after `!`")?))
            }
            Expr::Negate(inner) => {
                let value = self.eval(code, env, inner)?;
                self.negate(value)
            }
            Expr::Binary { op, left, right } => self.binary(code, env, op, left, right),
            Expr::CurPos => Ok(self.position_value(Position {
                file: code.id,
                offset: file.span(id).start,
            })),
        }
    }

    /// Adds the place of this expression to a reason that has none yet.
    fn located(&self, stop: Stop<'h>, code: &'h Code<'h>, id: ExprId) -> Stop<'h> {
        let reason = stop.reason();
        if reason.position.is_known() {
            return stop;
        }
        let position = Position {
            file: code.id,
            offset: code.file.span(id).start,
        };
        let reason = self.heap.alloc(Cause {
            message: reason.message,
            position,
        });
        match stop {
            Stop::Throw(_) => Stop::Throw(reason),
            Stop::Abort(_) => Stop::Abort(reason),
            Stop::Unknown(_) => Stop::Unknown(reason),
        }
    }

    /// An expression to be evaluated when it is needed; what costs nothing is evaluated at once.
    pub(super) fn thunk(&self, code: &'h Code<'h>, env: Scope<'h>, id: ExprId) -> &'h Thunk<'h> {
        if let Expr::Var(var) = *code.file.expr(id)
            && let Resolved::Local { frame, slot } = code.file.scopes().get(var)
        {
            return local(env, frame, slot);
        }
        self.delayed(code, env, id)
    }

    /// The same where the innermost frame is still being filled.
    pub(super) fn delayed(&self, code: &'h Code<'h>, env: Scope<'h>, id: ExprId) -> &'h Thunk<'h> {
        let file = code.file;
        let value = match *file.expr(id) {
            Expr::Int(int) => Value::Int(int),
            Expr::Float(float) => Value::Float(float),
            Expr::Str(parts) => match file.parts(parts) {
                [] => Value::Str(""),
                [Part::Text(literal)] => Value::Str(file.literal(*literal)),
                _ => return self.suspend(code, env, id),
            },
            Expr::Lambda(lambda) => Value::Lambda(self.heap.alloc(Closure { code, env, lambda })),
            Expr::List(items) if file.children(items).is_empty() => Value::List(&[]),
            _ => return self.suspend(code, env, id),
        };
        self.done(value)
    }

    fn suspend(&self, code: &'h Code<'h>, env: Scope<'h>, expr: ExprId) -> &'h Thunk<'h> {
        self.heap.alloc(Thunk::new(State::Expr { code, env, expr }))
    }

    fn variable(&self, code: &'h Code<'h>, env: Scope<'h>, var: VarId) -> Outcome<'h> {
        match code.file.scopes().get(var) {
            Resolved::Local { frame, slot } => self.force(local(env, frame, slot)),
            Resolved::Global => self.global(code.file.variable(var)),
            Resolved::With { frame } => self.with(env, frame, code.file.variable(var)),
            Resolved::Unbound => Err(self.undefined(code.file.variable(var))),
        }
    }

    fn global(&self, name: Symbol) -> Outcome<'h> {
        match self.globals.get(&name) {
            Some(value) => self.force(value),
            None => Err(self.undefined(name)),
        }
    }

    fn undefined(&self, name: Symbol) -> Stop<'h> {
        self.abort(&format!("undefined variable '{name}'"))
    }

    fn with(&self, env: Scope<'h>, frame: u16, name: Symbol) -> Outcome<'h> {
        let mut at = up(env, frame);
        while let Some(env) = at {
            if let Frame::With(scope) = env.frame {
                let attrs = self.force_attrs(scope, "after `with`")?;
                if let Some(value) = self.lookup(attrs, name)? {
                    return self.force(value);
                }
            }
            at = env.up;
        }
        Err(self.undefined(name))
    }

    fn attr_name(&self, code: &'h Code<'h>, env: Scope<'h>, name: AttrName) -> Outcome<'h, Symbol> {
        match name {
            AttrName::Static(symbol) => Ok(symbol),
            AttrName::Dynamic(expr) => match self.eval(code, env, expr)? {
                Value::Str(text) => Ok(Symbol::new(text)),
                Value::UnknownStr(reason) => Err(Stop::Unknown(reason)),
                other => Err(self.mismatch("a string", other, "as the name of an attribute")),
            },
        }
    }

    fn select_path(
        &self,
        code: &'h Code<'h>,
        env: Scope<'h>,
        subject: ExprId,
        path: Slice,
        default: Option<ExprId>,
    ) -> Outcome<'h> {
        let mut value = self.eval(code, env, subject)?;
        for name in code.file.attr_path(path) {
            let name = self.attr_name(code, env, *name)?;
            let found = match value {
                Value::Attrs(attrs) => match default {
                    Some(_) => self.lookup(attrs, name)?,
                    None => Some(attrs.get(name).ok_or_else(|| self.missing(attrs, name))?),
                },
                _ if default.is_some() => None,
                other => return Err(self.mismatch("a set", other, &format!("to select '{name}' of"))),
            };
            value = match (found, default) {
                (Some(thunk), _) => self.force(thunk)?,
                (None, Some(default)) => return self.eval(code, env, default),
                (None, None) => unreachable!("a missing attribute returned above"),
            };
        }
        Ok(value)
    }

    fn has_path(&self, code: &'h Code<'h>, env: Scope<'h>, subject: ExprId, path: Slice) -> Outcome<'h> {
        let mut value = self.eval(code, env, subject)?;
        let path = code.file.attr_path(path);
        for (at, name) in path.iter().enumerate() {
            let name = self.attr_name(code, env, *name)?;
            let Value::Attrs(attrs) = value else {
                return Ok(Value::Bool(false));
            };
            let Some(thunk) = self.lookup(attrs, name)? else {
                return Ok(Value::Bool(false));
            };
            if at + 1 < path.len() {
                value = self.force(thunk)?;
            }
        }
        Ok(Value::Bool(true))
    }

    /// The frame of a recursive set or `let`, with its thunks.
    fn enter(&self, code: &'h Code<'h>, up: Scope<'h>, id: BindingsId) -> (&'h Env<'h>, &'h [&'h Thunk<'h>]) {
        let env: &'h Env<'h> = self.heap.alloc(Env {
            up,
            frame: Frame::Names(Default::default()),
        });
        let bindings = code.file.bindings(id);
        let sources = self.sources(code, Some(env), id);
        let thunks = code.file.bound(bindings).iter().map(|binding| match binding.value {
            BoundValue::Expr(expr) => self.delayed(code, Some(env), expr),
            BoundValue::Inherit(expr) => match *code.file.expr(expr) {
                // always of an outer frame
                Expr::Var(var) => match code.file.scopes().get(var) {
                    Resolved::Local { frame, slot } => local(up, frame - 1, slot),
                    _ => self.delayed(code, Some(env), expr),
                },
                _ => self.delayed(code, Some(env), expr),
            },
            BoundValue::InheritFrom(source) => self.lazy_select(sources[source as usize], binding.name),
        });
        let thunks = self.heap.slice(thunks.collect());
        if let Frame::Names(slots) = &env.frame {
            slots.set(thunks);
        }
        (env, thunks)
    }

    fn sources(&self, code: &'h Code<'h>, env: Scope<'h>, id: BindingsId) -> Vec<&'h Thunk<'h>> {
        code.file
            .sources(code.file.bindings(id))
            .iter()
            .map(|source| self.suspend(code, env, *source))
            .collect()
    }

    fn build(&self, code: &'h Code<'h>, env: Scope<'h>, id: BindingsId) -> Outcome<'h, &'h Attrs<'h>> {
        let file = code.file;
        let bindings = file.bindings(id);
        let mut attrs = Vec::with_capacity(file.bound(bindings).len() + file.dynamic(bindings).len());
        let position = |offset| Position { file: code.id, offset };
        let inner = if bindings.recursive {
            let (inner, thunks) = self.enter(code, env, id);
            for (binding, value) in file.bound(bindings).iter().zip(thunks) {
                attrs.push(Attr {
                    name: binding.name,
                    position: position(binding.offset),
                    value: *value,
                });
            }
            Some(inner)
        } else {
            let sources = self.sources(code, env, id);
            for binding in file.bound(bindings) {
                let value = match binding.value {
                    BoundValue::Expr(expr) | BoundValue::Inherit(expr) => self.thunk(code, env, expr),
                    BoundValue::InheritFrom(source) => self.lazy_select(sources[source as usize], binding.name),
                };
                attrs.push(Attr {
                    name: binding.name,
                    position: position(binding.offset),
                    value,
                });
            }
            env
        };
        for dynamic in file.dynamic(bindings) {
            let name = match self.eval(code, inner, dynamic.name)? {
                Value::Null => continue,
                Value::Str(text) => Symbol::new(text),
                Value::UnknownStr(reason) => return Err(Stop::Unknown(reason)),
                other => return Err(self.mismatch("a string", other, "as the name of an attribute")),
            };
            if attrs.iter().any(|attr| attr.name == name) {
                return Err(self.abort(&format!("dynamic attribute '{name}' is already defined")));
            }
            let value = self.thunk(code, inner, dynamic.value);
            attrs.push(Attr {
                name,
                position: position(dynamic.offset),
                value,
            });
        }
        Ok(self.attrs(attrs))
    }

    fn text(&self, code: &'h Code<'h>, literal: Literal) -> &'h str {
        code.file.literal(literal)
    }

    fn interpolate(&self, code: &'h Code<'h>, env: Scope<'h>, parts: Slice) -> Outcome<'h> {
        let parts = code.file.parts(parts);
        match parts {
            [] => return Ok(Value::Str("")),
            [Part::Text(literal)] => return Ok(Value::Str(self.text(code, *literal))),
            _ => {}
        }
        let mut text = String::new();
        let mut unknown = None;
        for part in parts {
            match *part {
                Part::Text(literal) => text.push_str(self.text(code, literal)),
                Part::Interpolation(expr) => {
                    let value = self.eval(code, env, expr)?;
                    match self.coerce(value).map_err(|stop| self.located(stop, code, expr))? {
                        Ok(part) => {
                            self.afford(text.len() + part.len())?;
                            text.push_str(part);
                        }
                        Err(reason) => unknown = unknown.or(Some(reason)),
                    }
                }
            }
        }
        Ok(match unknown {
            Some(reason) => Value::UnknownStr(reason),
            None => self.string(&text),
        })
    }

    fn path(&self, code: &'h Code<'h>, env: Scope<'h>, kind: PathKind, parts: Slice) -> Outcome<'h> {
        let mut text = String::new();
        for part in code.file.parts(parts) {
            match *part {
                Part::Text(literal) => text.push_str(self.text(code, literal)),
                Part::Interpolation(expr) => {
                    let value = self.eval(code, env, expr)?;
                    match value {
                        Value::Path(path) => text.push_str(path),
                        _ => match self.coerce(value)? {
                            Ok(part) => text.push_str(part),
                            Err(reason) => return Err(Stop::Unknown(reason)),
                        },
                    }
                }
            }
        }
        match kind {
            PathKind::Relative => {
                let directory = code.path.rsplit_once('/').map_or("", |(directory, _)| directory);
                Ok(Value::Path(self.heap.str(&normalize(&format!("{directory}/{text}")))))
            }
            PathKind::Absolute => Ok(Value::Path(self.heap.str(&normalize(&text)))),
            PathKind::Home => Err(self.unknown("a path in the user's home directory")),
            PathKind::Search => Err(self.unknown("a search path, which depends on the machine")),
        }
    }
}

fn up<'h>(mut env: Scope<'h>, frames: u16) -> Scope<'h> {
    for _ in 0..frames {
        env = env.and_then(|env| env.up);
    }
    env
}

fn local<'h>(env: Scope<'h>, frame: u16, slot: u32) -> &'h Thunk<'h> {
    match up(env, frame).map(|env| &env.frame) {
        Some(Frame::Names(slots)) => slots.get()[slot as usize],
        _ => unreachable!("scopes and frames are built from the same syntax"),
    }
}

/// An absolute path without `.`, `..` and empty parts.
pub(super) fn normalize(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
