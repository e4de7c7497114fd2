//! Fetchers, which fetch nothing. Nix fetches nothing either, because it evaluates Nixpkgs with `restrict-eval`.

use super::super::value::{Thunk, Value};
use super::super::{Eval, Outcome};
use super::sets::by_name;
use super::{Args, Builtin};

pub(super) fn functions<'h>() -> Vec<Builtin<'h>> {
    vec![
        ("fetchurl", 1, |eval, args| fetch_file(eval, args, "fetchurl")),
        ("fetchTarball", 1, |eval, args| fetch_file(eval, args, "fetchTarball")),
        ("fetchGit", 1, |eval, args| fetch_repository(eval, args, "fetchGit")),
        ("fetchMercurial", 1, |eval, args| {
            fetch_repository(eval, args, "fetchMercurial")
        }),
    ]
}

fn fetch_file<'h>(eval: &Eval<'h>, args: Args<'h>, function: &str) -> Outcome<'h> {
    let what = format!("for `{function}`");
    let Value::Attrs(attrs) = eval.force(args[0])? else {
        return forbidden(eval, function, args[0]);
    };
    let (mut url, mut unexpected) = (None, None);
    for attr in by_name(eval, attrs)? {
        match attr.name.name() {
            "url" => url = Some(attr.value),
            "name" | "sha256" => {}
            other => {
                unexpected = Some(other);
                continue;
            }
        }
        let _ = eval.force_text(attr.value, &what)?;
    }
    if let Some(name) = unexpected {
        return Err(eval.abort(&format!("`{function}` takes no argument '{name}'")));
    }
    match url {
        Some(url) => forbidden(eval, function, url),
        None => Err(eval.abort(&format!("`{function}` needs a `url`"))),
    }
}

fn fetch_repository<'h>(eval: &Eval<'h>, args: Args<'h>, function: &str) -> Outcome<'h> {
    if let Value::Attrs(attrs) = eval.force(args[0])? {
        for attr in by_name(eval, attrs)? {
            if function == "fetchGit" || ["name", "rev", "url"].contains(&attr.name.name()) {
                eval.force(attr.value)?;
            }
        }
    }
    Err(eval.abort(&format!(
        "`{function}` is forbidden: nothing is fetched while Nixpkgs is evaluated"
    )))
}

fn forbidden<'h>(eval: &Eval<'h>, function: &str, url: &'h Thunk<'h>) -> Outcome<'h> {
    let url = match eval.force_text(url, &format!("for `{function}`"))? {
        Ok(url) => format!(" of '{url}'"),
        Err(_) => String::new(),
    };
    Err(eval.abort(&format!(
        "`{function}`{url} is forbidden: nothing is fetched while Nixpkgs is evaluated"
    )))
}
