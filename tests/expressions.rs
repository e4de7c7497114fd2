//! Properties of every expression: it is parsed as rnix parses it, and its evaluation ends.

mod generated;

use byname::eval::{Eval, Heap, Limits};
use byname::nix::File;
use byname::nixpkgs::{Files, World};
use byname::tree::MemoryTree;
use proptest::prelude::*;

use generated::{bound, expression, soup};

/// Evaluates an expression, as deep as it goes, within small limits.
fn evaluate(text: &str) {
    let tree = MemoryTree::new()
        .file("this.nix", text)
        .file("a.nix", "[ ./this.nix (import ./this.nix) ]")
        .build("generated")
        .unwrap();
    let files = Files::new(&tree);
    let world = World::new(&files);
    let heap = Heap::new();
    let limits = Limits {
        steps: 20_000,
        depth: 200,
        bytes: 4 << 20,
    };
    let eval = Eval::new(&heap, &world, limits);
    eval.refresh();
    if let Ok(value) = eval.import("/nixpkgs/this.nix") {
        let _ = eval.print(eval.done(value));
    }
}

fn ours_accepts(text: &str) -> bool {
    File::parse(text.to_owned()).is_ok()
}

fn rnix_accepts(text: &str) -> bool {
    rnix::Root::parse(text).errors().is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn evaluation_ends(text in expression()) {
        evaluate(&bound(&text));
    }

    #[test]
    fn a_parser_takes_anything(text in soup()) {
        if let Ok(file) = File::parse(text.clone()) {
            file.scopes();
            evaluate(&text);
        }
    }

    #[test]
    fn well_formed_expressions_are_read(text in expression()) {
        let text = bound(&text);
        prop_assert!(ours_accepts(&text) && rnix_accepts(&text));
    }

    // Not the other way round: rnix overlooks some errors.  And it rejects a negation behind an operator, as in `1 - !x`,
    // which Nix reads.
    #[test]
    fn what_rnix_rejects_is_rejected(text in soup()) {
        let negates = text.replace("!=", "").contains('!');
        prop_assert!(negates || rnix_accepts(&text) || !ours_accepts(&text));
    }
}
