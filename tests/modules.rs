//! The order of the modules: `src/lib.rs` lists them, and each uses only those above it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use walkdir::WalkDir;

/// The modules of the library in the order of the table in `src/lib.rs`.
fn modules() -> Vec<String> {
    let text = fs::read_to_string("src/lib.rs").unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | `"));
    let paths = rows.filter_map(|row| row.split('`').next());
    paths
        .filter(|path| !path.starts_with("bin/"))
        .map(|path| path.trim_end_matches(".rs").trim_end_matches('/').to_owned())
        .collect()
}

/// What follows `prefix` in a text, each time as far as it is a name.
fn names_after<'t>(text: &'t str, prefix: &str) -> impl Iterator<Item = &'t str> {
    text.split(prefix)
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next())
}

#[test]
fn the_table_lists_every_module() {
    let text = fs::read_to_string("src/lib.rs").unwrap();
    let declared: BTreeSet<_> = names_after(&text, "\npub mod ").map(str::to_owned).collect();
    assert_eq!(modules().into_iter().collect::<BTreeSet<_>>(), declared);
}

#[test]
fn a_module_uses_only_those_above_it() {
    let modules = modules();
    let mut uses = 0;
    for entry in WalkDir::new("src") {
        let entry = entry.unwrap();
        let path = entry.path();
        let module = path.components().nth(1).map(|part| Path::new(part.as_os_str()));
        let module = module.and_then(|part| part.file_stem()?.to_str());
        let Some(position) = modules.iter().position(|name| Some(name.as_str()) == module) else {
            continue;
        };
        if entry.file_type().is_file() && path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(path).unwrap();
            for name in names_after(&text, "crate::") {
                uses += 1;
                let used = modules.iter().position(|module| module == name);
                assert!(
                    used.is_some_and(|used| used <= position),
                    "{} uses {name}",
                    path.display()
                );
            }
        }
    }
    assert!(uses > 100, "only {uses} uses of a module were seen");
}
