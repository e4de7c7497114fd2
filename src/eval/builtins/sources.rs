//! Copying files to the store. The resulting path is unknown; what matters is whether there is one.

use super::super::host::PathEntry;
use super::super::partly_known::StringContext;
use super::super::value::{Thunk, Value};
use super::super::{Eval, Outcome};
use super::hashes::is_hash;
use super::sets::by_name;
use super::{Args, Builtin};

pub(super) fn functions<'h>() -> Vec<Builtin<'h>> {
    vec![
        ("toFile", 2, |eval, args| {
            let name = eval.force(args[0])?;
            let name = eval.plain_str(name, "as the name of `toFile`")?;
            // its text may be unknown
            let _ = eval.force_text(args[1], "as the contents of `toFile`")?;
            eval.other_path(name, eval.reason("the store path of a file"))
        }),
        ("path", 1, path),
        ("filterSource", 2, |eval, args| {
            let path = eval.path_arg(args[1])?;
            eval.force_function(args[0], "for `filterSource`")?;
            copied(eval, path, file_name(path), Some(args[0]))
        }),
        ("storePath", 1, |eval, args| {
            let value = eval.force(args[0])?;
            match eval.coerce_path(value)? {
                Ok(path) if !path.starts_with("/nix/store/") => {
                    Err(eval.abort(&format!("the path '{path}' is not in the Nix store")))
                }
                _ => Ok(eval.open_text(StringContext::Present, eval.reason("a store path"))),
            }
        }),
    ]
}

/// `path { path, name ?, filter ?, recursive ?, sha256 ? }`
fn path<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let attrs = eval.force_attrs(args[0], "for `path`")?;
    let (mut path, mut name, mut filter, mut is_recursive) = (None, None, None, true);
    let mut unexpected = None;
    for attr in by_name(eval, attrs)? {
        let value = attr.value;
        match attr.name.name() {
            "path" => path = Some(eval.path_arg(value)?),
            "name" => {
                let value = eval.force(value)?;
                name = Some(eval.plain_str(value, "as the name of what `path` copies")?);
            }
            "filter" => {
                eval.force_function(value, "as the `filter` of `path`")?;
                filter = Some(value);
            }
            "recursive" => is_recursive = eval.force_bool(value, "as the `recursive` of `path`")?,
            "sha256" => {
                if let Ok(hash) = eval.force_text(value, "as the `sha256` of `path`")?
                    && !hash.is_empty()
                    && !is_hash(hash, Some("sha256"))
                {
                    return Err(eval.abort(&format!("'{hash}' is not a SHA-256 hash")));
                }
            }
            other => unexpected = Some(other),
        }
    }
    if let Some(name) = unexpected {
        return Err(eval.abort(&format!("`path` takes no argument '{name}'")));
    }
    let path = path.ok_or_else(|| eval.missing(attrs, eval.names.path))?;
    // an empty name counts as none
    let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| file_name(path));
    if !is_recursive && matches!(eval.entry(path), PathEntry::Directory(_)) {
        return Err(eval.abort(&format!("'{path}' is a directory, and `recursive` is false")));
    }
    copied(eval, path, name, filter)
}

/// The last part of an absolute path.
fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(_, name)| name)
}

/// The store path of what is at a path, with the entries below it that the filter accepts.
fn copied<'h>(eval: &Eval<'h>, path: &'h str, name: &str, filter: Option<&'h Thunk<'h>>) -> Outcome<'h> {
    let found = match eval.entry(path) {
        PathEntry::Missing => return Err(eval.no_such(path)),
        PathEntry::Loop => return Err(eval.endless_links(path)),
        PathEntry::Outside => return Err(eval.forbidden(path)),
        found => found,
    };
    if let (PathEntry::Directory(directory), Some(filter)) = (found, filter) {
        let path = eval.heap.str(&eval.host.path(directory));
        filter_entries(eval, path, filter)?;
    }
    eval.other_path(name, eval.reason("the store path of files"))
}

/// Calls the filter as Nix does while it reads a directory, because the filter may fail.
fn filter_entries<'h>(eval: &Eval<'h>, directory: &'h str, filter: &'h Thunk<'h>) -> Outcome<'h, ()> {
    let PathEntry::Directory(id) = eval.entry(directory) else {
        return Ok(());
    };
    let mut entries = eval.host.list(id).map_err(|why| eval.unknown(&why))?;
    entries.sort_unstable();
    for (name, kind) in entries {
        eval.count_call()?;
        let path = eval.heap.str(&format!("{directory}/{name}"));
        let function = eval.force(filter)?;
        let args = [eval.done(Value::Str(path)), eval.done(Value::Str(kind))];
        match eval
            .apply(function, &args)
            .and_then(|value| eval.bool(value, "from a filter"))
        {
            Ok(true) if kind == "directory" => eval.nested(|| filter_entries(eval, path, filter))?,
            Ok(_) => {}
            // the entries below may be filtered out or not
            Err(error) if error.is_unknown() && !eval.exhausted.get() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
