//! Searching for a pattern, in time proportional to the text, whatever the pattern.
//!
//! A lazy DFA finds matches; where its states would take too much memory, the pattern is too large.  What groups hold
//! is asked only of the text that matched.

use std::cell::{Cell, OnceCell};
use std::ops::Range;

use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::meta;
use regex_automata::nfa::thompson::{Config, WhichCaptures};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};

use super::posix::Translated;

/// How many bytes an automaton may have before one of its states is made.
const MOST_BYTES: usize = 1 << 18;

/// How many bytes the states of one automaton may take.
const MOST_STATE_BYTES: usize = 1 << 20;

/// How many groups a pattern may have.
const MOST_GROUPS: usize = 64;

/// A search that would take too much; so will all others with this pattern.
pub(super) struct TooLarge;

/// What searches took.
#[derive(Default)]
pub(super) struct SearchCost {
    /// Bytes of text that were read.
    pub read: usize,
    /// Bytes of memory that are held from now on.
    pub held: usize,
}

/// What a search found.
pub(super) enum SearchResult {
    Nothing,
    Match(Range<usize>),
    /// A match that libstdc++ may end elsewhere.
    Unsure,
}

/// What each group holds.
pub(super) type Spans = Vec<Option<Range<usize>>>;

/// A pattern, of which what a search needs is built when it is asked for.
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

    /// Whether what groups hold depends on more than the pattern.
    pub(super) fn has_unsure_groups(&self) -> bool {
        self.pattern.unsure_groups
    }

    /// Whether the text as a whole matches.
    pub(super) fn matches(&self, text: &str, work: &mut SearchCost) -> Result<bool, TooLarge> {
        let automaton = made(&self.whole, || {
            Automaton::new(&self.pattern.text, MatchKind::All, false)
        })?;
        let end = automaton.end(text, 0, Anchored::Yes, work)?;
        Ok(end == Some(text.len()))
    }

    /// The first match that begins at this byte or later.
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
            // among repetitions, the longest match need not be the one that libstdc++ finds
            Some(longer) if !self.pattern.repetition => SearchResult::Match(start..longer),
            _ => SearchResult::Unsure,
        })
    }

    /// What the groups hold of a match; none where that is not sure.  `whole`: of a match of the whole text.
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

    /// Counts what [`groups`](Self::groups) takes for a match of so many bytes, for each of which all states of the
    /// pattern may have to be kept in mind.
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
    /// Where there may be more than one match at a place, finds the longest.
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
    /// Bytes that were counted already.
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
                    // which is known one byte later
                    end = Some(at);
                } else if state.is_dead() {
                    return Ok(end);
                }
            }
            let state = dfa.next_eoi_state(states, state).map_err(|_| TooLarge)?;
            Ok(if state.is_match() { Some(text.len()) } else { end })
        })
    }

    /// The start of the match that ends where the range does.
    fn start(&self, text: &str, range: Range<usize>, work: &mut SearchCost) -> Result<Option<usize>, TooLarge> {
        self.search(work, |dfa, states, work| {
            work.read += range.len();
            let input = Input::new(text).span(range).anchored(Anchored::Yes);
            let found = dfa.try_search_rev(states, &input).map_err(|_| TooLarge)?;
            Ok(found.map(|found| found.offset()))
        })
    }

    /// Lends out the states, and counts those that were made.
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

/// Patterns are of bytes, and `.` is any of them.
fn bytes() -> syntax::Config {
    syntax::Config::new()
        .unicode(false)
        .utf8(false)
        .dot_matches_new_line(true)
}
