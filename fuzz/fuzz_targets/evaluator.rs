//! Evaluation of any expression ends within its limits, and gives the same result each time.

#![no_main]

use byname::eval::{ErrorOrUnknown, Eval, Heap, Limits};
use byname::nixpkgs::{Files, World};
use byname::tree::MemoryTree;
use byname_fuzz::remember;
use libfuzzer_sys::fuzz_target;

/// Many steps and little depth: a recursion whose depth is not counted overflows the stack.
const LIMITS: Limits = Limits {
    steps: 200_000,
    depth: 300,
    bytes: 8 << 20,
};

fuzz_target!(|text: &str| {
    remember("evaluator", text);
    assert_eq!(evaluated(text), evaluated(text));
});

/// What the expression gives, as deep as it goes.
fn evaluated(text: &str) -> Result<String, String> {
    let tree = MemoryTree::new()
        .file("this.nix", text)
        .file("a.nix", "[ ./this.nix (import ./this.nix) ]")
        .file("dir/default.nix", "{ a ? 1, b }: { inherit a b; }")
        .symlink("link", "dir")
        .build("fuzz")
        .expect("these are a tree");
    let files = Files::new(&tree);
    let world = World::new(&files);
    let heap = Heap::new();
    let eval = Eval::new(&heap, &world, LIMITS);
    eval.refresh();
    let value = eval.import("/nixpkgs/this.nix");
    let printed = value.and_then(|value| eval.print(eval.done(value)));
    assert!(heap.used() <= 2 * LIMITS.bytes, "{} bytes of heap", heap.used());
    printed.map_err(|error| {
        let kind = match error {
            ErrorOrUnknown::Throw(_) => "throws",
            ErrorOrUnknown::Unknown(_) => "unknown",
            _ => "fails",
        };
        format!("{kind} {}", error.reason().message)
    })
}
