//! Ratchets: what base already had is let be.

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
    Undecided(String),
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
    /// It may be either, for this reason.
    Undecided(String),
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
            (_, Ratchet::Undecided(reason)) | (Some(Ratchet::Undecided(reason)), Ratchet::Loose) => {
                Self::Undecided(reason.clone())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_becomes_loose_is_spoken_of() {
        use Ratchet::{Loose, NotApplicable, Tight};
        let undecided = |reason: &str| Ratchet::Undecided(reason.into());
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
        assert_eq!(
            Change::between(None, &undecided("head")),
            Change::Undecided("head".into())
        );
        assert_eq!(
            Change::between(Some(&Tight), &undecided("head")),
            Change::Undecided("head".into())
        );
        assert_eq!(
            Change::between(Some(&undecided("base")), &Loose),
            Change::Undecided("base".into())
        );
    }
}
