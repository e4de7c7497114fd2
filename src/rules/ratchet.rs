//! Ratchets: what is already in base is left alone.

use crate::nix::Symbol;
use crate::nixpkgs::{Answer, Attribute, AttributeKind, Attributes, Definition, EvaluationReason, Files};
use crate::tree::{Resolved, Tree, same_content};

use super::{Place, Undecided};

/// A tree, with what is known of its top-level attributes.
#[derive(Clone, Copy)]
pub struct Values<'v, 't> {
    /// The tree's files.
    pub files: &'v Files<'t>,
    /// What its attributes evaluate to.
    pub attributes: &'v Attributes,
}

impl<'t> Values<'_, 't> {
    pub(super) fn tree(&self) -> &'t Tree {
        self.files.tree()
    }

    /// The place of a finding about an attribute: the package's file if it has one, or else its definition.
    pub(super) fn place(&self, attribute: &Attribute) -> Option<Place> {
        let tree = self.tree();
        match (attribute.package, &attribute.definition) {
            (Some(package), _) => {
                let file = tree.child(package, "package.nix".into()).unwrap_or(package);
                Some(Place::entry(tree, file))
            }
            (None, Some(definition)) => {
                let file = self.files.get(definition.file).ok()?;
                let (start, end) = definition.span;
                Some(Place::stretch(
                    tree,
                    definition.file,
                    file.text(),
                    file.lines(),
                    start..end,
                ))
            }
            (None, None) => None,
        }
    }

    /// The directory of the files that compose the package set.
    fn top_level(&self) -> Place {
        let tree = self.tree();
        Place::entry(tree, tree.lookup("pkgs/top-level".into()).unwrap_or(tree.root()))
    }
}

/// The state of an attribute of one tree in a ratchet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ratchet {
    /// As the ratchet requires.
    Tight,
    /// Not as the ratchet requires.
    Loose,
    /// The ratchet requires nothing of it.
    NotApplicable,
    /// Unknown, for this reason.
    Undecided(EvaluationReason),
}

impl Ratchet {
    /// The state of an attribute of base, as `state` gives it; `None` if base lacks the attribute.
    pub(super) fn in_base(base: &Values, name: Symbol, state: impl FnOnce(&Attribute) -> Self) -> Option<Self> {
        let attributes = base.attributes;
        match (attributes.get(name), attributes.failure()) {
            (Some(attribute), _) => Some(state(attribute)),
            (None, Some(failure)) => Some(Self::Undecided(failure.cause().clone())),
            (None, None) => Some(Self::Undecided(attributes.open()?.clone())),
        }
    }

    /// Whether the state of base matters.  If head is tight or not applicable, base is irrelevant.
    pub(super) fn asks_for_base(&self) -> bool {
        matches!(self, Self::Loose | Self::Undecided(_))
    }
}

/// What became of an attribute from base to head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transition {
    /// It is as the ratchet requires, or as it was.
    Allowed,
    /// It was tight, and is loose.
    Loosened,
    /// It is new, and loose.
    NewAndLoose,
    /// It may be either, for a reason that arose in head.
    UndecidedInHead(EvaluationReason),
    /// It may be either, for a reason that arose in base.
    UndecidedInBase(EvaluationReason),
}

impl Transition {
    /// The change from base, `None` if it lacks the attribute, to head.
    #[must_use]
    pub fn between(base: Option<&Ratchet>, head: &Ratchet) -> Self {
        match (base, head) {
            (_, Ratchet::Tight | Ratchet::NotApplicable) | (Some(Ratchet::Loose | Ratchet::NotApplicable), _) => {
                Self::Allowed
            }
            (None, Ratchet::Loose) => Self::NewAndLoose,
            (Some(Ratchet::Tight), Ratchet::Loose) => Self::Loosened,
            (Some(Ratchet::Undecided(in_base)), Ratchet::Undecided(in_head)) if in_base.message == in_head.message => {
                Self::Allowed
            }
            (_, Ratchet::Undecided(cause)) => Self::UndecidedInHead(cause.clone()),
            (Some(Ratchet::Undecided(cause)), Ratchet::Loose) => Self::UndecidedInBase(cause.clone()),
        }
    }
}

/// A question about an attribute of head that can't be decided, for a report.
pub(super) fn undecided(
    base: Option<&Values>,
    head: &Values,
    attribute: &Attribute,
    question: &'static str,
    reason: String,
) -> Undecided {
    // if the value itself is unknown, so is everything about it
    let question = match attribute.kind {
        Answer::Undecided(_) => "kind",
        _ => question,
    };
    Undecided {
        attribute: Some(attribute.name.to_string()),
        question,
        reason,
        is_new: base.is_none_or(|base| differs(base, head, attribute)),
        fails: false,
        place: head.place(attribute).unwrap_or_else(|| head.top_level()),
    }
}

/// Whether an attribute of head is new or differs from base, in its source or in its answers.
fn differs(base: &Values, head: &Values, attribute: &Attribute) -> bool {
    let Some(in_base) = base.attributes.get(attribute.name) else {
        return true;
    };
    let same_answers = same_kind(&attribute.kind, &in_base.kind)
        && same_answer(&attribute.strict_deps, &in_base.strict_deps)
        && same_answer(&attribute.structured_attrs, &in_base.structured_attrs)
        && same_answer(&attribute.same_scope, &in_base.same_scope);
    !same_answers || is_rewritten(base, head, attribute)
}

fn same_kind(a: &Answer<AttributeKind>, b: &Answer<AttributeKind>) -> bool {
    match (a, b) {
        (Answer::Known(a), Answer::Known(b)) => a.name() == b.name(),
        _ => same_answer(a, b),
    }
}

fn same_answer<T: PartialEq>(a: &Answer<T>, b: &Answer<T>) -> bool {
    match (a, b) {
        (Answer::Undecided(a), Answer::Undecided(b)) => a.message == b.message,
        _ => a == b,
    }
}

/// Whether the package directory of an attribute, or its definition or the file that this calls, differs from base.
pub(super) fn is_rewritten(base: &Values, head: &Values, attribute: &Attribute) -> bool {
    let Some(in_base) = base.attributes.get(attribute.name) else {
        return true;
    };
    match (attribute.package, in_base.package) {
        (Some(in_head), Some(in_base)) => !same_content((head.tree(), in_head), (base.tree(), in_base)),
        (None, None) => match (&attribute.definition, &in_base.definition) {
            (Some(in_head), Some(in_base)) => !is_same_definition(head, in_head, base, in_base),
            (in_head, in_base) => in_head.is_some() || in_base.is_some(),
        },
        _ => true,
    }
}

fn is_same_definition(head: &Values, in_head: &Definition, base: &Values, in_base: &Definition) -> bool {
    let called = |values: &Values, definition: &Definition| match definition.called() {
        Some(Resolved::Node(id)) => Some(id).filter(|&id| id != values.tree().root()),
        _ => None,
    };
    let same_called = match (called(head, in_head), called(base, in_base)) {
        (Some(in_head), Some(in_base)) => same_content((head.tree(), in_head), (base.tree(), in_base)),
        (in_head, in_base) => in_head.is_none() && in_base.is_none(),
    };
    same_called && source(head, in_head) == source(base, in_base)
}

/// A definition as it is written.
fn source(values: &Values, definition: &Definition) -> Option<String> {
    let file = values.files.get(definition.file).ok()?;
    let (start, end) = definition.span;
    Some(file.text()[start as usize..end as usize].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_becomes_loose_is_spoken_of() {
        use Ratchet::{Loose, NotApplicable, Tight};
        let cause = |message: &str| EvaluationReason {
            message: message.into(),
            location: None,
        };
        let undecided = |message: &str| Ratchet::Undecided(cause(message));
        for base in [
            None,
            Some(Tight),
            Some(Loose),
            Some(NotApplicable),
            Some(undecided("base")),
        ] {
            for head in [Tight, NotApplicable] {
                assert_eq!(Transition::between(base.as_ref(), &head), Transition::Allowed);
            }
        }
        for head in [Loose, undecided("head")] {
            for base in [Loose, NotApplicable] {
                assert_eq!(Transition::between(Some(&base), &head), Transition::Allowed);
            }
        }
        assert_eq!(Transition::between(None, &Loose), Transition::NewAndLoose);
        assert_eq!(Transition::between(Some(&Tight), &Loose), Transition::Loosened);
        for base in [None, Some(Tight), Some(undecided("base"))] {
            assert_eq!(
                Transition::between(base.as_ref(), &undecided("head")),
                Transition::UndecidedInHead(cause("head"))
            );
        }
        assert_eq!(
            Transition::between(Some(&undecided("base")), &Loose),
            Transition::UndecidedInBase(cause("base"))
        );
    }

    #[test]
    fn what_base_leaves_undecided_for_the_same_reason_is_allowed() {
        let undecided = Ratchet::Undecided(EvaluationReason {
            message: "the same".into(),
            location: None,
        });
        assert_eq!(Transition::between(Some(&undecided), &undecided), Transition::Allowed);
    }
}
