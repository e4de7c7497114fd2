//! The entries of `all-packages.nix` as they are written: which lines one consists of, and what it calls.

use std::ops::Range;
use std::sync::Arc;

use rnix::SyntaxKind::{self, TOKEN_COMMENT, TOKEN_R_PAREN, TOKEN_SEMICOLON, TOKEN_WHITESPACE};

use super::overlay_uses::OverlayUses;
use super::{Cause, Site};
use crate::nix::{AttrName, Bindings, BoundValue, Expr, ExprId, File, Part, PathKind, Referent, Symbol};
use crate::nixpkgs::{ALL_PACKAGES, Bound, Files, Frames};
use crate::tree::{NodeId, Tree};

/// An `all-packages.nix` that is, past functions, `let`, `with` and `assert`, one set.
pub struct AllPackages<'t> {
    tree: &'t Tree,
    pub node: NodeId,
    file: Arc<File>,
    tokens: Vec<Token>,
    bindings: Bindings,
    /// The scopes around the set.
    frames: Frames,
    uses: OverlayUses,
}

/// An entry `name = callPackage <path> { };` on lines of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The bytes of its lines, and of those of the comment directly above.
    pub lines: Range<u32>,
    /// The path that is called, as it is written.
    pub path: String,
    pub line: u32,
}

/// A token, white space and comments included.
#[derive(Clone, Copy)]
struct Token {
    kind: SyntaxKind,
    start: u32,
    end: u32,
}

/// How the package set that `all-packages.nix` makes is called in it.
const OWN_SET: [&str; 3] = ["pkgs", "self", "final"];

impl<'t> AllPackages<'t> {
    /// That of a tree.
    ///
    /// # Errors
    /// Where there is none, or it is written in another way.
    pub fn of(files: &Files<'t>) -> Result<Self, Cause> {
        let tree = files.tree();
        let none = Cause::AllPackages("the tree has no pkgs/top-level/all-packages.nix that can be read as Nix");
        let node = tree.lookup(ALL_PACKAGES.into()).ok_or(none.clone())?;
        let file = files.get(node).map_err(|_| none.clone())?;
        if tree.read(node).map_err(|_| none)? != file.text().as_bytes() {
            return Err(Cause::AllPackages(
                "pkgs/top-level/all-packages.nix is not UTF-8: mend that first",
            ));
        }
        let mut frames = Frames::default();
        let mut functions = Vec::new();
        let mut at = file.root();
        let bindings = loop {
            match *file.expr(at) {
                Expr::Lambda(lambda) => {
                    frames.enter_function();
                    functions.push(at);
                    at = file.lambda(lambda).body;
                }
                Expr::Attrs(bindings) => break *file.bindings(bindings),
                _ => match frames.enter(&file, at) {
                    Some(body) => at = body,
                    None => {
                        return Err(Cause::AllPackages(
                            "pkgs/top-level/all-packages.nix is not one literal set, so an entry of it is not all that it says",
                        ));
                    }
                },
            }
        };
        if bindings.recursive {
            return Err(Cause::AllPackages(
                "pkgs/top-level/all-packages.nix is a recursive set, whose entries see each other: make it a plain one",
            ));
        }
        Ok(Self {
            tree,
            node,
            tokens: tokens(file.text()),
            uses: OverlayUses::of(&file, &functions),
            file,
            bindings,
            frames,
        })
    }

    /// The entry of an attribute whose definition evaluation found at this byte offset.
    ///
    /// # Errors
    /// Where it is none that can be moved, as far as the entry tells.
    pub fn entry(&self, name: Symbol, offset: u32) -> Result<Entry, Cause> {
        let file = &*self.file;
        let site = self.site(offset);
        let binding = file
            .bound(&self.bindings)
            .iter()
            .find(|binding| binding.offset == offset && binding.name == name);
        let Some(BoundValue::Expr(value)) = binding.map(|binding| binding.value) else {
            return Err(Cause::NoEntry(site));
        };
        if let Some(offset) = self.uses.find(name) {
            return Err(Cause::Referred(self.site(offset)));
        }
        let path = self.called(value, &site)?;
        let lines = self.lines(name, offset, file.span(value).end, &site)?;
        Ok(Entry {
            lines,
            path,
            line: site.line.unwrap_or_default(),
        })
    }

    fn site(&self, offset: u32) -> Site {
        Site::line(self.tree, self.node, self.file.position(offset).0)
    }

    /// The path of `callPackage <path> { }`.
    fn called(&self, value: ExprId, site: &Site) -> Result<String, Cause> {
        let file = &*self.file;
        let Expr::Apply { function, args } = *file.expr(value) else {
            return Err(Cause::NotAPath(site.clone()));
        };
        let [path, args] = *file.children(args) else {
            return Err(Cause::NotAPath(site.clone()));
        };
        if !self.is_own_call_package(function) {
            return Err(Cause::Callee(site.clone()));
        }
        let path = match *file.expr(path) {
            Expr::Path {
                kind: PathKind::Relative,
                parts,
            } => match file.parts(parts) {
                [Part::Text(text)] => file.literal(*text).to_owned(),
                _ => return Err(Cause::NotAPath(site.clone())),
            },
            _ => return Err(Cause::NotAPath(site.clone())),
        };
        let is_empty = matches!(*file.expr(args), Expr::Attrs(bindings) if {
            let bindings = file.bindings(bindings);
            file.bound(bindings).is_empty() && file.dynamic(bindings).is_empty() && file.sources(bindings).is_empty()
        });
        if is_empty {
            Ok(path)
        } else {
            Err(Cause::Arguments(site.clone()))
        }
    }

    /// Whether a function is the `callPackage` of the set that the file makes.
    fn is_own_call_package(&self, function: ExprId) -> bool {
        const CALL_PACKAGE: &str = "callPackage";
        let file = &*self.file;
        match *file.expr(function) {
            Expr::Var(variable) if file.variable(variable).name() == CALL_PACKAGE => {
                match file.scopes().get(variable) {
                    Referent::With { .. } => true,
                    Referent::Local { .. } => match self.frames.clone().follow(file, variable) {
                        Some(Bound::Of(source)) => self.is_own_set(source),
                        Some(Bound::Expr(_)) | None => false,
                    },
                    Referent::Global | Referent::Unbound => false,
                }
            }
            Expr::Select {
                subject,
                path,
                default: None,
            } => {
                let is_call_package =
                    matches!(*file.attr_path(path), [AttrName::Static(name)] if name.name() == CALL_PACKAGE);
                is_call_package && self.is_own_set(subject)
            }
            _ => false,
        }
    }

    fn is_own_set(&self, expr: ExprId) -> bool {
        let file = &*self.file;
        matches!(*file.expr(expr), Expr::Var(name) if OWN_SET.contains(&file.variable(name).name()))
    }

    /// The lines from the attribute's name at `start` to the semicolon after its value, which ends at `value_end`.
    fn lines(&self, name: Symbol, start: u32, value_end: u32, site: &Site) -> Result<Range<u32>, Cause> {
        let text = self.file.text();
        let first = self.tokens.partition_point(|token| token.start < start);
        let semicolon = self.tokens[first..]
            .iter()
            .position(|token| token.start >= value_end && token.kind == TOKEN_SEMICOLON)
            .map(|at| first + at)
            .ok_or_else(|| Cause::NoEntry(site.clone()))?;
        let entry = &self.tokens[first..semicolon];
        // `a.b = …;` is an entry of `a`.
        let is_simple = entry
            .iter()
            .find(|token| token.kind != TOKEN_WHITESPACE && token.start > start)
            .is_some_and(|token| token.kind == SyntaxKind::TOKEN_ASSIGN);
        let is_past_value = |token: &&Token| token.start >= value_end;
        let closes = |token: &Token| matches!(token.kind, TOKEN_WHITESPACE | TOKEN_COMMENT | TOKEN_R_PAREN);
        if !is_simple
            || !text[start as usize..].starts_with(name.name())
            || !entry.iter().filter(is_past_value).all(closes)
        {
            return Err(Cause::NoEntry(site.clone()));
        }
        if entry.iter().any(|token| token.kind == TOKEN_COMMENT) {
            return Err(Cause::Comment(site.clone()));
        }
        let line_start = line_start(text, start);
        let end = self.tokens[semicolon].end;
        let line_end = line_end(text, end);
        let before = &text[line_start as usize..start as usize];
        let after = text[end as usize..line_end as usize].trim();
        if !before.trim().is_empty() || !(after.is_empty() || after.starts_with('#')) {
            return Err(Cause::SharedLine(site.clone()));
        }
        match self.comment_above(first) {
            None => Ok(line_start..line_end),
            Some(above) => {
                let is_heading = text[above as usize..line_start as usize].contains("###");
                let below = text[line_end as usize..].lines().next().unwrap_or_default().trim();
                if is_heading || !(below.is_empty() || below.starts_with('}')) {
                    return Err(Cause::Comment(site.clone()));
                }
                Ok(above..line_end)
            }
        }
    }

    /// Where the first line of the comments directly above the token starts, if there are any on lines of their own.
    fn comment_above(&self, token: usize) -> Option<u32> {
        let text = self.file.text();
        let source = |token: Token| &text[token.start as usize..token.end as usize];
        let mut above = None;
        let mut at = token;
        while let Some([.., comment, space]) = self.tokens.get(..at) {
            let is_directly_above = space.kind == TOKEN_WHITESPACE && source(*space).matches('\n').count() == 1;
            let start = line_start(text, comment.start);
            let is_alone = text[start as usize..comment.start as usize].trim().is_empty();
            if comment.kind != TOKEN_COMMENT || !is_directly_above || !is_alone {
                break;
            }
            above = Some(start);
            at -= 2;
        }
        above
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut start = 0;
    let token = |(kind, token): (SyntaxKind, &str)| {
        let token = Token {
            kind,
            start,
            end: start + token.len() as u32,
        };
        start = token.end;
        token
    };
    rnix::tokenize(text).map(token).collect()
}

/// Where the line of a byte starts.
fn line_start(text: &str, at: u32) -> u32 {
    text[..at as usize].rfind('\n').map_or(0, |newline| newline as u32 + 1)
}

/// Where the line of a byte ends, its newline included.
fn line_end(text: &str, at: u32) -> u32 {
    text[at as usize..]
        .find('\n')
        .map_or(text.len() as u32, |newline| at + newline as u32 + 1)
}
