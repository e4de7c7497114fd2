//! Ratchets: what base already had is let be.

use crate::nix::Symbol;
use crate::nixpkgs::{Answer, Attribute, AttributeKind, Attributes, Definition, EvaluationReason, Files};
use crate::tree::{Resolved, Tree, same_content};

use super::{Place, Undecided};

/// A tree, with what is known of its top-level attributes.
#[derive(Clone, Copy)]
pub struct Values<'v, 't> {
    pub files: &'v Files<'t>,
    pub attributes: &'v Attributes,
}

impl<'t> Values<'_, 't> {
    pub(super) fn tree(&self) -> &'t Tree {
        self.files.tree()
    }

    /// Where a finding on an attribute stands: on the package's file where it has one, else on its definition.
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

    /// What composes the package set.
    fn top_level(&self) -> Place {
        let tree = self.tree();
        Place::entry(tree, tree.lookup("pkgs/top-level".into()).unwrap_or(tree.root()))
    }
}

/// How an attribute of one tree stands to a ratchet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ratchet {
    /// As the ratchet wants it.
    Tight,
    /// Not as the ratchet wants it.
    Loose,
    /// The ratchet asks nothing of it.
    NotApplicable,
    /// That can't be told, for this reason.
    Undecided(EvaluationReason),
}

impl Ratchet {
    /// How an attribute of base stands, as `stands` says; `None` where base lacks it.
    pub(super) fn in_base(base: &Values, name: Symbol, stands: impl FnOnce(&Attribute) -> Self) -> Option<Self> {
        let attributes = base.attributes;
        match (attributes.get(name), attributes.failure()) {
            (Some(attribute), _) => Some(stands(attribute)),
            (None, Some(failure)) => Some(Self::Undecided(failure.cause().clone())),
            (None, None) => Some(Self::Undecided(attributes.open()?.clone())),
        }
    }

    /// Whether it matters what base has: an attribute of head that stands otherwise is let be whatever that is.
    pub(super) fn asks_for_base(&self) -> bool {
        matches!(self, Self::Loose | Self::Undecided(_))
    }
}

/// What became of an attribute from base to head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing to speak of.
    LetBe,
    /// It was tight, and is loose.
    Loosened,
    /// It is new, and loose.
    NewAndLoose,
    /// It may be either, for a reason that arose in head.
    UndecidedInHead(EvaluationReason),
    /// It may be either, for a reason that arose in base.
    UndecidedInBase(EvaluationReason),
}

impl Change {
    /// The change from base, `None` where it lacks the attribute, to head.
    pub fn between(base: Option<&Ratchet>, head: &Ratchet) -> Self {
        match (base, head) {
            (_, Ratchet::Tight | Ratchet::NotApplicable) | (Some(Ratchet::Loose | Ratchet::NotApplicable), _) => {
                Self::LetBe
            }
            (None, Ratchet::Loose) => Self::NewAndLoose,
            (Some(Ratchet::Tight), Ratchet::Loose) => Self::Loosened,
            (Some(Ratchet::Undecided(in_base)), Ratchet::Undecided(in_head)) if in_base.message == in_head.message => {
                Self::LetBe
            }
            (_, Ratchet::Undecided(cause)) => Self::UndecidedInHead(cause.clone()),
            (Some(Ratchet::Undecided(cause)), Ratchet::Loose) => Self::UndecidedInBase(cause.clone()),
        }
    }
}

/// A question about an attribute of head that can't be decided, in words for a report.
pub(super) fn undecided(
    base: Option<&Values>,
    head: &Values,
    attribute: &Attribute,
    question: &'static str,
    reason: String,
) -> Undecided {
    // where the value itself is unknown, so is all that depends on it
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

/// Whether an attribute of head is new, or not what it is in base: written in other words, or with other answers.
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

/// Whether the package directory of an attribute, or its definition and what that calls, is not as it is in base.
pub(super) fn is_rewritten(base: &Values, head: &Values, attribute: &Attribute) -> bool {
    let Some(in_base) = base.attributes.get(attribute.name) else {
        return true;
    };
    match (attribute.package, in_base.package) {
        (Some(ours), Some(theirs)) => !same_content((head.tree(), ours), (base.tree(), theirs)),
        (None, None) => match (&attribute.definition, &in_base.definition) {
            (Some(ours), Some(theirs)) => !is_same_definition(head, ours, base, theirs),
            (ours, theirs) => ours.is_some() || theirs.is_some(),
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
        (Some(ours), Some(theirs)) => same_content((head.tree(), ours), (base.tree(), theirs)),
        (ours, theirs) => ours.is_none() && theirs.is_none(),
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
                assert_eq!(Change::between(base.as_ref(), &head), Change::LetBe);
            }
        }
        for head in [Loose, undecided("head")] {
            for base in [Loose, NotApplicable] {
                assert_eq!(Change::between(Some(&base), &head), Change::LetBe);
            }
        }
        assert_eq!(Change::between(None, &Loose), Change::NewAndLoose);
        assert_eq!(Change::between(Some(&Tight), &Loose), Change::Loosened);
        for base in [None, Some(Tight), Some(undecided("base"))] {
            assert_eq!(
                Change::between(base.as_ref(), &undecided("head")),
                Change::UndecidedInHead(cause("head"))
            );
        }
        assert_eq!(
            Change::between(Some(&undecided("base")), &Loose),
            Change::UndecidedInBase(cause("base"))
        );
    }

    #[test]
    fn what_base_leaves_undecided_for_the_same_reason_is_let_be() {
        let undecided = Ratchet::Undecided(EvaluationReason {
            message: "the same".into(),
            location: None,
        });
        assert_eq!(Change::between(Some(&undecided), &undecided), Change::LetBe);
    }
}
