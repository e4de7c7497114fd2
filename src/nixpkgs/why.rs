//! Explaining how what is known of an attribute came about.

use super::attribute::{Attribute, Location};
use super::attributes::PackageSetFailure;
use super::definitions::{ALL_PACKAGES, Definition, Definitions, Form, Written};
use super::evaluation::Evaluation;
use super::inquiry::Inquiry;
use super::near::near;
use super::override_attrs::OverrideAttrs;
use super::{Files, Layout, World};
use crate::eval::{Attrs, Called, Eval, Heap, Limits, Trace, Value};
use crate::nix::{BoundValue, Expr, ExprId, File, LambdaId, Symbol};

/// An attribute, and where its value comes from.
#[derive(Clone, Debug)]
pub struct Why {
    /// What is known of the attribute.
    pub attribute: Attribute,
    /// For an attribute with a package directory: the definition in `all-packages.nix` that replaces it (BYN-004).
    pub instead: Option<Definition>,
    /// For a derivation: the functions that were running when it was made, the outermost first.
    pub made_by: Vec<Function>,
    /// Where the `strictDeps` that its builder sees comes from, if that is known.
    pub strict_deps: Option<SettingOrigin>,
    /// Where the `__structuredAttrs` that its builder sees comes from, if that is known.
    pub structured_attrs: Option<SettingOrigin>,
}

/// A function of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The attribute or variable that is the function or contains it.
    pub name: Option<Symbol>,
    /// Where the function starts.
    pub location: Location,
    /// The function that its body calls, as it is written there: `stdenv.mkDerivation`.
    pub calls: Option<String>,
}

/// Where an argument of a builder comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettingOrigin {
    /// The place.
    pub location: Location,
    /// Whether it is a function's default, because nothing passed the argument.
    pub is_default: bool,
}

/// Why there is no explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoWhy {
    /// There is no package set.
    NoPackageSet(PackageSetFailure),
    /// The tree defines no attribute of this name.
    NoAttribute {
        /// The attributes with similar names, the most similar first.
        near: Vec<Symbol>,
    },
}

impl Why {
    /// Explains an attribute of the tree of `files`, which has this layout.
    ///
    /// # Errors
    /// If there is no such attribute, or no package set.
    pub fn of(files: &Files, layout: &Layout, name: Symbol) -> Result<Self, NoWhy> {
        let names = [name];
        let settings = ["strictDeps", "__structuredAttrs"].map(Symbol::new);
        let evaluation = Evaluation::new(files, layout, Some(&names), false, OverrideAttrs::Shortcut);
        let (heap, world) = (Heap::new(), World::new(files));
        let eval = Eval::tracing(&heap, &world, Limits::default(), Trace::of(&settings));
        let mut inquiry = Inquiry::new(&evaluation, &eval).map_err(NoWhy::NoPackageSet)?;
        let Some(attribute) = inquiry.attribute(name) else {
            let near = near_names(name, inquiry.names());
            return Err(NoWhy::NoAttribute { near });
        };
        let mut why = Self {
            instead: attribute.package.and_then(|_| in_all_packages(files, name)),
            attribute,
            made_by: Vec::new(),
            strict_deps: None,
            structured_attrs: None,
        };
        if let (Some(arguments), Some(trace)) = (arguments(&inquiry, name), eval.trace()) {
            let way = Way {
                evaluation: &evaluation,
                trace,
            };
            why.made_by = way.functions(arguments);
            [why.strict_deps, why.structured_attrs] = settings.map(|name| way.setting(&eval, arguments, name));
        }
        Ok(why)
    }
}

/// The definition of an attribute in `all-packages.nix`.
fn in_all_packages(files: &Files, name: Symbol) -> Option<Definition> {
    let tree = files.tree();
    let node = tree.lookup(ALL_PACKAGES.into())?;
    let definitions = Definitions::of(tree, node, &*files.get(node).ok()?);
    let (_, definition) = definitions.iter().find(|(defined, _)| *defined == name)?;
    Some(definition.clone())
}

/// The `names` that are most similar to the one wanted, or to its first part if it is a path such as
/// `python3Packages.requests`.
fn near_names(wanted: Symbol, names: Vec<Symbol>) -> Vec<Symbol> {
    let wanted = wanted.name();
    let first = wanted.split_once('.').map_or(wanted, |(first, _)| first);
    if let Some(set) = names.iter().find(|name| name.name() == first) {
        return vec![*set];
    }
    near(wanted, names).into_iter().map(|(_, name)| name).collect()
}

/// The arguments that the builder of an attribute sees, if it has a builder.
fn arguments<'h>(inquiry: &Inquiry<'_, 'h>, name: Symbol) -> Option<&'h Attrs<'h>> {
    match inquiry.value(name) {
        Some(Value::Attrs(attrs)) if inquiry.is_derivation(attrs).ok()? => inquiry.builder_arguments(attrs).ok(),
        _ => None,
    }
}

struct Way<'w, 'h> {
    evaluation: &'w Evaluation<'w, 'w>,
    trace: &'w Trace<'h>,
}

impl<'h> Way<'_, 'h> {
    fn functions(&self, arguments: &'h Attrs<'h>) -> Vec<Function> {
        let calls = self.trace.calls_around(arguments).unwrap_or_default();
        calls.into_iter().filter_map(|call| self.function(call)).collect()
    }

    fn function(&self, call: Called) -> Option<Function> {
        let node = self.evaluation.node(call.file)?;
        let file = self.evaluation.files.get(node).ok()?;
        let function = file
            .exprs()
            .find(|expr| matches!(*file.expr(*expr), Expr::Lambda(lambda) if lambda == call.lambda))?;
        let span = file.span(function);
        Some(Function {
            name: name_around(&file, span.start, span.end),
            location: Location {
                file: node,
                offset: span.start,
            },
            calls: called_last(&file, function),
        })
    }

    /// Where an argument that a builder sees comes from: the innermost place that gives it a value. If there is none,
    /// the function whose default it is, or else the innermost place that passes it on.
    fn setting(&self, eval: &Eval<'h>, arguments: &'h Attrs<'h>, name: Symbol) -> Option<SettingOrigin> {
        let attr = arguments.attr(eval, name)?;
        let given = self.trace.given(attr.value);
        let places: Vec<_> = (given.iter().map(|given| given.position))
            .chain([attr.position])
            .filter_map(|position| Some((position.file, self.evaluation.location(position)?)))
            .collect();
        let told = |location| SettingOrigin {
            location,
            is_default: false,
        };
        if let Some((_, place)) = places.iter().find(|(_, place)| !self.is_inherit(*place)) {
            return Some(told(*place));
        }
        let source = places.iter().find_map(|(file, place)| {
            let (lambda, setting) = self.binder(name, *place)?;
            let is_given = |lambda| given.iter().any(|given| given.to == Called { file: *file, lambda });
            (!lambda.is_some_and(is_given)).then_some(setting)
        });
        source.or_else(|| Some(told(places.first()?.1)))
    }

    /// Whether an `inherit name;` is at this place.
    fn is_inherit(&self, place: Location) -> bool {
        let Ok(file) = self.evaluation.files.get(place.file) else {
            return false;
        };
        let written = Written::of(self.evaluation.files.tree(), place.file, &file);
        let definition = written.at(place.offset);
        definition.is_some_and(|definition| definition.form == Form::Inherit)
    }

    /// What the `inherit name;` at this place reads: a binding, or an argument's default together with the function.
    fn binder(&self, name: Symbol, place: Location) -> Option<(Option<LambdaId>, SettingOrigin)> {
        let file = self.evaluation.files.get(place.file).ok()?;
        let setting = |offset, is_default| SettingOrigin {
            location: Location {
                file: place.file,
                offset,
            },
            is_default,
        };
        let around = |expr: &ExprId| file.span(*expr).contains(&place.offset);
        // inner expressions come before the outer ones
        let binds = |expr: ExprId| match *file.expr(expr) {
            Expr::Lambda(lambda) => {
                let formals = file.formals(file.lambda(lambda).formals.as_ref()?);
                let formal = formals.iter().find(|formal| formal.name == name)?;
                Some((Some(lambda), setting(formal.offset, formal.default.is_some())))
            }
            Expr::Let { bindings, .. } | Expr::LegacyLet(bindings) | Expr::Attrs(bindings) => {
                let bindings = Some(file.bindings(bindings)).filter(|bindings| bindings.recursive)?;
                let mut others = (file.bound(bindings).iter()).filter(|bound| bound.offset != place.offset);
                let bound = others.find(|bound| bound.name == name)?;
                Some((None, setting(bound.offset, false)))
            }
            _ => None,
        };
        file.exprs().filter(around).find_map(binds)
    }
}

/// The function that the body of a function calls, if that is clear from the syntax.
fn called_last(file: &File, function: ExprId) -> Option<String> {
    /// How many characters of a callee are shown.
    const LONGEST: usize = 60;
    let mut expr = function;
    let mut is_called = false;
    loop {
        expr = match *file.expr(expr) {
            Expr::Lambda(lambda) if !is_called => file.lambda(lambda).body,
            Expr::Let { body, .. } | Expr::With { body, .. } | Expr::Assert { body, .. } if !is_called => body,
            Expr::Apply { function, .. } => {
                is_called = true;
                function
            }
            Expr::Var(_) | Expr::Select { default: None, .. } if is_called => {
                let span = file.span(expr);
                let text = file.text().get(span.start as usize..span.end as usize)?;
                return (text.chars().count() <= LONGEST && !text.contains('\n')).then(|| text.to_owned());
            }
            _ => return None,
        };
    }
}

/// The name of the innermost binding around a range of a file.
fn name_around(file: &File, start: u32, end: u32) -> Option<Symbol> {
    let mut innermost: Option<(u32, Symbol)> = None;
    for expr in file.exprs() {
        let (Expr::Attrs(bindings) | Expr::Let { bindings, .. } | Expr::LegacyLet(bindings)) = *file.expr(expr) else {
            continue;
        };
        for binding in file.bound(file.bindings(bindings)) {
            let BoundValue::Expr(value) = binding.value else {
                continue;
            };
            let span = file.span(value);
            let is_closer = innermost.is_none_or(|(length, _)| span.end - span.start < length);
            if span.start <= start && end <= span.end && is_closer {
                innermost = Some((span.end - span.start, binding.name));
            }
        }
    }
    innermost.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{MemoryTree, Tree};

    fn tree() -> Tree {
        MemoryTree::new()
            .file(
                "pkgs/build-support/foo.nix",
                "{ stdenv }:\n{ name, ... }@args:\nstdenv.mkDerivation (\n  {\n    strictDeps = true;\n  }\n  // args\n)\n",
            )
            .file(
                "pkgs/build-support/bar.nix",
                "{ buildFoo }:\n{\n  strictDeps ? true,\n  ...\n}@args:\nbuildFoo (args // { inherit strictDeps; })\n",
            )
            .file(
                "pkgs/top-level/all-packages.nix",
                "\
final: prev: {
  buildFoo = final.callPackage ../build-support/foo.nix { };
  buildBar = final.callPackage ../build-support/bar.nix { };
}
",
            )
            .file(
                "pkgs/by-name/bu/built/package.nix",
                "{ buildFoo }: buildFoo { name = \"built\"; }",
            )
            .file(
                "pkgs/by-name/de/defaulted/package.nix",
                "{ buildBar }:\nlet\n  name = \"defaulted\";\nin\nbuildBar { inherit name; }\n",
            )
            .file(
                "pkgs/by-name/gi/given/package.nix",
                "{ buildBar }:\nlet\n  strictDeps = false;\nin\nbuildBar {\n  name = \"given\";\n  inherit strictDeps;\n  __structuredAttrs = true;\n}\n",
            )
            .file("pkgs/by-name/un/unset/package.nix", "{ stdenv }: stdenv.mkDerivation { name = \"unset\"; }")
            .build("test")
            .unwrap()
    }

    fn why(tree: &Tree, name: &str) -> Result<Why, NoWhy> {
        Why::of(&Files::new(tree), &Layout::of(tree), Symbol::new(name))
    }

    /// Where the settings of a package come from. A default is marked as such.
    fn settings(tree: &Tree, name: &str) -> [Option<String>; 2] {
        let why = why(tree, name).unwrap();
        let files = Files::new(tree);
        [why.strict_deps, why.structured_attrs].map(|setting| {
            let SettingOrigin { location, is_default } = setting?;
            let word = if is_default { "default " } else { "" };
            Some(format!("{word}{}", location.describe(&files)))
        })
    }

    #[test]
    fn the_functions_that_made_a_package() {
        let tree = tree();
        let files = Files::new(&tree);
        let made_by = why(&tree, "built").unwrap().made_by;
        let functions = made_by.iter().map(|function| {
            let calls = function.calls.as_deref().unwrap_or("-");
            format!("{} {calls}", function.location.describe(&files))
        });
        assert_eq!(
            functions.collect::<Vec<_>>(),
            [
                "pkgs/by-name/bu/built/package.nix:1:1 buildFoo",
                "pkgs/build-support/foo.nix:2:1 stdenv.mkDerivation"
            ]
        );
    }

    #[test]
    fn where_settings_are_written() {
        let tree = tree();
        assert_eq!(
            settings(&tree, "built"),
            [Some("pkgs/build-support/foo.nix:5:5".to_owned()), None]
        );
        assert_eq!(
            settings(&tree, "defaulted")[0].as_deref(),
            Some("default pkgs/build-support/bar.nix:3:3")
        );
        assert_eq!(
            settings(&tree, "given").map(Option::unwrap),
            [
                "pkgs/by-name/gi/given/package.nix:3:3",
                "pkgs/by-name/gi/given/package.nix:8:3"
            ]
        );
        assert_eq!(settings(&tree, "unset"), [None, None]);
    }

    #[test]
    fn what_is_not_there_may_be_meant_to_be_another() {
        let tree = tree();
        let near = |name| match why(&tree, name) {
            Err(NoWhy::NoAttribute { near }) => near.iter().map(|name| name.to_string()).collect::<Vec<_>>(),
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(near("unsett"), ["unset"]);
        assert_eq!(near("BUILDFOO2"), ["buildFoo"]);
        assert_eq!(near("given.src"), ["given"]);
        assert_eq!(near("nothing-like-it"), [""; 0]);
    }
}
