//! Calls of a `callPackage`, as far as the syntax shows them.

use super::frames::{Bound, Frames};
use super::layout::BY_NAME;
use super::path::resolve_literal;
use crate::nix::{AttrName, Expr, ExprId, File, Part, PathKind, Referent};
use crate::tree::{NodeId, Resolved, Tree};

/// A definition by `callPackage`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Whose `callPackage` it is.
    pub callee: Callee,
    /// What it calls.
    pub argument: Argument,
    /// Whether the second argument is `{ }`.
    pub is_plain: bool,
}

/// Whose `callPackage` is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    /// That of the package set that contains the attribute.
    SameSet,
    /// `x.callPackage`, with `x` as it is written. Only evaluation shows which set that is.
    Of(String),
    /// A `callPackage` that is bound somewhere in the file. Only evaluation shows whose it is.
    Local,
}

/// What `callPackage` calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// A path literal, and what it resolves to.
    Path(Resolved),
    /// Any other expression.
    Expression,
}

impl Call {
    /// Whether the file that is called is in `pkgs/by-name`.
    #[must_use]
    pub fn is_inside_by_name(&self, tree: &Tree) -> bool {
        match (self.argument, tree.lookup(BY_NAME.into())) {
            (Argument::Path(Resolved::Node(id)), Some(by_name)) => tree.subtree(by_name).contains(&id.index()),
            _ => false,
        }
    }
}

/// The call of a `callPackage` that an expression is, if it is one; `frames` are the enclosing scopes, if they are known.
pub(super) fn call(tree: &Tree, node: NodeId, file: &File, value: ExprId, frames: Option<&Frames>) -> Option<Call> {
    let (function, called, args) = two_arguments(file, value)?;
    let callee = callee(file, function, frames)?;
    let argument = match *file.expr(called) {
        Expr::Path {
            kind: PathKind::Relative,
            parts,
        } => match file.parts(parts) {
            [Part::Text(text)] => Argument::Path(resolve_literal(tree, node, file.literal(*text).into())),
            _ => Argument::Expression,
        },
        _ => Argument::Expression,
    };
    let is_plain = match *file.expr(args) {
        Expr::Attrs(bindings) => {
            let bindings = file.bindings(bindings);
            file.bound(bindings).is_empty() && file.dynamic(bindings).is_empty()
        }
        _ => false,
    };
    Some(Call {
        callee,
        argument,
        is_plain,
    })
}

/// The function and the arguments of a call with two arguments: `f a b` or `(f a) b`.
fn two_arguments(file: &File, expr: ExprId) -> Option<(ExprId, ExprId, ExprId)> {
    let Expr::Apply { function, args } = *file.expr(expr) else {
        return None;
    };
    match (file.children(args), file.expr(function)) {
        (
            _,
            Expr::Apply {
                function: inner,
                args: first,
            },
        ) => match (file.children(*first), file.children(args)) {
            ([a], [b]) if !matches!(file.expr(*inner), Expr::Apply { .. }) => Some((*inner, *a, *b)),
            _ => None,
        },
        ([a, b], _) => Some((function, *a, *b)),
        _ => None,
    }
}

/// Whose `callPackage` a function is, if it is written as one.
fn callee(file: &File, function: ExprId, frames: Option<&Frames>) -> Option<Callee> {
    match *file.expr(function) {
        Expr::Var(variable) if file.variable(variable).name() == CALL_PACKAGE => {
            Some(match file.scopes().get(variable) {
                Referent::Local { .. } => match frames.and_then(|frames| frames.clone().follow(file, variable)) {
                    Some(Bound::Of(source)) => set(file, source),
                    _ => Callee::Local,
                },
                Referent::Global | Referent::With { .. } | Referent::Unbound => Callee::SameSet,
            })
        }
        Expr::Select {
            subject,
            path,
            default: None,
        } => match *file.attr_path(path) {
            [AttrName::Static(name)] if name.name() == CALL_PACKAGE => Some(set(file, subject)),
            [.., AttrName::Static(name)] if name.name() == CALL_PACKAGE => Some(Callee::Of(source(file, function))),
            _ => None,
        },
        _ => None,
    }
}

const CALL_PACKAGE: &str = "callPackage";

/// The names of the package set that contains the attribute, in Nixpkgs and in overlays. `pkgsi686Linux` counts as one
/// of them.
const SAME_SETS: [&str; 7] = ["pkgs", "res", "self", "super", "final", "prev", "pkgsi686Linux"];

/// The `callPackage` of this set.
fn set(file: &File, subject: ExprId) -> Callee {
    match *file.expr(subject) {
        Expr::Var(name) if SAME_SETS.contains(&file.variable(name).name()) => Callee::SameSet,
        _ => Callee::Of(source(file, subject)),
    }
}

/// The text of an expression, shortened.
fn source(file: &File, expr: ExprId) -> String {
    const LONGEST: usize = 60;
    let span = file.span(expr);
    file.text()[span.start as usize..span.end as usize]
        .chars()
        .take(LONGEST)
        .collect()
}
