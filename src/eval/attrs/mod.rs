//! Attribute sets: sorted layers, so that `//` copies little, whose values are made when they are first needed.

use crate::nix::{BindingsId, Symbol};

use super::Eval;
use super::dependencies::{Dependency, DependencySet};
use super::error::Reason;
use super::value::{Env, FileId, Position, Slot, Thunk};

mod derived;
mod layer;
mod literal;

use layer::merge_all;

/// One attribute.
#[derive(Clone, Copy)]
pub struct Attr<'h> {
    /// Its name.
    pub name: Symbol,
    /// Where it is defined.
    pub position: Position,
    /// Its value.
    pub value: &'h Thunk<'h>,
}

/// An attribute set.
#[derive(Clone, Copy)]
pub struct Attrs<'h> {
    /// An attribute hides those of the same name in later layers.
    layers: &'h [&'h Layer<'h>],
    /// If set, there may be unknown attributes besides these, for this reason.
    pub open: Option<&'h Reason<'h>>,
    /// The directory listings that its names come from, if dependencies are tracked.
    listings: DependencySet,
}

/// Some attributes, sorted by symbol.
struct Layer<'h> {
    keys: &'h [Key],
    /// The value of each key, then the further values that a set literal needs.
    values: &'h [Slot<'h>],
    maker: Maker<'h>,
}

/// An attribute without its value.
#[derive(Clone, Copy)]
struct Key {
    name: Symbol,
    position: Position,
}

/// How the values of a layer are made.
#[derive(Clone, Copy)]
enum Maker<'h> {
    /// All values exist already.
    Made,
    /// By a set literal in this scope. After the keys' values come those of the `from` expressions of its `inherit`s.
    Literal {
        env: &'h Env<'h>,
        bindings: BindingsId,
        shape: &'h Shape<'h>,
    },
    /// By a recursive set literal, whose frame is `env`.
    Recursive { env: &'h Env<'h>, shape: &'h Shape<'h> },
    /// As another layer makes them: for each key its index there.
    Subset { from: &'h Layer<'h>, numbers: &'h [u32] },
    /// Each is this value. The attributes have no position in the source.
    Same(&'h Thunk<'h>),
    /// By `mapAttrs`, from the values of another layer.
    Map {
        function: &'h Thunk<'h>,
        from: &'h Layer<'h>,
    },
}

/// What all sets made by one literal have in common.
pub(super) struct Shape<'h> {
    keys: &'h [Key],
    /// For each key the index of its binding.
    bindings: &'h [u32],
}

impl<'h> Attrs<'h> {
    /// The attribute's value, if it is known to exist.
    pub fn get(&self, eval: &Eval<'h>, name: Symbol) -> Option<&'h Thunk<'h>> {
        self.observe(eval, name);
        self.layers
            .iter()
            .find_map(|layer| Some(layer.value(eval, layer.find(name)?)))
    }

    /// The attribute, if it is known to exist.
    pub fn attr(&self, eval: &Eval<'h>, name: Symbol) -> Option<Attr<'h>> {
        self.observe(eval, name);
        self.layers
            .iter()
            .find_map(|layer| Some(layer.attr(eval, layer.find(name)?)))
    }

    /// Whether the attribute is known to exist.
    pub fn has(&self, eval: &Eval<'h>, name: Symbol) -> bool {
        self.observe(eval, name);
        self.is_there(name)
    }

    fn is_there(&self, name: Symbol) -> bool {
        self.layers.iter().any(|layer| layer.find(name).is_some())
    }

    /// An upper bound for the number of known attributes.
    #[must_use]
    pub fn size_bound(&self) -> usize {
        self.layers.iter().map(|layer| layer.keys.len()).sum()
    }

    /// Records that evaluation depends on whether the set has this name.
    fn observe(&self, eval: &Eval<'h>, name: Symbol) {
        if !self.listings.is_none() {
            eval.dependencies.add(|| Dependency::Name(name));
        }
    }

    /// Records that evaluation depends on which names the set has.
    pub(super) fn observe_all(&self, eval: &Eval<'h>) {
        eval.dependencies.add_all(self.listings);
    }

    /// The known names, sorted by symbol.
    pub fn names(&self, eval: &Eval<'h>) -> Vec<Symbol> {
        self.observe_all(eval);
        let mut names: Vec<_> = self
            .layers
            .iter()
            .flat_map(|layer| layer.keys.iter().map(|key| key.name))
            .collect();
        if self.layers.len() > 1 {
            names.sort_unstable();
            names.dedup();
        }
        names
    }

    /// The known attributes, sorted by symbol.
    pub fn sorted(&self, eval: &Eval<'h>) -> Vec<Attr<'h>> {
        self.observe_all(eval);
        self.unobserved(eval)
    }

    /// Like [`sorted`](Self::sorted), without recording a dependency: for making sets that have the same names.
    fn unobserved(&self, eval: &Eval<'h>) -> Vec<Attr<'h>> {
        merge_all(eval, self.layers)
    }
}

impl<'h> Eval<'h> {
    /// The set of these attributes. If several have one name, the last wins.
    pub fn attrs(&self, mut attrs: Vec<Attr<'h>>) -> &'h Attrs<'h> {
        attrs.sort_by_key(|attr| attr.name);
        attrs.reverse();
        attrs.dedup_by_key(|attr| attr.name);
        attrs.reverse();
        self.attrs_sorted(&attrs)
    }

    /// Like [`attrs`](Self::attrs), for attributes that are sorted by symbol and have different names.
    pub fn attrs_sorted(&self, attrs: &[Attr<'h>]) -> &'h Attrs<'h> {
        if attrs.is_empty() {
            return self.of_layers(&[]);
        }
        let layer = self.layer(attrs);
        self.of_layers(&[layer])
    }

    fn of_layers(&self, layers: &[&'h Layer<'h>]) -> &'h Attrs<'h> {
        let layers = self.heap.slice_copy(layers);
        self.heap.alloc(Attrs {
            layers,
            open: None,
            listings: DependencySet::NONE,
        })
    }

    fn layer(&self, attrs: &[Attr<'h>]) -> &'h Layer<'h> {
        let keys = attrs.iter().map(|Attr { name, position, .. }| Key {
            name: *name,
            position: *position,
        });
        let keys = self.heap.slice(keys.collect());
        let values = self.heap.slots(attrs.iter().map(|attr| Some(attr.value)));
        self.heap.alloc(Layer {
            keys,
            values,
            maker: Maker::Made,
        })
    }

    /// The same set, whose names are the entries of a directory.
    pub(super) fn listing(&self, attrs: &'h Attrs<'h>, directory: FileId) -> &'h Attrs<'h> {
        let listings = self.dependencies.set_of(Dependency::Listing(directory));
        self.heap.alloc(Attrs { listings, ..*attrs })
    }

    /// The same set, which may have more attributes than are known.
    pub fn opened(&self, attrs: &'h Attrs<'h>, reason: &'h Reason<'h>) -> &'h Attrs<'h> {
        self.heap.alloc(Attrs {
            open: Some(reason),
            ..*attrs
        })
    }
}
