//! Evaluating expressions.

use crate::nix::{
    AttrName, BindingsId, BoundValue, Expr, ExprId, LambdaId, Literal, Part, PathKind, Referent, Slice, Symbol, VarId,
};

use super::attrs::{Attr, Attrs};
use super::error::{ErrorOrUnknown, Reason};
use super::value::{Closure, Env, Frame, Position, State, Thunk, Value};
use super::{Eval, Outcome};

impl<'h> Eval<'h> {
    /// The value of an expression.
    ///
    /// # Errors
    /// Why there is none.
    pub fn eval(&self, env: &'h Env<'h>, id: ExprId) -> Outcome<'h> {
        match *env.code.file.expr(id) {
            // fast path: these need no deeper evaluation
            Expr::Var(var) => {
                if let Referent::Local { frame, slot } = env.code.file.scopes().get(var)
                    && let Some(value) = self.local(env, frame, slot).known()
                {
                    return Ok(value);
                }
            }
            Expr::Lambda(lambda) => return Ok(Value::Lambda(self.heap.alloc(Closure { env, lambda }))),
            _ => {}
        }
        self.nested(|| self.interpret(env, id))
    }

    fn interpret(&self, env: &'h Env<'h>, id: ExprId) -> Outcome<'h> {
        let file = env.code.file;
        match *file.expr(id) {
            Expr::Int(int) => Ok(Value::Int(int)),
            Expr::Float(float) => Ok(Value::Float(float)),
            Expr::Str(parts) => self.interpolate(env, parts),
            Expr::Path { kind, parts } => self.path(env, kind, parts),
            Expr::Var(var) => self.variable(env, var).map_err(|error| self.located(error, env, id)),
            Expr::Select { subject, path, default } => self
                .select_path(env, subject, path, default)
                .map_err(|error| self.located(error, env, id)),
            Expr::HasAttr { subject, path } => self.has_path(env, subject, path),
            Expr::Apply { function, args } => {
                let function = self.eval(env, function)?;
                let args: &'h [ExprId] = file.children(args);
                let args = self.heap.collect(args.iter().map(|arg| self.thunk(env, *arg)));
                self.call(function, args).map_err(|error| self.located(error, env, id))
            }
            Expr::Lambda(lambda) => Ok(Value::Lambda(self.heap.alloc(Closure { env, lambda }))),
            Expr::Let { bindings, body } => {
                let env = self.enter(env, bindings);
                self.eval(env, body)
            }
            Expr::Attrs(bindings) => Ok(Value::Attrs(self.build(env, bindings)?)),
            Expr::LegacyLet(bindings) => {
                let attrs = self.build(env, bindings)?;
                match attrs.get(self, self.names.body) {
                    Some(body) => self.force(body),
                    None => Err(self.missing(attrs, self.names.body)),
                }
            }
            Expr::List(items) => {
                let items = file.children(items).iter().map(|item| self.thunk(env, *item));
                Ok(Value::List(self.heap.collect(items)))
            }
            Expr::With { scope, body } => {
                let scope = self.thunk(env, scope);
                let env = self.heap.alloc(Env {
                    up: Some(env),
                    code: env.code,
                    frame: Frame::With(scope),
                });
                self.eval(env, body)
            }
            Expr::Assert { condition, body } => {
                let value = self.eval(env, condition)?;
                if self.bool(value, "as the condition of an assertion")? {
                    return self.eval(env, body);
                }
                let position = Position {
                    file: env.code.id,
                    offset: file.span(condition).start,
                };
                let source = &file.text()[file.span(condition).start as usize..file.span(condition).end as usize];
                let source: String = source.split_whitespace().collect::<Vec<_>>().join(" ");
                let message = self.heap.str(&format!("assertion '{source}' failed"));
                Err(ErrorOrUnknown::Throw(self.heap.alloc(Reason::new(message, position))))
            }
            Expr::If {
                condition,
                then,
                otherwise,
            } => match self.eval(env, condition) {
                Ok(value) => {
                    let branch = if self.bool(value, "as the condition of an `if`")? {
                        then
                    } else {
                        otherwise
                    };
                    self.eval(env, branch)
                }
                Err(ErrorOrUnknown::Unknown(reason)) if !self.exhausted.get() => {
                    let (then, otherwise) = self.speculate(|| (self.eval(env, then), self.eval(env, otherwise)));
                    self.either(reason, then, otherwise)
                }
                Err(error) => Err(error),
            },
            Expr::Not(inner) => {
                let value = self.eval(env, inner)?;
                Ok(Value::Bool(!self.bool(value, "after `!`")?))
            }
            Expr::Negate(inner) => {
                let value = self.eval(env, inner)?;
                self.negate(value)
            }
            Expr::Binary { op, left, right } => self.binary(env, op, left, right),
            Expr::CurPos => {
                let position = Position {
                    file: env.code.id,
                    offset: file.span(id).start,
                };
                Ok(self.position_in(env.code.path, position))
            }
        }
    }

    /// Adds the position of this expression to a reason that has none.
    fn located(&self, error: ErrorOrUnknown<'h>, env: &'h Env<'h>, id: ExprId) -> ErrorOrUnknown<'h> {
        let reason = error.reason();
        if reason.position.is_known() {
            return error;
        }
        let position = Position {
            file: env.code.id,
            offset: env.code.file.span(id).start,
        };
        error.with_reason(self.heap.alloc(Reason { position, ..*reason }))
    }

    /// A thunk for an expression. An expression that costs nothing is evaluated at once.
    pub(super) fn thunk(&self, env: &'h Env<'h>, id: ExprId) -> &'h Thunk<'h> {
        if let Expr::Var(var) = *env.code.file.expr(id)
            && let Referent::Local { frame, slot } = env.code.file.scopes().get(var)
        {
            return self.local(env, frame, slot);
        }
        self.delayed(env, id)
    }

    /// Like [`thunk`](Self::thunk), while the innermost frame is still being filled.
    pub(super) fn delayed(&self, env: &'h Env<'h>, id: ExprId) -> &'h Thunk<'h> {
        let file = env.code.file;
        let value = match *file.expr(id) {
            Expr::Int(int) => Value::Int(int),
            Expr::Float(float) => Value::Float(float),
            Expr::Str(parts) => match file.parts(parts) {
                [] => Value::Str(""),
                [Part::Text(literal)] => Value::Str(file.literal(*literal)),
                _ => return self.suspend(env, id),
            },
            Expr::Lambda(lambda) => Value::Lambda(self.heap.alloc(Closure { env, lambda })),
            Expr::List(items) if file.children(items).is_empty() => Value::List(&[]),
            _ => return self.suspend(env, id),
        };
        self.done(value)
    }

    fn suspend(&self, env: &'h Env<'h>, expr: ExprId) -> &'h Thunk<'h> {
        self.heap.alloc(Thunk::new(State::Expr { env, expr }))
    }

    fn variable(&self, env: &'h Env<'h>, var: VarId) -> Outcome<'h> {
        match env.code.file.scopes().get(var) {
            Referent::Local { frame, slot } => self.force(self.local(env, frame, slot)),
            Referent::Global => self.global(env.code.file.variable(var)),
            Referent::With { frame } => self.with(env, frame, env.code.file.variable(var)),
            Referent::Unbound => Err(self.undefined(env.code.file.variable(var))),
        }
    }

    fn global(&self, name: Symbol) -> Outcome<'h> {
        match self.globals.get(&name) {
            Some(value) => self.force(value),
            None => Err(self.undefined(name)),
        }
    }

    fn undefined(&self, name: Symbol) -> ErrorOrUnknown<'h> {
        self.abort(&format!("undefined variable '{name}'"))
    }

    fn with(&self, env: &'h Env<'h>, frame: u16, name: Symbol) -> Outcome<'h> {
        let mut at = Some(up(env, frame));
        let mut passed = 0;
        while let Some(env) = at {
            passed += 1;
            if let Frame::With(scope) = env.frame {
                self.count_steps_unchecked(1 + passed / usize::from(FEW_FRAMES));
                let attrs = self.force_attrs(scope, "after `with`")?;
                if let Some(value) = self.lookup(attrs, name)? {
                    return self.force(value);
                }
            }
            at = env.up;
        }
        Err(self.undefined(name))
    }

    fn attr_name(&self, env: &'h Env<'h>, name: AttrName) -> Outcome<'h, Symbol> {
        match name {
            AttrName::Static(symbol) => Ok(symbol),
            AttrName::Dynamic(expr) => match self.eval(env, expr)? {
                Value::Str(text) => Ok(self.symbol(text)),
                other => Ok(self.symbol(self.plain_str(other, "as the name of an attribute")?)),
            },
        }
    }

    fn select_path(&self, env: &'h Env<'h>, subject: ExprId, path: Slice, default: Option<ExprId>) -> Outcome<'h> {
        let mut value = self.eval(env, subject)?;
        for name in env.code.file.attr_path(path) {
            let name = self.attr_name(env, *name)?;
            let found = match value {
                Value::Attrs(attrs) => match default {
                    Some(_) => self.lookup(attrs, name)?,
                    None => Some(attrs.get(self, name).ok_or_else(|| self.missing(attrs, name))?),
                },
                _ if default.is_some() => None,
                other => return Err(self.mismatch("a set", other, &format!("to select '{name}' from"))),
            };
            value = match (found, default) {
                (Some(thunk), _) => self.force(thunk)?,
                (None, Some(default)) => return self.eval(env, default),
                (None, None) => unreachable!("a missing attribute returned above"),
            };
        }
        Ok(value)
    }

    fn has_path(&self, env: &'h Env<'h>, subject: ExprId, path: Slice) -> Outcome<'h> {
        let mut value = self.eval(env, subject)?;
        let path = env.code.file.attr_path(path);
        for (at, name) in path.iter().enumerate() {
            let name = self.attr_name(env, *name)?;
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

    /// The frame of a recursive set or `let`.
    fn enter(&self, up: &'h Env<'h>, id: BindingsId) -> &'h Env<'h> {
        let bindings = up.code.file.bindings(id);
        let count = up.code.file.bound(bindings).len() + up.code.file.sources(bindings).len();
        let slots = self.heap.slots((0..count).map(|_| None));
        self.heap.alloc(Env {
            up: Some(up),
            code: up.code,
            frame: Frame::Let { bindings: id, slots },
        })
    }

    /// What the variable in this frame and slot means.
    pub(super) fn local(&self, env: &'h Env<'h>, frame: u16, slot: u32) -> &'h Thunk<'h> {
        if frame > FEW_FRAMES {
            self.count_steps_unchecked((frame / FEW_FRAMES).into());
        }
        let env = up(env, frame);
        let (Frame::Let { slots, .. } | Frame::Call { slots, .. }) = env.frame else {
            unreachable!("scopes and frames are built from the same syntax")
        };
        let place = &slots[slot as usize];
        if let Some(thunk) = place.get() {
            return thunk;
        }
        let thunk = match env.frame {
            Frame::Let { bindings, .. } => self.bound(env, bindings, slot as usize),
            Frame::Call { lambda, .. } => self.default(env, lambda, slot as usize),
            Frame::With(_) | Frame::File => unreachable!("handled above"),
        };
        place.set(Some(thunk));
        thunk
    }

    /// What a recursive set or `let` binds in this slot of its frame, `env`.
    fn bound(&self, env: &'h Env<'h>, id: BindingsId, slot: usize) -> &'h Thunk<'h> {
        let file = env.code.file;
        let bindings = file.bindings(id);
        let names = file.bound(bindings);
        let Some(binding) = names.get(slot) else {
            return self.suspend(env, file.sources(bindings)[slot - names.len()]);
        };
        match binding.value {
            BoundValue::Expr(expr) => self.delayed(env, expr),
            // `inherit` reads the variable of an outer frame
            BoundValue::Inherit(expr) => self.thunk(env, expr),
            BoundValue::InheritFrom(source) => {
                let source = self.local(env, 0, (names.len() + source as usize) as u32);
                self.lazy_select(source, binding.name)
            }
        }
    }

    /// The default of a formal whose argument was not given.
    fn default(&self, env: &'h Env<'h>, lambda: LambdaId, slot: usize) -> &'h Thunk<'h> {
        let lambda = env.code.file.lambda(lambda);
        let formals = lambda
            .formals
            .as_ref()
            .map_or(&[][..], |formals| env.code.file.formals(formals));
        match formals[slot - usize::from(lambda.param.is_some())].default {
            Some(default) => self.delayed(env, default),
            None => unreachable!("a call without it is an error"),
        }
    }

    fn build(&self, env: &'h Env<'h>, id: BindingsId) -> Outcome<'h, &'h Attrs<'h>> {
        let file = env.code.file;
        let bindings = file.bindings(id);
        let inner = if bindings.recursive { self.enter(env, id) } else { env };
        let mut attrs = self.literal(inner, id);
        if bindings.recursive && attrs.has(self, self.names.overrides) {
            attrs = self.overridden(inner, id, attrs)?;
        }
        let dynamic = file.dynamic(bindings);
        if dynamic.is_empty() {
            return Ok(attrs);
        }
        let mut more: Vec<Attr<'h>> = Vec::with_capacity(dynamic.len());
        for binding in dynamic {
            let name = match self.eval(inner, binding.name)? {
                Value::Null => continue,
                Value::Str(text) => self.symbol(text),
                other => self.symbol(self.plain_str(other, "as the name of an attribute")?),
            };
            self.count_items(more.len())?;
            if attrs.has(self, name) || more.iter().any(|attr| attr.name == name) {
                return Err(self.abort(&format!("dynamic attribute '{name}' is already defined")));
            }
            let position = Position {
                file: env.code.id,
                offset: binding.offset,
            };
            more.push(Attr {
                name,
                position,
                value: self.thunk(inner, binding.value),
            });
        }
        Ok(if more.is_empty() {
            attrs
        } else {
            self.update(attrs, self.attrs(more))
        })
    }

    /// The recursive set of this frame, with the attributes that its `__overrides` replaces. Its values see the new
    /// ones, too.
    #[cold]
    fn overridden(&self, env: &'h Env<'h>, id: BindingsId, attrs: &'h Attrs<'h>) -> Outcome<'h, &'h Attrs<'h>> {
        let overrides = self.lookup(attrs, self.names.overrides)?;
        let Some(overrides) = overrides else { return Ok(attrs) };
        let overrides = self.force_attrs(overrides, "as `__overrides`")?;
        if let Some(reason) = overrides.open {
            return Err(ErrorOrUnknown::Unknown(reason));
        }
        let bound = env.code.file.bound(env.code.file.bindings(id));
        if let Frame::Let { slots, .. } = env.frame {
            for (slot, binding) in slots.iter().zip(bound) {
                if let Some(value) = overrides.get(self, binding.name) {
                    slot.set(Some(value));
                }
            }
        }
        Ok(self.update(attrs, overrides))
    }

    fn text(&self, env: &'h Env<'h>, literal: Literal) -> &'h str {
        env.code.file.literal(literal)
    }

    fn interpolate(&self, env: &'h Env<'h>, parts: Slice) -> Outcome<'h> {
        let parts = env.code.file.parts(parts);
        match parts {
            [] => return Ok(Value::Str("")),
            [Part::Text(literal)] => return Ok(Value::Str(self.text(env, *literal))),
            _ => {}
        }
        // put together at the end: a part may be as long, and evaluate much more, before the next is known
        let mut texts = Vec::with_capacity(parts.len());
        for part in parts {
            match *part {
                Part::Text(literal) => texts.push(Ok(self.text(env, literal))),
                Part::Interpolation(expr) => {
                    let value = self.eval(env, expr)?;
                    texts.push(self.coerce(value).map_err(|error| self.located(error, env, expr))?);
                }
            }
        }
        self.concatenated(&texts)
    }

    fn path(&self, env: &'h Env<'h>, kind: PathKind, parts: Slice) -> Outcome<'h> {
        let parts = env.code.file.parts(parts);
        let mut texts = Vec::with_capacity(parts.len() + 1);
        if kind == PathKind::Relative {
            texts.push(env.code.path.rsplit_once('/').map_or("", |(directory, _)| directory));
            texts.push("/");
        }
        for part in parts {
            match *part {
                Part::Text(literal) => texts.push(self.text(env, literal)),
                Part::Interpolation(expr) => {
                    let value = self.eval(env, expr)?;
                    match self.coerce_path(value)? {
                        Ok(part) => texts.push(part),
                        Err(partial) => return Err(ErrorOrUnknown::Unknown(partial.reason)),
                    }
                }
            }
        }
        match kind {
            PathKind::Relative | PathKind::Absolute => self.path_of(&texts).map(Value::Path),
            PathKind::Home => Err(self.unknown("a path in the user's home directory")),
            PathKind::Search => self.search(&texts.concat()),
        }
    }
}

/// How many frames are passed without cost.
const FEW_FRAMES: u16 = 64;

fn up<'h>(mut env: &'h Env<'h>, frames: u16) -> &'h Env<'h> {
    for _ in 0..frames {
        match env.up {
            Some(up) => env = up,
            None => unreachable!("scopes and frames are built from the same syntax"),
        }
    }
    env
}
