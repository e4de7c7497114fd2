//! Search paths: `<name>`, which is `findFile nixPath "name"`.

use super::super::error::ErrorOrUnknown;
use super::super::host::PathEntry;
use super::super::value::Value;
use super::super::{Eval, Outcome};
use super::own_files::FETCHURL;
use super::{Args, Builtin};
use crate::nix::Symbol;

pub(super) fn functions<'h>() -> Vec<Builtin<'h>> {
    vec![("findFile", 2, find_file)]
}

fn find_file<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let mut searched = Vec::new();
    for item in eval.force_list(args[0], "for `findFile`")? {
        eval.count_call()?;
        let attrs = eval.force_attrs(item, "in the list of `findFile`")?;
        let prefix = match eval.lookup(attrs, Symbol::new("prefix"))? {
            Some(prefix) => eval.force_str(prefix, "as a prefix of `findFile`")?,
            None => "",
        };
        let path = eval.select(item, eval.names.path)?;
        match eval.coerce_path(path)? {
            Ok(path) => searched.push((prefix, path)),
            Err(partial) => return Err(ErrorOrUnknown::Unknown(partial.reason)),
        }
    }
    let name = eval.force_str(args[1], "for `findFile`")?;
    for (prefix, directory) in searched {
        let rest = if prefix.is_empty() {
            Some(name)
        } else {
            below(name, prefix)
        };
        // anything but an absolute path is fetched, or does not exist
        if let Some(rest) = rest
            && directory.starts_with('/')
            && let Some(found) = eval.found_in(directory, rest)?
        {
            return Ok(Value::Path(found));
        }
    }
    Err(eval.not_found(name))
}

/// The rest of a name after a prefix, which must be the whole name or some of its leading parts.
fn below<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    let rest = name.strip_prefix(prefix)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

impl<'h> Eval<'h> {
    /// What is at this path below a directory, after following symlinks.
    fn found_in(&self, directory: &str, rest: &str) -> Outcome<'h, Option<&'h str>> {
        let rest = self.path_of(&["/", rest])?;
        let path = self.path_of(&[directory, rest])?;
        match self.entry(path) {
            PathEntry::File(id) | PathEntry::Directory(id) | PathEntry::Symlink(id) => {
                Ok(Some(self.heap.str(&self.host.path(id))))
            }
            PathEntry::Special => Ok(Some(path)),
            PathEntry::Missing => Ok(None),
            PathEntry::Loop => Err(self.endless_links(path)),
            PathEntry::Outside => Err(self.forbidden(path)),
        }
    }

    /// The value of `<name>`. Nix's search path is unknown, except that it may contain the tree.
    pub(in super::super) fn search(&self, name: &str) -> Outcome<'h> {
        if name == "nix/fetchurl.nix" {
            return Ok(Value::Path(FETCHURL));
        }
        if self.host.is_at_top(name.split('/').next().unwrap_or(name)) {
            return Err(self.unknown("a search path that may contain the tree"));
        }
        Err(self.not_found(name))
    }

    fn not_found(&self, name: &str) -> ErrorOrUnknown<'h> {
        if name.starts_with("nix/") {
            return self.unknown("a file that comes with Nix");
        }
        let message = format!("'{name}' is not found in the search path: Nixpkgs is evaluated without one");
        ErrorOrUnknown::Throw(self.reason(&message))
    }
}
