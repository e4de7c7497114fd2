//! Whatever the objects of a repository contain, its commits are trees, or there is an error.

#![no_main]

use std::io;

use bstr::ByteSlice;
use byname::tree::{Head, Repository, Tree};
use byname_fuzz::repository::{Written, raw};
use byname_fuzz::walk;
use libfuzzer_sys::fuzz_target;

/// Starts an object in the fuzzer's bytes.  The first is the commit of `HEAD`, the second that of a branch.  Those before
/// it call the object of number `n` `nnnn…`.
const MARK: &[u8] = b"=== ";

/// More objects have no name.
const MOST_OBJECTS: usize = 9;

fuzz_target!(|bytes: &[u8]| {
    let written = lay_out(bytes).expect("a repository can be written");
    let Ok(repository) = Repository::discover(written.path()) else {
        return;
    };
    let Ok(Some(head)) = repository.head() else { return };
    let like = repository.tree(&head, "".into(), None, "head".to_owned()).ok();
    like.as_ref().map(read);
    let Ok(branch) = repository.revision("branch".into()) else {
        return;
    };
    if let Ok(tree) = repository.tree(&branch, "".into(), like.as_ref(), "branch".to_owned()) {
        let anew = repository.tree(&branch, "".into(), None, "branch".to_owned());
        let anew = anew.expect("what can be read beside another tree can be read alone");
        assert!(
            tree.nodes().eq(anew.nodes()) && anew.differences(&tree).is_empty(),
            "it is the same tree"
        );
        read(&tree);
    }
    let head = Head {
        commit: &head,
        tree: None,
    };
    if let Ok(merged) = repository.merged(&branch, head, "".into(), None, "merged".to_owned()) {
        read(&merged);
    }
});

/// Goes through a tree, and reads all that it holds.
fn read(tree: &Tree) {
    walk(tree);
    for id in tree.nodes().filter(|&id| tree.kind(id).is_file()) {
        let _ = tree.read(id);
    }
}

/// A repository with these objects.  They begin with a line of their kind; one that starts with `raw` is on disk as it is.
fn lay_out(bytes: &[u8]) -> io::Result<Written> {
    let written = Written::new()?;
    let mut objects = split(bytes);
    objects.truncate(MOST_OBJECTS);
    let mut ids: Vec<_> = (1..=MOST_OBJECTS).map(name).collect();
    for number in (1..=objects.len()).rev() {
        let object = objects[number - 1];
        if let Some(raw) = object.strip_prefix(b"raw ") {
            written.file(&ids[number - 1], raw)?;
            continue;
        }
        let line = object.iter().position(|&byte| byte == b'\n').unwrap_or(object.len());
        let mut content = object.get(line + 1..).unwrap_or_default().to_vec();
        for later in number + 1..=objects.len() {
            let (name, id) = (name(later), &ids[later - 1]);
            content = content.replace(&name, id).replace(raw(&name), raw(id));
        }
        ids[number - 1] = written.object(&object[..line], &content)?;
    }
    written.branch("head", &ids[0])?;
    written.branch("branch", &ids[1])?;
    Ok(written)
}

/// What objects before it call the object of this number.
fn name(number: usize) -> String {
    number.to_string().repeat(40)
}

fn split(bytes: &[u8]) -> Vec<&[u8]> {
    let mut objects = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(MARK.len()).position(|window| window == MARK) {
        objects.push(&rest[..at]);
        rest = &rest[at + MARK.len()..];
    }
    objects.push(rest);
    objects.remove(0);
    objects
}
