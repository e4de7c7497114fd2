//! Reading files of the tree; all others are out of reach.

use std::borrow::Cow;

use super::super::attrs::Attr;
use super::super::error::{ErrorOrUnknown, Reason};
use super::super::host::{NoFile, PathEntry};
use super::super::value::{Code, Env, FileId, Frame, Position, State, Thunk, Value};
use super::super::{Eval, Outcome};
use super::own_files::FETCHURL;
use super::{Args, Builtin, impure, read_text};
use crate::nix::{ExprId, File};

pub(super) fn functions<'h>() -> Vec<Builtin<'h>> {
    vec![
        ("import", 1, |eval, args| {
            let path = eval.path_arg(args[0])?;
            eval.import(path)
        }),
        ("scopedImport", 2, |eval, _| {
            impure(eval, "`scopedImport` is not followed")
        }),
        ("pathExists", 1, path_exists),
        ("readFile", 1, |eval, args| {
            let text = eval.read_file(args[0])?;
            read_text(eval, &text)
        }),
        ("readDir", 1, |eval, args| {
            let path = eval.path_arg(args[0])?;
            // a name counts as a dependency only when it is asked for
            let PathEntry::Directory(directory) = eval.host.resolve(path) else {
                return Err(match eval.entry(path) {
                    // the tree is below it, so Nix can list it
                    PathEntry::Outside if path == "/" => eval.unknown("what is next to the tree"),
                    PathEntry::Outside => eval.forbidden(path),
                    _ => eval.abort(&format!("'{path}' is not a directory")),
                });
            };
            let entries = eval.host.list(directory).map_err(|why| {
                eval.entry(path);
                eval.unknown(&why)
            })?;
            eval.count_items(entries.len())?;
            eval.check_memory(entries.len() * size_of::<(String, Attr)>())?;
            let attr = |(name, kind): (String, &'static str)| Attr {
                name: eval.symbol(&name),
                position: Position::NONE,
                value: eval.done(Value::Str(kind)),
            };
            let attrs = eval.attrs(entries.into_iter().map(attr).collect());
            Ok(Value::Attrs(eval.listing(attrs, directory)))
        }),
        ("readFileType", 1, read_file_type),
        ("toPath", 1, |eval, args| Ok(Value::Str(eval.path_arg(args[0])?))),
        ("getEnv", 1, |eval, args| {
            // what Nix returns when it evaluates with `restrict-eval`
            eval.force_str(args[0], "for `getEnv`")?;
            Ok(Value::Str(""))
        }),
    ]
}

fn path_exists<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let path = eval.path_arg(args[0])?;
    let is_directory_wanted = match eval.force(args[0])? {
        Value::Str(text) => text.ends_with('/') || text.ends_with("/."),
        _ => false,
    };
    let found = if is_directory_wanted {
        eval.entry(path)
    } else {
        eval.entry_itself(path)
    };
    Ok(Value::Bool(match found {
        PathEntry::Directory(_) => true,
        PathEntry::File(_) | PathEntry::Symlink(_) | PathEntry::Special => !is_directory_wanted,
        PathEntry::Missing => false,
        PathEntry::Loop => return Err(eval.endless_links(path)),
        // to Nix, everything else outside the tree does not exist
        PathEntry::Outside => path == "/",
    }))
}

/// `builtins.readFileType`, which follows no symlinks.
fn read_file_type<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let path = eval.path_arg(args[0])?;
    // the tree is below it
    if path == "/" {
        return Ok(Value::Str("directory"));
    }
    let kind = match eval.entry_itself(path) {
        PathEntry::File(_) => "regular",
        PathEntry::Directory(_) => "directory",
        PathEntry::Symlink(_) => "symlink",
        PathEntry::Special => "unknown",
        PathEntry::Missing => return Err(eval.no_such(path)),
        PathEntry::Loop => return Err(eval.endless_links(path)),
        PathEntry::Outside => return Err(eval.forbidden(path)),
    };
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    match eval.host.resolve(parent) {
        PathEntry::Directory(id) if eval.host.path(id) != parent => {
            Err(eval.abort(&format!("a part of the path '{parent}' is a symlink")))
        }
        _ => Ok(Value::Str(kind)),
    }
}

impl<'h> Eval<'h> {
    /// A path, or a string that contains one, as an absolute path.
    pub(super) fn path_arg(&self, thunk: &'h Thunk<'h>) -> Outcome<'h, &'h str> {
        match self.force(thunk)? {
            Value::Path(path) => {
                self.count_text(path.len())?;
                Ok(path)
            }
            other => match self.coerce_path(other)? {
                Ok(text) if text.starts_with('/') => self.path_of(&[text]),
                Ok(text) => Err(self.abort(&format!("'{text}' is not an absolute path"))),
                Err(partial) => Err(ErrorOrUnknown::Unknown(partial.reason)),
            },
        }
    }

    #[cold]
    pub(in super::super) fn no_such(&self, path: &str) -> ErrorOrUnknown<'h> {
        self.abort(&format!("the path '{path}' does not exist"))
    }

    #[cold]
    pub(in super::super) fn endless_links(&self, path: &str) -> ErrorOrUnknown<'h> {
        self.abort(&format!("the symlinks of '{path}' lead to each other"))
    }

    fn file(&self, path: &str) -> Outcome<'h, FileId> {
        match self.entry(path) {
            PathEntry::File(file) => Ok(file),
            PathEntry::Outside => Err(self.forbidden(path)),
            PathEntry::Missing => Err(self.no_such(path)),
            PathEntry::Loop => Err(self.endless_links(path)),
            PathEntry::Directory(_) | PathEntry::Special | PathEntry::Symlink(_) => {
                Err(self.abort(&format!("'{path}' is not a regular file")))
            }
        }
    }

    /// The text of a file of the tree.
    pub(super) fn read_file(&self, path: &'h Thunk<'h>) -> Outcome<'h, String> {
        let path = self.path_arg(path)?;
        let file = self.file(path)?;
        let text = self.host.read(file).map_err(|why| self.unknown(&why))?;
        self.count_text(text.len())?;
        self.check_memory(text.len())?;
        Ok(text)
    }

    /// The value of a file, or of a directory's `default.nix`. A file is evaluated once for each path by which it is
    /// reached, because its relative paths start there.
    ///
    /// # Errors
    /// If it is not in the tree, does not parse, or has no value.
    pub fn import(&self, path: &str) -> Outcome<'h> {
        if path == FETCHURL {
            return self.fetchurl();
        }
        let path = self.imported_path(path)?;
        let file = self.file(&path)?;
        let is_linked = self.host.path(file) != *path;
        let known = if is_linked {
            self.linked_imports.borrow().get(&*path).copied()
        } else {
            self.imports.borrow().get(&file).copied()
        };
        let thunk = match known {
            Some(thunk) => thunk,
            None => {
                let code = self.code(file)?;
                let code = if is_linked {
                    self.new_code(code.file, file, self.heap.str(&path))
                } else {
                    code
                };
                let expr = code.file.root();
                let env = self.root(code);
                let state = State::Expr { env, expr };
                let thunk: &'h Thunk<'h> = self.heap.alloc(Thunk::new(state));
                if is_linked {
                    self.linked_imports.borrow_mut().insert(code.path, thunk);
                } else {
                    self.imports.borrow_mut().insert(file, thunk);
                }
                thunk
            }
        };
        self.force(thunk)
    }

    /// The path of the file that `import` of a path reads. Only a symlink that is the last part is followed, so that
    /// the file's relative paths start from the directory that was named.
    fn imported_path<'p>(&self, path: &'p str) -> Outcome<'h, Cow<'p, str>> {
        const MOST_LINKS: usize = 1024;
        let mut path = Cow::Borrowed(path);
        for _ in 0..MOST_LINKS {
            let PathEntry::Symlink(link) = self.host.resolve_parent(&path) else {
                return Ok(match self.entry(&path) {
                    PathEntry::Directory(_) => Cow::Owned(format!("{path}/default.nix")),
                    _ => path,
                });
            };
            let Some(target) = self.host.read_link(link) else {
                return Err(self.unknown(&format!("the target of the symlink '{path}'")));
            };
            let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            let texts = [parent, "/", &target];
            let texts = if target.starts_with('/') { &texts[2..] } else { &texts };
            path = Cow::Owned(self.path_of(texts)?.to_owned());
        }
        Err(self.endless_links(&path))
    }

    /// The scope of a whole file.
    fn root(&self, code: &'h Code<'h>) -> &'h Env<'h> {
        let frame = Frame::File;
        self.heap.alloc(Env { up: None, code, frame })
    }

    fn new_code(&self, file: &'h File, id: FileId, path: &'h str) -> &'h Code<'h> {
        let (shapes, formals) = (
            self.heap.cells(file.bindings_count()),
            self.heap.cells(file.lambda_count()),
        );
        self.heap.alloc(Code {
            file,
            id,
            path,
            shapes,
            formals,
        })
    }

    fn code(&self, id: FileId) -> Outcome<'h, &'h Code<'h>> {
        if let Some(code) = self.codes.borrow().get(&id) {
            return Ok(code);
        }
        let file = self.host.parse(id).map_err(|why| {
            let position = Position { file: id, offset: 0 };
            let cause = |why: &str| self.heap.alloc(Reason::new(self.heap.str(why), position));
            match why {
                NoFile::NotNix(why) => ErrorOrUnknown::Abort(cause(&why)),
                NoFile::Unread(why) => ErrorOrUnknown::Unknown(cause(&why)),
            }
        })?;
        let path = self.heap.str(&self.host.path(id));
        let code = self.new_code(file, id, path);
        if let Some(variable) = file.scopes().unbound() {
            return Err(self.unbound(code, variable));
        }
        if let Some(name) = file.scopes().redefined() {
            return Err(self.unknown(&format!("what operators mean in a file that binds '{name}'")));
        }
        self.codes.borrow_mut().insert(id, code);
        Ok(code)
    }

    #[cold]
    fn unbound(&self, code: &'h Code<'h>, variable: ExprId) -> ErrorOrUnknown<'h> {
        let span = code.file.span(variable);
        let name = &code.file.text()[span.start as usize..span.end as usize];
        let message = self.heap.str(&format!("undefined variable '{name}'"));
        let position = Position {
            file: code.id,
            offset: span.start,
        };
        ErrorOrUnknown::Abort(self.heap.alloc(Reason::new(message, position)))
    }

    /// The value of a file that is not in the tree, such as the host's own Nix code, as if it were at `path`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn eval_text(&self, file: &'h File, path: &str) -> Outcome<'h> {
        let id = Position::NONE.file;
        let code = self.new_code(file, id, self.heap.str(path));
        self.eval(self.root(code), file.root())
    }
}
