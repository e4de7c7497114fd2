//! Any tree can be checked with any base, and the report does not depend on the number of threads.

#![no_main]

use std::num::NonZeroUsize;

use byname::check::{self, Options, Report};
use byname::report::{github, json, jsonl, markdown, sarif, text};
use byname_fuzz::{Trees, remember, walk};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    remember("whole_tree", text);
    let Some(trees) = Trees::parse(text) else { return };
    walk(&trees.head);
    let [one, two] = [1, 2].map(|jobs| report(&trees, jobs));
    match (one, two) {
        (Ok(one), Ok(two)) => {
            assert_eq!(format!("{one:#?}"), format!("{two:#?}"));
            show(&one);
        }
        (Err(one), Err(two)) => assert_eq!(one, two),
        (one, two) => panic!("one thread: {one:?}; two: {two:?}"),
    }
});

fn report(trees: &Trees, jobs: usize) -> Result<Report, String> {
    let options = Options {
        jobs: NonZeroUsize::new(jobs),
        ..Options::default()
    };
    check::check(&trees.head, trees.base.as_ref(), &options).map_err(|error| error.to_string())
}

/// Writes the report in every format.
fn show(report: &Report) {
    let mut out = Vec::new();
    json::write(&mut out, report).expect("it is written to memory");
    jsonl::write(&mut out, report).expect("it is written to memory");
    sarif::write(&mut out, report).expect("it is written to memory");
    let page = markdown::PageLayout {
        limit: 10_000,
        blob: None,
    };
    markdown::write(&mut out, report, &page).expect("it is written to memory");
    github::write(&mut out, report).expect("it is written to memory");
    let terminal = text::TextLayout {
        width: Some(80),
        color: false,
        hyperlinks: false,
        quiet: false,
        all: true,
    };
    text::write(&mut out, report, None, &terminal).expect("it is written to memory");
    String::from_utf8(out).expect("formats are text");
}
