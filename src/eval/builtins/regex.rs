//! Searching for a pattern, in time proportional to the text, whatever the pattern.
//!
//! A lazy DFA finds matches. If its states would take too much memory, the pattern is too large. Groups are only
//! determined in the text that matched.

use std::cell::{Cell, OnceCell};
use std::ops::Range;

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::meta;
use regex_automata::nfa::thompson::{Config, WhichCaptures};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};

use super::posix::Translated;

/// The maximal size of an automaton in bytes before any of its states is made.
const MOST_BYTES: usize = 1 << 18;

/// The maximal size of the states of one automaton in bytes.
const MOST_STATE_BYTES: usize = 1 << 20;

/// The maximal number of groups in a pattern.
const MOST_GROUPS: usize = 64;

/// The search would take too much, as will all others for this pattern.
pub(super) struct TooLarge;

/// The cost of searches.
#[derive(Default)]
pub(super) struct SearchCost {
    /// How many bytes of text were read.
    pub read: usize,
    /// How many bytes of memory are used from now on.
    pub held: usize,
}

/// The result of a search.
pub(super) enum SearchResult {
    Nothing,
    Match(Range<usize>),
    /// A match that may end elsewhere in libstdc++.
    Unsure,
}

/// What each group matched.
pub(super) type Spans = Vec<Option<Range<usize>>>;

/// A pattern. What a search needs is built when it is first needed.
pub struct Regex {
    pattern: Translated,
    whole: OnceCell<Automaton>,
    whole_groups: OnceCell<meta::Regex>,
    part: OnceCell<Finder>,
    part_groups: OnceCell<meta::Regex>,
}

impl Regex {
    pub(super) fn new(pattern: Translated) -> Self {
        Self {
            pattern,
            whole: OnceCell::new(),
            whole_groups: OnceCell::new(),
            part: OnceCell::new(),
            part_groups: OnceCell::new(),
        }
    }

    /// Whether what groups match depends on more than the pattern.
    pub(super) fn has_unsure_groups(&self) -> bool {
        self.pattern.unsure_groups
    }

    /// Whether the whole text matches.
    pub(super) fn matches(&self, text: &str, work: &mut SearchCost) -> Result<bool, TooLarge> {
        let automaton = made(&self.whole, || {
            Automaton::new(&self.pattern.text, MatchKind::All, false)
        })?;
        let end = automaton.end(text, 0, Anchored::Yes, work)?;
        Ok(end == Some(text.len()))
    }

    /// The first match that begins at byte `from` or later.
    pub(super) fn find(&self, text: &str, from: usize, work: &mut SearchCost) -> Result<SearchResult, TooLarge> {
        let finder = made(&self.part, || Finder::new(&self.pattern))?;
        let Some(end) = finder.forward.end(text, from, Anchored::No, work)? else {
            return Ok(SearchResult::Nothing);
        };
        let Some(start) = finder.backward.start(text, from..end, work)? else {
            return Ok(SearchResult::Nothing);
        };
        let Some(longest) = &finder.longest else {
            return Ok(SearchResult::Match(start..end));
        };
        Ok(match longest.end(text, start, Anchored::Yes, work)? {
            Some(longer) if longer == end => SearchResult::Match(start..end),
            // with repetitions, the longest match need not be the one that libstdc++ finds
            Some(longer) if !self.pattern.repetition => SearchResult::Match(start..longer),
            _ => SearchResult::Unsure,
        })
    }

    /// What the groups of a match matched; `None` if that is uncertain. `whole`: whether the match is of the whole
    /// text.
    pub(super) fn groups(&self, text: &str, found: Range<usize>, whole: bool) -> Result<Option<Spans>, TooLarge> {
        if self.pattern.groups == 0 {
            return Ok(Some(Vec::new()));
        }
        let regex = self.group_finder(whole)?;
        let mut captures = regex.create_captures();
        regex.captures(
            Input::new(text).span(found.clone()).anchored(Anchored::Yes),
            &mut captures,
        );
        let same = captures.get_match().is_some_and(|matched| matched.range() == found);
        let spans = captures.iter().skip(1).map(|span| span.map(|span| span.range()));
        Ok(same.then(|| spans.collect()))
    }

    /// Counts the cost of [`groups`](Self::groups) for a match of this many bytes: for each, all states of the pattern
    /// may have to be followed.
    pub(super) fn count_groups(&self, bytes: usize, whole: bool, work: &mut SearchCost) -> Result<(), TooLarge> {
        const BYTES_PER_STATE: usize = 48;
        if self.pattern.groups == 0 {
            return Ok(());
        }
        let place = if whole { &self.whole_groups } else { &self.part_groups };
        let new = place.get().is_none();
        let size = self.group_finder(whole)?.memory_usage();
        let states = size / BYTES_PER_STATE;
        work.read += bytes.saturating_mul(states);
        if new {
            work.held += size + states * self.pattern.groups * size_of::<Range<usize>>();
        }
        Ok(())
    }

    fn group_finder(&self, whole: bool) -> Result<&meta::Regex, TooLarge> {
        let text = &self.pattern.text;
        let (place, text) = match whole {
            true => (&self.whole_groups, format!("^(?:{text})$")),
            false => (&self.part_groups, text.clone()),
        };
        made(place, || {
            if self.pattern.groups > MOST_GROUPS {
                return Err(TooLarge);
            }
            let config = meta::Regex::config()
                .utf8_empty(false)
                .nfa_size_limit(Some(MOST_BYTES))
                .hybrid(false)
                .dfa(false)
                .auto_prefilter(false);
            let regex = meta::Regex::builder().configure(config).syntax(bytes()).build(&text);
            regex.map_err(|_| TooLarge)
        })
    }
}

fn made<T>(place: &OnceCell<T>, make: impl FnOnce() -> Result<T, TooLarge>) -> Result<&T, TooLarge> {
    match place.get() {
        Some(made) => Ok(made),
        None => {
            let made = make()?;
            Ok(place.get_or_init(|| made))
        }
    }
}

struct Finder {
    forward: Automaton,
    /// Runs from the end of a match to its start.
    backward: Automaton,
    /// Finds the longest match, if there may be several at one place.
    longest: Option<Automaton>,
}

impl Finder {
    fn new(pattern: &Translated) -> Result<Self, TooLarge> {
        let text = &pattern.text;
        Ok(Self {
            forward: Automaton::new(text, MatchKind::LeftmostFirst, false)?,
            backward: Automaton::new(text, MatchKind::All, true)?,
            longest: match pattern.alternation {
                true => Some(Automaton::new(text, MatchKind::All, false)?),
                false => None,
            },
        })
    }
}

/// A lazy DFA.
struct Automaton {
    dfa: DFA,
    states: Cell<Option<Box<Cache>>>,
    /// The bytes that are already counted.
    counted: Cell<usize>,
}

impl Automaton {
    fn new(text: &str, kind: MatchKind, reverse: bool) -> Result<Self, TooLarge> {
        let config = DFA::config()
            .match_kind(kind)
            .cache_capacity(MOST_STATE_BYTES)
            .minimum_cache_clear_count(Some(1));
        let nfa = Config::new()
            .utf8(false)
            .reverse(reverse)
            .nfa_size_limit(Some(MOST_BYTES))
            .which_captures(WhichCaptures::None);
        let dfa = DFA::builder()
            .configure(config)
            .syntax(bytes())
            .thompson(nfa)
            .build(text)
            .map_err(|_| TooLarge)?;
        Ok(Self {
            states: Cell::new(Some(Box::new(dfa.create_cache()))),
            dfa,
            counted: Cell::new(0),
        })
    }

    /// The end of the match that the automaton prefers.
    fn end(
        &self,
        text: &str,
        from: usize,
        anchored: Anchored,
        work: &mut SearchCost,
    ) -> Result<Option<usize>, TooLarge> {
        self.search(work, |dfa, states, work| {
            let input = Input::new(text).range(from..).anchored(anchored);
            let mut state = dfa.start_state_forward(states, &input).map_err(|_| TooLarge)?;
            let mut end = None;
            for (at, byte) in text.bytes().enumerate().skip(from) {
                state = dfa.next_state(states, state, byte).map_err(|_| TooLarge)?;
                work.read += 1;
                if state.is_match() {
                    // the automaton reports a match one byte later
                    end = Some(at);
                } else if state.is_dead() {
                    return Ok(end);
                }
            }
            let state = dfa.next_eoi_state(states, state).map_err(|_| TooLarge)?;
            Ok(if state.is_match() { Some(text.len()) } else { end })
        })
    }

    /// The start of the match that ends at the end of the range.
    fn start(&self, text: &str, range: Range<usize>, work: &mut SearchCost) -> Result<Option<usize>, TooLarge> {
        self.search(work, |dfa, states, work| {
            work.read += range.len();
            let input = Input::new(text).span(range).anchored(Anchored::Yes);
            let found = dfa.try_search_rev(states, &input).map_err(|_| TooLarge)?;
            Ok(found.map(|found| found.offset()))
        })
    }

    /// Runs a search with the automaton's states, and counts the new ones.
    fn search<T>(
        &self,
        work: &mut SearchCost,
        search: impl FnOnce(&DFA, &mut Cache, &mut SearchCost) -> Result<T, TooLarge>,
    ) -> Result<T, TooLarge> {
        let mut states = self.states.take().ok_or(TooLarge)?;
        let result = search(&self.dfa, &mut states, work);
        let bytes = self.dfa.memory_usage() + states.memory_usage();
        work.held += bytes.saturating_sub(self.counted.get());
        self.counted.set(self.counted.get().max(bytes));
        self.states.set(Some(states));
        result
    }
}

/// Patterns consist of bytes, and `.` matches any byte.
fn bytes() -> syntax::Config {
    syntax::Config::new()
        .unicode(false)
        .utf8(false)
        .dot_matches_new_line(true)
}
