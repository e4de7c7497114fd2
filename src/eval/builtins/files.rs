//! Files of the tree; all others are out of reach.

use super::super::attrs::Attr;
use super::super::host::Entry as Found;
use super::super::partial::Context;
use super::super::stop::{Cause, Stop};
use super::super::value::{Code, Env, FileId, Frame, Position, State, Thunk, Value};
use super::super::{Eval, Outcome};
use super::own_files::FETCHURL;
use super::{Entry, impure};
use crate::nix::{ExprId, File, Symbol};

pub(super) fn functions<'h>() -> Vec<Entry<'h>> {
    vec![
        ("import", 1, |eval, args| {
            let path = eval.path_arg(args[0])?;
            eval.import(path)
        }),
        ("scopedImport", 2, |eval, _| {
            impure(eval, "`scopedImport` is not followed")
        }),
        ("pathExists", 1, |eval, args| {
            let path = eval.path_arg(args[0])?;
            match eval.entry(path) {
                Found::Outside => Err(eval.outside(path)),
                Found::Missing => Ok(Value::Bool(false)),
                _ => Ok(Value::Bool(true)),
            }
        }),
        ("readFile", 1, |eval, args| {
            let text = eval.read_file(args[0])?;
            Ok(eval.string(&text))
        }),
        ("readDir", 1, |eval, args| {
            let path = eval.path_arg(args[0])?;
            // of its names, those count that are asked for
            let Found::Directory(directory) = eval.host.resolve(path) else {
                return Err(match eval.entry(path) {
                    Found::Outside => eval.outside(path),
                    _ => eval.abort(&format!("'{path}' is not a directory")),
                });
            };
            let entries = eval.host.list(directory).map_err(|why| {
                eval.entry(path);
                eval.unknown(&why)
            })?;
            let attr = |(name, kind): (String, &'static str)| Attr {
                name: Symbol::new(&name),
                position: Position::NONE,
                value: eval.done(Value::Str(kind)),
            };
            let attrs = eval.attrs(entries.into_iter().map(attr).collect());
            Ok(Value::Attrs(eval.listing(attrs, directory)))
        }),
        ("readFileType", 1, |eval, args| {
            let path = eval.path_arg(args[0])?;
            match eval.entry(path) {
                Found::File(_) => Ok(Value::Str("regular")),
                Found::Directory(_) => Ok(Value::Str("directory")),
                Found::Special => Ok(Value::Str("unknown")),
                Found::Missing => Err(eval.abort(&format!("the path '{path}' does not exist"))),
                Found::Outside => Err(eval.outside(path)),
            }
        }),
        ("toPath", 1, |eval, args| Ok(Value::Str(eval.path_arg(args[0])?))),
        ("toFile", 2, |eval, args| {
            let name = eval.force(args[0])?;
            let name = eval.plain_str(name, "as the name of `toFile`")?;
            // its text need not be known
            let _ = eval.force_text(args[1], "as the contents of `toFile`")?;
            eval.other_path(name, eval.cause("the store path of a file"))
        }),
        ("path", 1, |eval, args| {
            let attrs = eval.force_attrs(args[0], "by `path`")?;
            let Some(path) = eval.lookup(attrs, eval.names.path)? else {
                return Err(eval.missing(attrs, eval.names.path));
            };
            let path = eval.path_arg(path)?;
            let name = match eval.lookup(attrs, eval.names.name)? {
                Some(name) => {
                    let name = eval.force(name)?;
                    eval.plain_str(name, "as the name of what `path` copies")?
                }
                None => file_name(path),
            };
            eval.other_path(name, eval.cause("the store path of files"))
        }),
        ("filterSource", 2, |eval, args| {
            let path = eval.path_arg(args[1])?;
            eval.other_path(file_name(path), eval.cause("the store path of files"))
        }),
        ("storePath", 1, |eval, args| {
            eval.force(args[0])?;
            Ok(eval.open_text(Context::Present, eval.cause("a store path")))
        }),
        ("outputOf", 2, |eval, _| {
            Ok(eval.open_text(Context::Present, eval.cause("a store path")))
        }),
        ("findFile", 2, |eval, _| {
            impure(eval, "a search path, which depends on the machine")
        }),
        ("getEnv", 1, |eval, args| {
            // Nixpkgs' own switches, which are not set where it is judged
            match eval.force_str(args[0], "by `getEnv`")?.starts_with("NIXPKGS_") {
                true => Ok(Value::Str("")),
                false => Ok(eval.open_text(Context::Empty, eval.cause("an environment variable"))),
            }
        }),
        ("fetchurl", 1, |eval, _| {
            Ok(eval.open_text(Context::Present, eval.cause("a fetched file")))
        }),
        ("fetchTarball", 1, |eval, _| {
            Ok(eval.open_text(Context::Present, eval.cause("a fetched archive")))
        }),
        ("fetchClosure", 1, |eval, _| {
            Ok(eval.open_text(Context::Present, eval.cause("a fetched closure")))
        }),
        ("fetchGit", 1, |eval, _| impure(eval, "a fetched repository")),
        ("fetchMercurial", 1, |eval, _| impure(eval, "a fetched repository")),
        ("fetchTree", 1, |eval, _| impure(eval, "a fetched tree")),
        ("getFlake", 1, |eval, _| impure(eval, "a flake")),
        ("parseFlakeRef", 1, |eval, _| impure(eval, "a flake")),
        ("flakeRefToString", 1, |eval, _| impure(eval, "a flake")),
    ]
}

/// The last part of an absolute path.
fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(_, name)| name)
}

impl<'h> Eval<'h> {
    /// A path, or a string that is one.
    fn path_arg(&self, thunk: &'h Thunk<'h>) -> Outcome<'h, &'h str> {
        match self.force(thunk)? {
            Value::Path(path) => {
                self.charge_text(path.len())?;
                Ok(path)
            }
            other => match self.coerce_path(other)? {
                Ok(text) if text.starts_with('/') => self.path_of(&[text]),
                Ok(text) => Err(self.abort(&format!("'{text}' is not an absolute path"))),
                Err(partial) => Err(Stop::Unknown(partial.reason)),
            },
        }
    }

    fn outside(&self, path: &str) -> Stop<'h> {
        self.unknown(&format!("'{path}' is outside the tree, and is not read"))
    }

    fn file(&self, path: &str) -> Outcome<'h, FileId> {
        match self.entry(path) {
            Found::File(file) => Ok(file),
            Found::Outside => Err(self.outside(path)),
            Found::Missing => Err(self.abort(&format!("the path '{path}' does not exist"))),
            Found::Directory(_) | Found::Special => Err(self.abort(&format!("'{path}' is not a regular file"))),
        }
    }

    /// The text of a file of the tree.
    pub(super) fn read_file(&self, path: &'h Thunk<'h>) -> Outcome<'h, String> {
        let path = self.path_arg(path)?;
        let file = self.file(path)?;
        let text = self.host.read(file).map_err(|why| self.unknown(&why))?;
        self.charge_text(text.len())?;
        self.afford(text.len())?;
        Ok(text)
    }

    /// The value of a file, or of a directory's `default.nix`; each file is evaluated once.
    ///
    /// # Errors
    /// Where it is not in the tree, does not parse, or has no value.
    pub fn import(&self, path: &str) -> Outcome<'h> {
        if path == FETCHURL {
            return self.fetchurl();
        }
        let file = match self.entry(path) {
            Found::Directory(_) => self.file(&format!("{path}/default.nix"))?,
            _ => self.file(path)?,
        };
        let thunk = self.imports.borrow().get(&file).copied();
        let thunk = match thunk {
            Some(thunk) => thunk,
            None => {
                let code = self.code(file)?;
                let expr = code.file.root();
                let env = self.root(code);
                let state = State::Expr { env, expr };
                let thunk: &'h Thunk<'h> = self.heap.alloc(Thunk::new(state));
                self.imports.borrow_mut().insert(file, thunk);
                thunk
            }
        };
        self.force(thunk)
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
            Stop::Abort(self.heap.alloc(Cause::new(self.heap.str(&why), position)))
        })?;
        let path = self.heap.str(&self.host.path(id));
        let code = self.new_code(file, id, path);
        if let Some(variable) = file.scopes().unbound() {
            return Err(self.unbound(code, variable));
        }
        self.codes.borrow_mut().insert(id, code);
        Ok(code)
    }

    #[cold]
    fn unbound(&self, code: &'h Code<'h>, variable: ExprId) -> Stop<'h> {
        let span = code.file.span(variable);
        let name = &code.file.text()[span.start as usize..span.end as usize];
        let message = self.heap.str(&format!("undefined variable '{name}'"));
        let position = Position {
            file: code.id,
            offset: span.start,
        };
        Stop::Abort(self.heap.alloc(Cause::new(message, position)))
    }

    /// The value of an expression that belongs to the host, as if it stood in a file at `path`, which is not read.
    ///
    /// # Errors
    /// Why there is none.
    pub fn eval_text(&self, file: &'h File, path: &str) -> Outcome<'h> {
        let id = Position::NONE.file;
        let code = self.new_code(file, id, self.heap.str(path));
        self.eval(self.root(code), file.root())
    }

    /// Gives the file at `path` this value, whatever it holds.
    pub fn preset(&self, file: FileId, value: &'h Thunk<'h>) {
        self.imports.borrow_mut().insert(file, value);
    }
}
