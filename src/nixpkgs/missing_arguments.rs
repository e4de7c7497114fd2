//! The arguments of package functions that nothing defines.

use rustc_hash::FxHashMap;

use super::attribute::{Attribute, Location};
use super::conflicts::{conflicts, without};
use super::evaluation::Evaluation;
use super::host::ROOT;
use super::inquiry::Inquiry;
use super::near::near;
use super::override_attrs::OverrideAttrs;
use super::{Attributes, Files, Layout, World};
use crate::eval::{Eval, Heap, Value};
use crate::nix::Symbol;
use crate::tree::NodeId;

/// An argument without a default, of the function of a package directory, that is no attribute of the package set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingArgument {
    /// Its name.
    pub name: Symbol,
    /// Where the function names it.
    pub location: Location,
    /// The attributes whose names are most similar to it, if there are similar ones.
    pub near: Vec<Symbol>,
}

/// How many arguments of one package are listed.
const MOST_OF_PACKAGE: usize = 50;

/// For how many arguments similar names are looked for, because each is compared with all attributes.
const MOST_COMPARED: usize = 100;

/// The missing arguments of each package directory that fails because it has some, by attribute.
#[must_use]
pub fn missing_arguments(
    files: &Files,
    layout: &Layout,
    attributes: &Attributes,
) -> FxHashMap<Symbol, Vec<MissingArgument>> {
    let lacking: Vec<(Symbol, NodeId)> = attributes.iter().filter_map(lacks_argument).collect();
    if lacking.is_empty() {
        return FxHashMap::default();
    }
    let instead = match attributes.leaves_out_conflicts() {
        true => without(files, &conflicts(files, layout)),
        false => None,
    };
    let instead = instead.as_ref().map(|(node, file)| (*node, file));
    let names: Vec<_> = lacking.iter().map(|(name, _)| *name).collect();
    let evaluation = Evaluation::new(files, layout, Some(&names), false, OverrideAttrs::Shortcut);
    let (heap, world) = (Heap::new(), World::new(files).with_instead(instead));
    let eval = Eval::new(&heap, &world, files.ledger().budget.attribute);
    let Ok(inquiry) = Inquiry::new(&evaluation, &eval) else {
        return FxHashMap::default();
    };
    let mut search = Search {
        evaluation: &evaluation,
        inquiry: &inquiry,
        compared: 0,
    };
    let missing = lacking.into_iter().map(|(name, package)| (name, search.of(package)));
    missing.filter(|(_, missing)| !missing.is_empty()).collect()
}

/// The attribute and its package directory, if evaluating it fails because an argument is missing: in the words of Nix,
/// or of Nixpkgs' `callPackage`.
fn lacks_argument(attribute: &Attribute) -> Option<(Symbol, NodeId)> {
    let message = &attribute.error()?.cause.message;
    let is_lacking = message.contains("called without required argument");
    Some((attribute.name, attribute.package.filter(|_| is_lacking)?))
}

struct Search<'w, 'h> {
    evaluation: &'w Evaluation<'w, 'w>,
    inquiry: &'w Inquiry<'w, 'h>,
    /// For how many arguments similar names were looked for.
    compared: usize,
}

impl Search<'_, '_> {
    /// The missing arguments of this package directory, in the order of the function. None if its file is no function.
    fn of(&mut self, package: NodeId) -> Vec<MissingArgument> {
        let eval = self.inquiry.eval;
        let path = format!("{ROOT}/{}/package.nix", self.evaluation.files.tree().path(package));
        let formals = eval.import(&path).and_then(|function| eval.function_args(function));
        let Ok(formals) = formals else { return Vec::new() };
        let mut missing = Vec::new();
        for formal in formals.sorted(eval) {
            let has_default = !matches!(eval.force(formal.value), Ok(Value::Bool(false)));
            if has_default || self.inquiry.may_define(formal.name) {
                continue;
            }
            let location = self.evaluation.location(formal.position);
            missing.extend(location.map(|location| MissingArgument {
                name: formal.name,
                location,
                near: Vec::new(),
            }));
        }
        missing.sort_by_key(|argument| (argument.location.file, argument.location.offset));
        missing.truncate(MOST_OF_PACKAGE);
        for argument in &mut missing {
            argument.near = self.near(argument.name);
        }
        missing
    }

    /// The attributes with the most similar names, without those that fail, such as aliases of what was removed.
    fn near(&mut self, wanted: Symbol) -> Vec<Symbol> {
        if self.compared == MOST_COMPARED {
            return Vec::new();
        }
        self.compared += 1;
        let mut near = near(wanted.name(), self.inquiry.names());
        near.retain(|(_, name)| self.inquiry.value(*name).is_some());
        let most = near.first().map(|(likeness, _)| *likeness);
        let as_similar = near.into_iter().take_while(|(likeness, _)| Some(*likeness) == most);
        as_similar.map(|(_, name)| name).collect()
    }
}
