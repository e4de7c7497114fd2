//! Uses in `all-packages.nix` of sets that change when an entry moves to `pkgs/by-name`.
//!
//! The file is a function `… res: pkgs: super: { … }`, or an overlay `final: prev: { … }`. What moves stays in `pkgs` and
//! `final`, the finished package set. But `res`, the set that the file itself makes, loses it, and `super` or `prev`, the set of
//! what was defined before, gains it.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::nix::{AttrName, Bindings, BoundValue, Expr, ExprId, File, Symbol};

/// The uses of such sets.
pub struct OverlayUses(Vec<Use>);

struct Use {
    /// Which attribute of the set is used; `None` if it may be any.
    name: Option<Symbol>,
    offset: u32,
}

impl OverlayUses {
    /// The uses in a file; `outermost` are the functions around its set.
    pub fn of(file: &File, outermost: &[ExprId]) -> Self {
        let parameters: Vec<_> = outermost.iter().filter_map(|&expr| parameter(file, expr)).collect();
        let watched = match parameters.as_slice() {
            [before @ .., _finished, previous] => [before, &[*previous]].concat(),
            all => all.to_vec(),
        };
        let shadows: Vec<_> = file
            .exprs()
            .filter(|expr| !outermost.contains(expr))
            .flat_map(|expr| bound_again(file, expr, &watched).map(move |name| (name, file.span(expr))))
            .collect();
        let mut uses = UseCollector {
            file,
            sets: FxHashMap::default(),
            uses: Vec::new(),
        };
        // Expressions come from inside to outside, so what is selected from a set comes after it.
        for expr in file.exprs() {
            uses.add(expr, &watched, &shadows);
        }
        uses.finish()
    }

    /// The first place, in bytes, that uses an attribute of this name in this way, or may use it.
    pub fn find(&self, name: Symbol) -> Option<u32> {
        let concerned = self.0.iter().filter(|used| used.name.is_none_or(|used| used == name));
        concerned.map(|used| used.offset).min()
    }
}

struct UseCollector<'f> {
    file: &'f File,
    /// Sets for which it is not yet known what is used.
    sets: FxHashMap<ExprId, u32>,
    uses: Vec<Use>,
}

impl UseCollector<'_> {
    fn add(&mut self, expr: ExprId, watched: &[Symbol], shadows: &[(Symbol, Range<u32>)]) {
        let file = self.file;
        match *file.expr(expr) {
            Expr::Var(variable) => {
                let (name, offset) = (file.variable(variable), file.span(expr).start);
                let is_shadowed = |(shadow, span): &(Symbol, Range<u32>)| *shadow == name && span.contains(&offset);
                if watched.contains(&name) && !shadows.iter().any(is_shadowed) {
                    self.sets.insert(expr, offset);
                }
            }
            Expr::Select { subject, path, .. } | Expr::HasAttr { subject, path } => {
                if let [AttrName::Static(name), ..] = *file.attr_path(path) {
                    self.known(subject, &[name]);
                }
            }
            _ => {
                if let Some(bindings) = bindings(file, expr) {
                    for (index, &source) in file.sources(bindings).iter().enumerate() {
                        let is_from = |value| value == BoundValue::InheritFrom(index as u32);
                        let inherited = file.bound(bindings).iter().filter(|bound| is_from(bound.value));
                        let names: Vec<_> = inherited.map(|bound| bound.name).collect();
                        self.known(source, &names);
                    }
                }
            }
        }
    }

    /// Records, if this expression is one of the sets, that these attributes of it are used.
    fn known(&mut self, set: ExprId, names: &[Symbol]) {
        if let Some(offset) = self.sets.remove(&set) {
            self.uses.extend(names.iter().map(|&name| Use {
                name: Some(name),
                offset,
            }));
        }
    }

    fn finish(mut self) -> OverlayUses {
        let rest = self.sets.values().map(|&offset| Use { name: None, offset });
        self.uses.extend(rest);
        OverlayUses(self.uses)
    }
}

/// The name of a function's argument, if the function does not take a pattern.
fn parameter(file: &File, expr: ExprId) -> Option<Symbol> {
    let Expr::Lambda(lambda) = *file.expr(expr) else {
        return None;
    };
    let lambda = file.lambda(lambda);
    lambda.param.filter(|_| lambda.formals.is_none())
}

/// Which of these names an expression binds to something else in its scope.
fn bound_again(file: &File, expr: ExprId, names: &[Symbol]) -> impl Iterator<Item = Symbol> {
    let bound: Vec<Symbol> = match *file.expr(expr) {
        Expr::Lambda(lambda) => {
            let lambda = file.lambda(lambda);
            let formals = lambda.formals.as_ref().map_or(&[][..], |formals| file.formals(formals));
            formals.iter().map(|formal| formal.name).chain(lambda.param).collect()
        }
        _ => bindings(file, expr)
            .filter(|bindings| bindings.recursive)
            .map(|bindings| file.bound(bindings).iter())
            .into_iter()
            .flatten()
            // `inherit prev;` is the same again.
            .filter(|bound| !matches!(bound.value, BoundValue::Inherit(_)))
            .map(|bound| bound.name)
            .collect(),
    };
    names
        .iter()
        .copied()
        .filter(|name| bound.contains(name))
        .collect::<Vec<_>>()
        .into_iter()
}

fn bindings(file: &File, expr: ExprId) -> Option<&Bindings> {
    match *file.expr(expr) {
        Expr::Attrs(bindings) | Expr::Let { bindings, .. } | Expr::LegacyLet(bindings) => Some(file.bindings(bindings)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At which of the marks `§` in a file an attribute `foo` is used so: the first, as its number.
    fn found(text: &str) -> Option<usize> {
        let marks: Vec<_> = text.match_indices('§').map(|(at, _)| at).collect();
        let marks: Vec<_> = marks
            .iter()
            .enumerate()
            .map(|(index, at)| at - index * '§'.len_utf8())
            .collect();
        let file = File::parse(text.replace('§', "")).unwrap();
        let mut outermost = Vec::new();
        let mut at = file.root();
        while let Expr::Lambda(lambda) = *file.expr(at) {
            outermost.push(at);
            at = file.lambda(lambda).body;
        }
        let offset = OverlayUses::of(&file, &outermost).find(Symbol::new("foo"))?;
        Some(
            marks
                .iter()
                .position(|&at| at == offset as usize)
                .expect("a mark stands there"),
        )
    }

    #[test]
    fn what_the_finished_set_has_stays_in_it() {
        for text in [
            "{ lib }: res: pkgs: super: { a = pkgs.foo; b = pkgs // { }; }",
            "final: prev: { a = final.foo; b = f final; }",
            "res: pkgs: super: { a = res.bar; inherit (super) baz; c = super ? bar; }",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn what_the_file_itself_makes_and_what_comes_before_it_differ() {
        for text in [
            "{ lib }: res: pkgs: super: { a = §res.foo; }",
            "res: pkgs: super: { a = \"${§res.foo.version}\"; }",
            "res: pkgs: super: { inherit (§super) bar foo; }",
            "res: pkgs: super: { a = §super ? foo; }",
            "final: prev: { a = (§prev.foo or 1); }",
            "final: prev: { a = let inherit (§prev) foo; in foo; }",
        ] {
            assert_eq!(found(text), Some(0), "{text}");
        }
    }

    #[test]
    fn a_set_that_is_used_whole_may_be_used_for_any_attribute() {
        for text in [
            "final: prev: { a = f §prev; }",
            "final: prev: { a = §prev.${x}; }",
            "final: prev: with §prev; { }",
            "final: prev: { inherit §prev; }",
            "final: prev: { a = let inherit §prev; in f prev; }",
        ] {
            assert_eq!(found(text), Some(0), "{text}");
        }
    }

    #[test]
    fn another_variable_of_that_name_is_none_of_them() {
        for text in [
            "final: prev: { a = b.override (prev: { x = prev.foo; }); }",
            "final: prev: { a = b.override ({ prev, ... }: f prev); }",
            "final: prev: { a = let prev = 1; in f prev; }",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
        assert_eq!(found("final: prev: { a = g (prev: f prev) §prev.foo; }"), Some(0));
    }
}
