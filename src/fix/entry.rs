//! The entries of `all-packages.nix` as they are written: which lines one consists of, and what it calls.

use std::ops::Range;
use std::sync::Arc;

use rnix::SyntaxNode;

use super::entry_lines::entry_lines;
use super::overlay_uses::OverlayUses;
use super::{Obstacle, Site, lossless};
use crate::nix::{AttrName, Bindings, BoundValue, Expr, ExprId, File, Part, PathKind, Referent, Symbol};
use crate::nixpkgs::{ALL_PACKAGES, Bound, Files, Frames};
use crate::tree::{NodeId, Tree};

/// An `all-packages.nix` that, inside functions, `let`, `with` and `assert`, is one set.
pub struct AllPackages<'t> {
    tree: &'t Tree,
    pub node: NodeId,
    file: Arc<File>,
    syntax: SyntaxNode,
    bindings: Bindings,
    /// The scopes around the set.
    frames: Frames,
    uses: OverlayUses,
}

/// An entry `name = callPackage <path> { };` on lines of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageEntry {
    /// The bytes of its lines, and of the lines of the comments directly above it.
    pub lines: Range<u32>,
    /// The path that is called, as it is written.
    pub path: String,
    pub line: u32,
}

/// The names of the finished package set in `all-packages.nix`.
const OWN_SET: [&str; 3] = ["pkgs", "self", "final"];

impl<'t> AllPackages<'t> {
    /// The one in a tree.
    ///
    /// # Errors
    /// If there is none, or it is written in another way.
    pub fn of(files: &Files<'t>) -> Result<Self, Obstacle> {
        let tree = files.tree();
        let none = Obstacle::AllPackages("the tree has no pkgs/top-level/all-packages.nix that can be read as Nix");
        let node = tree.lookup(ALL_PACKAGES.into()).ok_or(none.clone())?;
        let file = files.get(node).map_err(|_| none.clone())?;
        if tree.read(node).map_err(|_| none)? != file.text().as_bytes() {
            return Err(Obstacle::AllPackages(
                "pkgs/top-level/all-packages.nix is not UTF-8: fix that first",
            ));
        }
        let syntax = lossless::parse(file.text()).ok_or(Obstacle::AllPackages(
            "pkgs/top-level/all-packages.nix nests too deeply to be edited",
        ))?;
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
                        return Err(Obstacle::AllPackages(
                            "pkgs/top-level/all-packages.nix is not one literal set, so other code may change its entries",
                        ));
                    }
                },
            }
        };
        if bindings.recursive {
            return Err(Obstacle::AllPackages(
                "pkgs/top-level/all-packages.nix is a recursive set, whose entries see each other: make it a plain one",
            ));
        }
        Ok(Self {
            tree,
            node,
            syntax,
            uses: OverlayUses::of(&file, &functions),
            file,
            bindings,
            frames,
        })
    }

    /// The entry of an attribute whose definition, according to evaluation, is at this byte offset.
    ///
    /// # Errors
    /// If the entry itself shows that it can't be moved.
    pub fn entry(&self, name: Symbol, offset: u32) -> Result<PackageEntry, Obstacle> {
        let file = &*self.file;
        let site = self.site(offset);
        let binding = file
            .bound(&self.bindings)
            .iter()
            .find(|binding| binding.offset == offset && binding.name == name);
        let Some(BoundValue::Expr(value)) = binding.map(|binding| binding.value) else {
            return Err(Obstacle::NoEntry(site));
        };
        if let Some(offset) = self.uses.find(name) {
            return Err(Obstacle::Referred(self.site(offset)));
        }
        let path = self.called(value, &site)?;
        let lines = entry_lines(&self.syntax, name, offset, &site)?;
        Ok(PackageEntry {
            lines,
            path,
            line: site.line.unwrap_or_default(),
        })
    }

    fn site(&self, offset: u32) -> Site {
        Site::line(self.tree, self.node, self.file.position(offset).0)
    }

    /// The path of `callPackage <path> { }`.
    fn called(&self, value: ExprId, site: &Site) -> Result<String, Obstacle> {
        let file = &*self.file;
        let Expr::Apply { function, args } = *file.expr(value) else {
            return Err(Obstacle::NotAPath(site.clone()));
        };
        let [path, args] = *file.children(args) else {
            return Err(Obstacle::NotAPath(site.clone()));
        };
        if !self.is_own_call_package(function) {
            return Err(Obstacle::Callee(site.clone()));
        }
        let path = match *file.expr(path) {
            Expr::Path {
                kind: PathKind::Relative,
                parts,
            } => match file.parts(parts) {
                [Part::Text(text)] => file.literal(*text).to_owned(),
                _ => return Err(Obstacle::NotAPath(site.clone())),
            },
            _ => return Err(Obstacle::NotAPath(site.clone())),
        };
        let is_empty = matches!(*file.expr(args), Expr::Attrs(bindings) if {
            let bindings = file.bindings(bindings);
            file.bound(bindings).is_empty() && file.dynamic(bindings).is_empty() && file.sources(bindings).is_empty()
        });
        if is_empty {
            Ok(path)
        } else {
            Err(Obstacle::Arguments(site.clone()))
        }
    }

    /// Whether a function is the `callPackage` of the set that the file defines.
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
}
