//! How an attribute relates to the by-name ratchet: whether it belongs in `pkgs/by-name` (RFC 140).

use super::Files;
use super::attribute::{Answer, Attribute, AttributeKind, EvaluationReason};
use super::call_package::Call;
use super::definitions::Form;

/// How an attribute relates to the by-name ratchet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByName<'a> {
    /// It has a package directory: tight.
    HasDirectory,
    /// It belongs in one, and is called so instead: loose.
    Loose(&'a Call),
    /// No file of the tree is known to define it.
    NoDefinition,
    /// Its definition does not call a `callPackage`.
    NoCall,
    /// What is called is a file in `pkgs/by-name`.
    Variant,
    /// Another package set's `callPackage` made it.
    OtherSet,
    /// Its value is not a derivation.
    NoDerivation,
    /// What it is can't be known without Nix, for this reason.
    Undecided(&'a EvaluationReason),
}

impl Attribute {
    /// How it relates to the by-name ratchet, and why.
    pub fn by_name(&self, files: &Files) -> ByName<'_> {
        if self.package.is_some() {
            return ByName::HasDirectory;
        }
        let Some(definition) = &self.definition else {
            return ByName::NoDefinition;
        };
        let Form::Call(call) = &definition.form else {
            return ByName::NoCall;
        };
        if call.is_inside_by_name(files.tree()) {
            return ByName::Variant;
        }
        match (&self.kind, &self.same_scope) {
            (_, Answer::Known(false)) => ByName::OtherSet,
            (Answer::Known(AttributeKind::Derivation), Answer::Known(true)) => ByName::Loose(call),
            (Answer::Undecided(cause), _) | (_, Answer::Undecided(cause)) => ByName::Undecided(cause),
            (Answer::Known(_) | Answer::NotAsked, _) => ByName::NoDerivation,
        }
    }

    /// Whether it is loose in the by-name ratchet.
    pub fn should_be_by_name(&self, files: &Files) -> Answer<bool> {
        match self.by_name(files) {
            ByName::Loose(_) => Answer::Known(true),
            ByName::Undecided(cause) => Answer::Undecided(cause.clone()),
            _ => Answer::Known(false),
        }
    }
}
