//! What a builder sees: the ratchets on `strictDeps`, NPV-164 and 165, and on `__structuredAttrs`, NPV-166 and 167.

use super::place::path;
use super::ratchet::{Change, Ratchet, Values, is_rewritten, undecided};
use super::{Finding, Rule, Undecided};
use crate::nixpkgs::{Answer, Attribute};
use crate::tree::{Kind, Resolved};

/// An argument of builders that every package should set.
struct Setting {
    /// As it is written.
    name: &'static str,
    question: &'static str,
    answer: fn(&Attribute) -> &Answer<bool>,
    /// The rule on new packages.
    new: &'static Rule,
    /// The rule on packages that had it.
    dropped: &'static Rule,
    why: &'static str,
}

const SETTINGS: [Setting; 2] = [
    Setting {
        name: "strictDeps",
        question: "strict_deps",
        answer: |attribute| &attribute.strict_deps,
        new: Rule::NPV_164,
        dropped: Rule::NPV_165,
        why: "Without `strictDeps`, a native build finds programs in `buildInputs` and libraries in `nativeBuildInputs`, and what \
              builds by such luck fails when it is cross-compiled.",
    },
    Setting {
        name: "__structuredAttrs",
        question: "structured_attrs",
        answer: |attribute| &attribute.structured_attrs,
        new: Rule::NPV_166,
        dropped: Rule::NPV_167,
        why: "Without `__structuredAttrs`, lists and sets reach the builder as strings split at spaces, and an argument with a space in it \
              comes apart.",
    },
];

/// The ratchets of both settings between two trees.
pub fn compare(base: &Values, head: &Values) -> (Vec<Finding>, Vec<Undecided>) {
    let (mut findings, mut undecided) = (Vec::new(), Vec::new());
    for attribute in head.attributes.iter() {
        for setting in &SETTINGS {
            setting.judge(base, head, attribute, &mut findings, &mut undecided);
        }
    }
    (findings, undecided)
}

/// Whether what base has matters to one of the settings of an attribute of head.
pub fn asks_for_base(attribute: &Attribute) -> bool {
    SETTINGS
        .iter()
        .any(|setting| setting.ratchet(attribute).asks_for_base())
}

impl Setting {
    /// How an attribute stands to the ratchet, which is asked of derivations with a place to stand.
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

    fn judge(
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
        match Change::between(in_base.as_ref(), &in_head) {
            Change::LetBe => {}
            Change::NewAndLoose => findings.extend(self.new_and_loose(head, attribute)),
            Change::Loosened => findings.extend(self.loosened(base, head, attribute)),
            Change::UndecidedInHead(cause) => undecided(cause.describe(head.files)),
            Change::UndecidedInBase(cause) => undecided(format!("in base: {}", cause.describe(base.files))),
        }
    }

    fn new_and_loose(&self, head: &Values, attribute: &Attribute) -> Option<Finding> {
        let Self { name, why, .. } = self;
        let attr = attribute.name;
        let message = format!("`{attr}` is new, and its builder does not see `{name}` as true. {why}");
        let place = place_of_builder(head, attribute);
        let help = format!(
            "Add `{name} = true;` to what its builder, such as `stdenv.mkDerivation`, gets{place}; in `passthru` or behind `//` it \
             counts for nothing."
        );
        finding(self.new, head, attribute, message, help)
    }

    fn loosened(&self, base: &Values, head: &Values, attribute: &Attribute) -> Option<Finding> {
        let Self { name, why, .. } = self;
        let attr = attribute.name;
        let place = place_of_builder(head, attribute);
        let (cause, help) = if is_rewritten(base, head, attribute) {
            (
                "",
                format!(
                    "Keep `{name} = true;` in what its builder, such as `stdenv.mkDerivation`, gets{place}; in `passthru` or behind `//` \
                     it counts for nothing. Another builder may not set it by default, as the one before did."
                ),
            )
        } else {
            (
                " Its own files are as they were: what changed is something that it uses, such as its builder.",
                format!(
                    "Give the builder its default back, or set `{name} = true;` in the packages that relied on it: here, in what \
                     its builder gets{place}."
                ),
            )
        };
        let message = format!("`{attr}` had `{name}`, and its builder does not see it as true any more.{cause} {why}");
        finding(self.dropped, head, attribute, message, help)
    }
}

fn finding(
    rule: &'static Rule,
    head: &Values,
    attribute: &Attribute,
    message: String,
    help: String,
) -> Option<Finding> {
    let place = head.place(attribute)?;
    Some(
        Finding::new(rule, place, message)
            .about(attribute.name.to_string())
            .with_help(help),
    )
}

/// Where the builder of an attribute is called, as words to end a sentence with, as far as that is plain.
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
