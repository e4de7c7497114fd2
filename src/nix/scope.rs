//! What the variables of a file refer to.  All scopes of Nix are lexical, except `with`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::ast::*;
use super::builtins::is_builtin_variable;
use super::{File, Symbol};

/// What a variable refers to.  Every function, `let`, `rec { … }` and `with` around a variable is a frame.  Frames are
/// counted from the innermost, which is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Referent {
    /// A name that a function, `let` or `rec` binds.
    ///
    /// The slots of a function are its parameter, if it has one, and its formals in the order of the source.  The slots of
    /// `let` and `rec` are their static names in the order of the source.
    Local {
        /// The frame.
        frame: u16,
        /// The slot in the frame, from 0.
        slot: u32,
    },
    /// A name of the language itself: see [`builtin_variable`](super::builtin_variable).
    Global,
    /// An attribute of one of the `with`s around it.
    With {
        /// The frame of the innermost `with`.
        frame: u16,
    },
    /// Nothing: Nix refuses to evaluate the file.
    Unbound,
}

/// The names of functions that syntax calls, as `a - b` calls `__sub`.  A file that binds such a name changes the meaning
/// of that syntax.
static CALLED_BY_SYNTAX: LazyLock<[Symbol; 6]> =
    LazyLock::new(|| ["__div", "__findFile", "__lessThan", "__mul", "__nixPath", "__sub"].map(Symbol::new));

/// What each variable of a file refers to.
#[derive(Debug)]
pub struct Scopes {
    resolved: Vec<Referent>,
    unbound: Option<ExprId>,
    redefined: Option<Symbol>,
}

impl Scopes {
    pub(super) fn of(file: &File) -> Self {
        let resolved = vec![Referent::Unbound; file.variables().len()];
        let mut walk = Resolver {
            file,
            resolved,
            frames: Vec::new(),
            bound: FxHashMap::default(),
            unbound: None,
            called_by_syntax: *CALLED_BY_SYNTAX,
            redefined: None,
        };
        walk.expr(file.root());
        Self {
            resolved: walk.resolved,
            unbound: walk.unbound,
            redefined: walk.redefined,
        }
    }

    /// A name that syntax calls and that the file binds, so that an operator or `<…>` may mean something else in the file.
    #[must_use]
    pub fn redefined(&self) -> Option<Symbol> {
        self.redefined
    }

    /// The first variable that refers to nothing.  Nix refuses to evaluate a file that has one.
    #[must_use]
    pub fn unbound(&self) -> Option<ExprId> {
        self.unbound
    }

    /// What a variable of the file refers to.
    #[must_use]
    pub fn get(&self, id: VarId) -> Referent {
        self.resolved[id.index()]
    }
}

enum ScopeKind {
    Names,
    With,
}

struct Resolver<'f> {
    file: &'f File,
    resolved: Vec<Referent>,
    frames: Vec<ScopeKind>,
    /// For each name, the bindings around here: the frame, counted from the outermost, and the slot.
    bound: FxHashMap<Symbol, Vec<(u32, u32)>>,
    unbound: Option<ExprId>,
    called_by_syntax: [Symbol; 6],
    redefined: Option<Symbol>,
}

impl Resolver<'_> {
    fn expr(&mut self, id: ExprId) {
        stacker::maybe_grow(128 << 10, 8 << 20, || self.visit(id));
    }

    fn visit(&mut self, id: ExprId) {
        let file = self.file;
        match *file.expr(id) {
            Expr::Int(_) | Expr::Float(_) | Expr::CurPos => {}
            Expr::Str(parts) | Expr::Path { parts, .. } => {
                for part in file.parts(parts) {
                    if let Part::Interpolation(expr) = *part {
                        self.expr(expr);
                    }
                }
            }
            Expr::Var(var) => self.variable(id, var),
            Expr::Select { subject, path, default } => {
                self.expr(subject);
                self.attr_path(path);
                if let Some(default) = default {
                    self.expr(default);
                }
            }
            Expr::HasAttr { subject, path } => {
                self.expr(subject);
                self.attr_path(path);
            }
            Expr::Apply { function, args } => {
                self.expr(function);
                self.all(file.children(args));
            }
            Expr::Lambda(lambda) => self.lambda(file.lambda(lambda)),
            Expr::Let { bindings, body } => {
                let bindings = file.bindings(bindings);
                let names = self.enter(file.bound(bindings).iter().map(|binding| binding.name));
                self.bindings(bindings, true);
                self.expr(body);
                self.leave(names);
            }
            Expr::Attrs(bindings) | Expr::LegacyLet(bindings) => {
                let bindings = file.bindings(bindings);
                if bindings.recursive {
                    let names = self.enter(file.bound(bindings).iter().map(|binding| binding.name));
                    self.bindings(bindings, true);
                    self.leave(names);
                } else {
                    self.bindings(bindings, false);
                }
            }
            Expr::List(items) => self.all(file.children(items)),
            Expr::With { scope, body } => {
                self.expr(scope);
                self.frames.push(ScopeKind::With);
                self.expr(body);
                self.frames.pop();
            }
            Expr::Assert { condition, body } => self.all(&[condition, body]),
            Expr::If {
                condition,
                then,
                otherwise,
            } => self.all(&[condition, then, otherwise]),
            Expr::Not(inner) | Expr::Negate(inner) => self.expr(inner),
            Expr::Binary { left, right, .. } => self.all(&[left, right]),
        }
    }

    fn all(&mut self, exprs: &[ExprId]) {
        for expr in exprs {
            self.expr(*expr);
        }
    }

    fn attr_path(&mut self, path: Slice) {
        for name in self.file.attr_path(path) {
            if let AttrName::Dynamic(expr) = *name {
                self.expr(expr);
            }
        }
    }

    fn lambda(&mut self, lambda: &Lambda) {
        let formals = lambda
            .formals
            .as_ref()
            .map_or(&[][..], |formals| self.file.formals(formals));
        let names = self.enter(lambda.param.into_iter().chain(formals.iter().map(|formal| formal.name)));
        for formal in formals {
            if let Some(default) = formal.default {
                self.expr(default);
            }
        }
        self.expr(lambda.body);
        self.leave(names);
    }

    /// Resolves the values of a set.  `inside` says if they see the names of the set.
    fn bindings(&mut self, bindings: &Bindings, inside: bool) {
        let file = self.file;
        self.all(file.sources(bindings));
        for binding in file.bound(bindings) {
            match binding.value {
                BoundValue::Expr(expr) => self.expr(expr),
                BoundValue::Inherit(expr) if inside => self.inherited(expr),
                BoundValue::Inherit(expr) => self.expr(expr),
                BoundValue::InheritFrom(_) => {}
            }
        }
        for dynamic in file.dynamic(bindings) {
            self.expr(dynamic.name);
            self.expr(dynamic.value);
        }
    }

    /// Resolves `x` of `inherit x;` in a recursive set, which is the `x` outside of the set.  Frames are counted from inside
    /// all the same, because the variable is evaluated together with the set's other values.
    fn inherited(&mut self, expr: ExprId) {
        let Expr::Var(var) = *self.file.expr(expr) else { return };
        let name = self.file.variable(var);
        let own = self.bound.get_mut(&name).and_then(Vec::pop);
        self.variable(expr, var);
        if let Some(own) = own {
            self.bound.entry(name).or_default().push(own);
        }
    }

    fn enter(&mut self, names: impl Iterator<Item = Symbol>) -> Vec<Symbol> {
        let frame = self.frames.len() as u32;
        self.frames.push(ScopeKind::Names);
        let names: Vec<_> = names.collect();
        for (slot, name) in names.iter().enumerate() {
            if self.called_by_syntax.contains(name) {
                self.redefined.get_or_insert(*name);
            }
            self.bound.entry(*name).or_default().push((frame, slot as u32));
        }
        names
    }

    fn leave(&mut self, names: Vec<Symbol>) {
        self.frames.pop();
        for name in names {
            if let Some(places) = self.bound.get_mut(&name) {
                places.pop();
            }
        }
    }

    fn variable(&mut self, id: ExprId, var: VarId) {
        let resolved = self.resolve(self.file.variable(var));
        if resolved == Referent::Unbound {
            self.unbound.get_or_insert(id);
        }
        self.resolved[var.index()] = resolved;
    }

    fn resolve(&self, name: Symbol) -> Referent {
        let depth = self.frames.len();
        if let Some((frame, slot)) = self.bound.get(&name).and_then(|places| places.last()) {
            return Referent::Local {
                frame: (depth - 1 - *frame as usize) as u16,
                slot: *slot,
            };
        }
        if is_builtin_variable(name.name()) {
            return Referent::Global;
        }
        match self
            .frames
            .iter()
            .rev()
            .position(|frame| matches!(frame, ScopeKind::With))
        {
            Some(frame) => Referent::With { frame: frame as u16 },
            None => Referent::Unbound,
        }
    }
}
