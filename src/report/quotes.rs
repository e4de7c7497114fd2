//! The source that a story is about, as snippets for the renderer.

use annotate_snippets::{Annotation, AnnotationKind, Snippet};

use crate::report::grouping::Story;
use crate::report::printable::printable_line;
use crate::report::quote::quote;
use crate::rules::{Excerpt, Place};

/// How many of a story's repeats are quoted.
const QUOTED_REPEATS: usize = 4;

/// A part of the source, and the places in it to mark.
pub(super) struct Quoted<'a> {
    excerpt: &'a Excerpt,
    places: Vec<&'a Place>,
}

impl Quoted<'_> {
    /// The number of digits of its line numbers.
    pub fn gutter(&self) -> usize {
        let last_line = self.excerpt.first_line as usize + self.excerpt.text.matches('\n').count();
        last_line.to_string().len()
    }

    fn snippet<'s>(&self) -> Snippet<'s, Annotation<'s>> {
        let spans = self.places.iter().filter_map(|place| place.span);
        let quotes: Vec<_> = spans.map(|span| quote(self.excerpt, &span)).collect();
        let text = quotes.first().map(|quote| quote.text.clone()).unwrap_or_default();
        let marks = quotes
            .into_iter()
            .map(|quote| AnnotationKind::Primary.span(quote.marked));
        Snippet::source(text)
            .line_start(self.excerpt.first_line as usize)
            .annotations(marks)
    }
}

/// The source to quote, and the places of repeats that are not quoted.
pub(super) fn quotes<'a>(story: &Story<'a>) -> (Vec<Quoted<'a>>, Vec<&'a Place>) {
    let mut quoted: Vec<Quoted<'a>> = Vec::new();
    let mut unquoted = Vec::new();
    let lead = &story.lead().place;
    quoted.extend(lead.excerpt.as_ref().map(|excerpt| Quoted {
        excerpt,
        places: story.findings.iter().map(|finding| &finding.place).collect(),
    }));
    for repeat in &story.repeats {
        let place = &repeat.place;
        let Some(excerpt) = &place.excerpt else {
            unquoted.push(place);
            continue;
        };
        if let Some(same) = quoted.iter_mut().find(|quoted| quoted.excerpt == excerpt) {
            same.places.push(place);
        } else if quoted.len() <= QUOTED_REPEATS && excerpt.first_column == 1 {
            let places = vec![place];
            quoted.push(Quoted { excerpt, places });
        } else {
            // If a quote is cut, the renderer would name the column in the quote, and not the one in the file.
            unquoted.push(place);
        }
    }
    (quoted, unquoted)
}

/// The snippets of these quotes.  Each names its path, except for the first, which comes after a line that does.
pub(super) fn snippets<'s>(quoted: &[Quoted<'_>], place: &Place) -> impl Iterator<Item = Snippet<'s, Annotation<'s>>> {
    let path = printable_line(&place.path);
    quoted.iter().enumerate().map(move |(index, quoted)| {
        let path = (index > 0).then(|| path.clone().into_owned());
        quoted.snippet().path(path)
    })
}
