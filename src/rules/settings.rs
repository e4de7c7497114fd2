//! Settings of builders: the ratchets on `strictDeps`, NPV-164 and 165, and on `__structuredAttrs`, NPV-166 and 167.

use super::place::path;
use super::ratchet::{Ratchet, Transition, Values, is_rewritten, undecided};
use super::{Finding, Rule, Undecided};
use crate::nixpkgs::{Answer, Attribute};
use crate::tree::{Kind, Resolved};

/// An argument of builders that every package should set.
struct BuilderSetting {
    /// As it is written.
    name: &'static str,
    question: &'static str,
    answer: fn(&Attribute) -> &Answer<bool>,
    /// The rule on new packages.
    new: &'static Rule,
    /// The rule on packages that had it.
    dropped: &'static Rule,
    /// Why a package should set it.
    reason: &'static str,
}

const SETTINGS: [BuilderSetting; 2] = [
    BuilderSetting {
        name: "strictDeps",
        question: "strict_deps",
        answer: |attribute| &attribute.strict_deps,
        new: Rule::NPV_164,
        dropped: Rule::NPV_165,
        reason: "Without `strictDeps`, a native build also finds programs in `buildInputs` and libraries in \
                 `nativeBuildInputs`; packages that only work because of this fail to cross-compile.",
    },
    BuilderSetting {
        name: "__structuredAttrs",
        question: "structured_attrs",
        answer: |attribute| &attribute.structured_attrs,
        new: Rule::NPV_166,
        dropped: Rule::NPV_167,
        reason: "Without `__structuredAttrs`, lists and sets reach the builder as strings that are split at spaces; an \
                 argument containing a space is split too.",
    },
];

/// The end of a sentence about settings that have no effect.
const ELSEWHERE: &str = "setting it in `passthru` or with `//` has no effect";

/// The ratchets of both settings between two trees.
#[must_use]
pub fn compare(base: &Values, head: &Values) -> (Vec<Finding>, Vec<Undecided>) {
    let (mut findings, mut undecided) = (Vec::new(), Vec::new());
    for attribute in head.attributes.iter() {
        for setting in &SETTINGS {
            setting.check(base, head, attribute, &mut findings, &mut undecided);
        }
    }
    (findings, undecided)
}

/// Whether the state of base matters to one of the settings of this attribute of head.
#[must_use]
pub fn asks_for_base(attribute: &Attribute) -> bool {
    SETTINGS
        .iter()
        .any(|setting| setting.ratchet(attribute).asks_for_base())
}

impl BuilderSetting {
    /// The state of an attribute, which is known only for derivations that have a place to report.
    fn ratchet(&self, attribute: &Attribute) -> Ratchet {
        if attribute.package.is_none() && attribute.definition.is_none() {
            return Ratchet::NotApplicable;
        }
        match (self.answer)(attribute) {
            Answer::Known(true) => Ratchet::Tight,
            Answer::Known(false) => Ratchet::Loose,
            Answer::NotAsked => Ratchet::NotApplicable,
            Answer::Undecided(cause) => Ratchet::Undecided(cause.clone()),
        }
    }

    fn check(
        &self,
        base: &Values,
        head: &Values,
        attribute: &Attribute,
        findings: &mut Vec<Finding>,
        open: &mut Vec<Undecided>,
    ) {
        let in_head = self.ratchet(attribute);
        if !in_head.asks_for_base() {
            return;
        }
        let in_base = Ratchet::in_base(base, attribute.name, |attribute| self.ratchet(attribute));
        let mut undecided = |reason| open.push(undecided(Some(base), head, attribute, self.question, reason));
        match Transition::between(in_base.as_ref(), &in_head) {
            Transition::Allowed => {}
            Transition::NewAndLoose => findings.extend(self.new_and_loose(head, attribute)),
            Transition::Loosened => findings.extend(self.loosened(base, head, attribute)),
            Transition::UndecidedInHead(cause) => undecided(cause.describe(head.files)),
            Transition::UndecidedInBase(cause) => undecided(format!("in base: {}", cause.describe(base.files))),
        }
    }

    fn new_and_loose(&self, head: &Values, attribute: &Attribute) -> Option<Finding> {
        let name = self.name;
        let title = format!("new package `{}` does not set `{name} = true`", attribute.name);
        let help = format!(
            "Add `{name} = true;` to the `mkDerivation` call, or the call of another builder,{}; {ELSEWHERE}.",
            place_of_builder(head, attribute)
        );
        finding(self.new, head, attribute, title, self.reason, help)
    }

    fn loosened(&self, base: &Values, head: &Values, attribute: &Attribute) -> Option<Finding> {
        let Self { name, reason, .. } = *self;
        let title = format!("`{}` had `{name} = true`, and no longer does", attribute.name);
        let place = place_of_builder(head, attribute);
        if is_rewritten(base, head, attribute) {
            let help = format!(
                "Set `{name} = true;` in the `mkDerivation` call, or the call of another builder,{place}; {ELSEWHERE}. If the \
                 package now uses another builder, the previous one may have set it by default."
            );
            return finding(self.dropped, head, attribute, title, reason, help);
        }
        let reason = format!(
            "The package's own files did not change, but something that it uses did, such as its builder. {reason}"
        );
        let help = format!(
            "Restore the default of the builder, or set `{name} = true;` in the packages that relied on it: for this one, in \
             the call of its builder{place}."
        );
        finding(self.dropped, head, attribute, title, &reason, help)
    }
}

fn finding(
    rule: &'static Rule,
    head: &Values,
    attribute: &Attribute,
    title: String,
    reason: &str,
    help: String,
) -> Option<Finding> {
    let place = head.place(attribute)?;
    Some(
        Finding::new(rule, place, title)
            .about(attribute.name.to_string())
            .because(reason)
            .with_help(help),
    )
}

/// The file that calls the builder of an attribute, as the end of a sentence; empty if that is not certain.
fn place_of_builder(head: &Values, attribute: &Attribute) -> String {
    let tree = head.tree();
    let called = attribute.definition.as_ref().and_then(|definition| definition.called());
    match (attribute.package, called) {
        (Some(package), _) => format!(" in `{}/package.nix`", path(tree, package)),
        (None, Some(Resolved::Node(id))) if id != tree.root() => match tree.kind(id) {
            Kind::Directory => format!(" in `{}/default.nix`", path(tree, id)),
            _ => format!(" in `{}`", path(tree, id)),
        },
        _ => String::new(),
    }
}
