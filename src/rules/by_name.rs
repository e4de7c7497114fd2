//! The by-name ratchet, NPV-160 and 162: packages are defined in `pkgs/by-name`.

use super::commands::{self, Command};
use super::ratchet::{Ratchet, Transition, Values, undecided};
use super::{Finding, Place, Rule, Undecided};
use crate::nix::Symbol;
use crate::nixpkgs::{Answer, Argument, Attribute, BY_NAME, Call, shard_of};
use crate::tree::{Kind, Resolved, Tree};

/// The by-name ratchet between two trees: NPV-160 and 162.
pub fn compare(base: &Values, head: &Values) -> (Vec<Finding>, Vec<Undecided>) {
    let (mut findings, mut open) = (Vec::new(), Vec::new());
    for attribute in head.attributes.iter() {
        let in_head = in_head(head, attribute);
        if !in_head.asks_for_base() {
            continue;
        }
        let in_base = Ratchet::in_base(base, attribute.name, in_base);
        let mut undecided = |reason| open.push(undecided(Some(base), head, attribute, "should_be_by_name", reason));
        match Transition::between(in_base.as_ref(), &in_head) {
            Transition::Allowed => {}
            Transition::Loosened => findings.extend(moved_out(head, attribute)),
            Transition::NewAndLoose => findings.extend(new(head, attribute)),
            Transition::UndecidedInHead(cause) => undecided(cause.describe(head.files)),
            Transition::UndecidedInBase(cause) => undecided(format!("in base: {}", cause.describe(base.files))),
        }
    }
    (findings, open)
}

/// Whether the state of base matters to the ratchet for this attribute of head.
#[must_use]
pub fn asks_for_base(head: &Values, attribute: &Attribute) -> bool {
    in_head(head, attribute).asks_for_base()
}

fn in_head(head: &Values, attribute: &Attribute) -> Ratchet {
    if attribute.package.is_some() {
        return Ratchet::Tight;
    }
    match attribute.should_be_by_name(head.files) {
        Answer::Known(true) => Ratchet::Loose,
        Answer::Known(false) | Answer::NotAsked => Ratchet::NotApplicable,
        Answer::Undecided(cause) => Ratchet::Undecided(cause),
    }
}

/// Loose in base and not applicable come to the same: both are left alone.
fn in_base(attribute: &Attribute) -> Ratchet {
    match attribute.package {
        Some(_) => Ratchet::Tight,
        None => Ratchet::NotApplicable,
    }
}

fn moved_out(head: &Values, attribute: &Attribute) -> Option<Finding> {
    let place = head.place(attribute)?;
    let title = format!(
        "`{}` was in `{}`, and is now defined in `{}`",
        attribute.name,
        directory_of(attribute.name),
        place.path
    );
    let reason = "A definition in a long list is hard to find, and changes to it conflict with other changes.";
    finding(Rule::NPV_160, head, attribute, place, title, reason)
}

fn new(head: &Values, attribute: &Attribute) -> Option<Finding> {
    let place = head.place(attribute)?;
    let title = format!("new package `{}` is defined in `{}`", attribute.name, place.path);
    let reason = format!("New packages belong in `{BY_NAME}`, where they need no entry in any list.");
    finding(Rule::NPV_162, head, attribute, place, title, &reason)
}

fn finding(
    rule: &'static Rule,
    head: &Values,
    attribute: &Attribute,
    place: Place,
    title: String,
    reason: &str,
) -> Option<Finding> {
    Some(
        Finding::new(rule, place, title)
            .about(attribute.name.to_string())
            .because(reason)
            .with_help(move_in(head.tree(), attribute.name, attribute.call()?)),
    )
}

/// The path that an attribute's package directory has, or would have.
fn directory_of(attribute: Symbol) -> String {
    format!("{BY_NAME}/{}/{attribute}", shard_of(attribute.name().into()))
}

/// A sentence that says how to move what is called into a package directory.
fn move_in(tree: &Tree, attribute: Symbol, call: &Call) -> String {
    let to = directory_of(attribute);
    let moved = match call.argument {
        Argument::Path(Resolved::Node(id)) if id != tree.root() => {
            let renamed = match (tree.kind(id), tree.child(id, "default.nix".into())) {
                (Kind::Directory, Some(default)) => {
                    let [from, to] = ["default.nix", "package.nix"].map(|name| format!("{to}/{name}"));
                    let rename = commands::renamed(tree, default, from.as_str().into(), to.as_str().into());
                    format!(" && {rename}")
                }
                _ => String::new(),
            };
            let to = match tree.kind(id) {
                Kind::Directory => to,
                _ => format!("{to}/package.nix"),
            };
            let to = to.as_str().into();
            format!("Move it: `{}{renamed}`", Command::Move { node: id, to }.shell(tree))
        }
        _ => format!("Put the function that is called here into `{to}/package.nix`"),
    };
    let arguments = if call.is_plain {
        ""
    } else {
        ", turn the arguments that this definition passes into defaults of the function"
    };
    format!("{moved}{arguments}, and delete this definition.")
}
