//! Following variables through syntax: from a `let`'s body to its bindings, without evaluating.

use crate::nix::{BindingsId, BoundValue, Expr, ExprId, File, Referent, VarId};

/// The scopes around an expression, counted as [`crate::nix::Referent`] counts them.
#[derive(Clone, Debug, Default)]
pub struct Frames(Vec<SyntaxScope>);

#[derive(Clone, Copy, Debug)]
enum SyntaxScope {
    Let(BindingsId),
    /// That of a function or a `with`, whose names have no value here.
    Opaque,
}

/// What a variable is bound to.
pub enum Bound {
    /// This expression. The frames are now its scopes.
    Expr(ExprId),
    /// `inherit (from) variable;`, with this `from`. The frames are now its scopes.
    Of(ExprId),
}

impl Frames {
    /// Enters the body of a `let`, a `with` or an `assert`; `None` for other expressions.
    pub fn enter(&mut self, file: &File, expr: ExprId) -> Option<ExprId> {
        match *file.expr(expr) {
            Expr::Let { bindings, body } => {
                self.0.push(SyntaxScope::Let(bindings));
                Some(body)
            }
            Expr::With { body, .. } => {
                self.0.push(SyntaxScope::Opaque);
                Some(body)
            }
            Expr::Assert { body, .. } => Some(body),
            _ => None,
        }
    }

    /// Enters the body of a function.
    pub fn enter_function(&mut self) {
        self.0.push(SyntaxScope::Opaque);
    }

    /// What a `let` around the expression binds the variable to; `None` if none does.
    pub fn follow(&mut self, file: &File, variable: VarId) -> Option<Bound> {
        let Referent::Local { frame, slot } = file.scopes().get(variable) else {
            return None;
        };
        let depth = self.0.len().checked_sub(frame as usize)?;
        let &SyntaxScope::Let(bindings) = self.0.get(depth.checked_sub(1)?)? else {
            return None;
        };
        let bindings = file.bindings(bindings);
        let bound = match file.bound(bindings).get(slot as usize)?.value {
            BoundValue::Expr(value) | BoundValue::Inherit(value) => Bound::Expr(value),
            BoundValue::InheritFrom(source) => Bound::Of(*file.sources(bindings).get(source as usize)?),
        };
        self.0.truncate(depth);
        Some(bound)
    }
}
