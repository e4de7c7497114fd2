//! Attribute sets: sorted arrays, in layers so that `//` on a large set copies little.

use crate::nix::Symbol;

use super::stop::Reason;
use super::value::{Position, Thunk};
use super::{Eval, Heap};

/// One attribute.
#[derive(Clone, Copy)]
pub struct Attr<'h> {
    pub name: Symbol,
    pub position: Position,
    pub value: &'h Thunk<'h>,
}

/// An attribute set.
#[derive(Clone, Copy)]
pub struct Attrs<'h> {
    /// Each sorted by symbol; the attributes of one hide those of the same name in later ones.
    layers: &'h [&'h [Attr<'h>]],
    /// Where set, there may be more attributes than these, of which nothing is known.
    pub open: Option<Reason<'h>>,
    pub origin: Origin<'h>,
}

/// Where a set comes from; `//` keeps it.
#[derive(Clone, Copy, Default)]
pub struct Origin<'h> {
    /// Marks of the host, such as who made this value.
    pub marks: Marks,
    /// The arguments of the `derivation` call that it came of: what the builder sees, whatever was added later.
    pub built_from: Option<&'h Attrs<'h>>,
}

impl Origin<'_> {
    /// That of `left // right`.
    fn updated(self, right: Self) -> Self {
        let marks = Marks(self.marks.0 | right.marks.0);
        Self {
            marks,
            built_from: right.built_from.or(self.built_from),
        }
    }
}

/// Marks of the host on a set: bits of its choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Marks(pub u8);

impl Marks {
    pub fn has(self, mark: Self) -> bool {
        self.0 & mark.0 != 0
    }
}

/// More layers than this are merged, the smallest first.
const MOST_LAYERS: usize = 8;

/// Sets that have together no more attributes than this are merged at once: a look-up in one layer is faster.
const SMALL: usize = 64;

impl<'h> Attrs<'h> {
    pub fn get(&self, name: Symbol) -> Option<&'h Thunk<'h>> {
        self.attr(name).map(|attr| attr.value)
    }

    pub fn attr(&self, name: Symbol) -> Option<&'h Attr<'h>> {
        self.layers.iter().find_map(|layer| find(layer, name))
    }

    /// No fewer than the number of attributes.
    pub fn size_bound(&self) -> usize {
        self.layers.iter().map(|layer| layer.len()).sum()
    }

    /// The attributes that are known, sorted by symbol.
    pub fn sorted(&self, heap: &'h Heap) -> &'h [Attr<'h>] {
        match self.layers {
            [] => &[],
            [layer] => layer,
            layers => heap.slice(merge_all(layers)),
        }
    }
}

fn merge_all<'h>(layers: &[&[Attr<'h>]]) -> Vec<Attr<'h>> {
    match layers {
        [] => Vec::new(),
        [layer] => layer.to_vec(),
        _ => {
            let (over, under) = layers.split_at(layers.len() / 2);
            merge(&merge_all(under), &merge_all(over))
        }
    }
}

fn find<'a, 'h>(attrs: &'a [Attr<'h>], name: Symbol) -> Option<&'a Attr<'h>> {
    if attrs.len() <= 8 {
        return attrs.iter().find(|attr| attr.name == name);
    }
    attrs
        .binary_search_by_key(&name, |attr| attr.name)
        .ok()
        .map(|at| &attrs[at])
}

/// Both, sorted; where both have a name, that of `over`.
fn merge<'h>(under: &[Attr<'h>], over: &[Attr<'h>]) -> Vec<Attr<'h>> {
    let mut merged = Vec::with_capacity(under.len() + over.len());
    let (mut under, mut over) = (under.iter().peekable(), over.iter().peekable());
    loop {
        match (under.peek(), over.peek()) {
            (Some(a), Some(b)) if a.name < b.name => merged.extend(under.next()),
            (Some(a), Some(b)) => {
                if a.name == b.name {
                    under.next();
                }
                merged.extend(over.next());
            }
            (Some(_), None) => merged.extend(under.next()),
            (None, Some(_)) => merged.extend(over.next()),
            (None, None) => return merged,
        }
    }
}

impl<'h> Eval<'h> {
    /// The set of these attributes; of several with one name the last counts.
    pub fn attrs(&self, mut attrs: Vec<Attr<'h>>) -> &'h Attrs<'h> {
        attrs.sort_by_key(|attr| attr.name);
        attrs.reverse();
        attrs.dedup_by_key(|attr| attr.name);
        attrs.reverse();
        self.attrs_sorted(&attrs)
    }

    /// The same of attributes that are sorted by symbol, each once.
    pub fn attrs_sorted(&self, attrs: &[Attr<'h>]) -> &'h Attrs<'h> {
        if attrs.is_empty() {
            return self.heap.alloc(Attrs {
                layers: &[],
                open: None,
                origin: Origin::default(),
            });
        }
        let layer: &'h [Attr<'h>] = self.heap.slice_copy(attrs);
        self.heap.alloc(Attrs {
            layers: self.heap.slice_copy(&[layer]),
            open: None,
            origin: Origin::default(),
        })
    }

    /// The same set with other marks.
    pub fn marked(&self, attrs: &'h Attrs<'h>, marks: Marks) -> &'h Attrs<'h> {
        self.heap.alloc(Attrs {
            origin: attrs.origin.updated(Origin {
                marks,
                built_from: None,
            }),
            ..*attrs
        })
    }

    /// The same set as of this origin.
    pub fn originating(&self, attrs: &'h Attrs<'h>, origin: Origin<'h>) -> &'h Attrs<'h> {
        self.heap.alloc(Attrs { origin, ..*attrs })
    }

    /// The same set, of which more attributes may exist than are known.
    pub fn opened(&self, attrs: &'h Attrs<'h>, reason: Reason<'h>) -> &'h Attrs<'h> {
        self.heap.alloc(Attrs {
            open: Some(reason),
            ..*attrs
        })
    }

    /// `left // right`.
    pub fn update(&self, left: &'h Attrs<'h>, right: &'h Attrs<'h>) -> &'h Attrs<'h> {
        let origin = left.origin.updated(right.origin);
        if let Some(reason) = right.open {
            // any attribute may be one of those that are not known
            return self.heap.alloc(Attrs {
                open: Some(reason),
                origin,
                ..*right
            });
        }
        let open = left.open;
        let layers = match (left.layers, right.layers) {
            (layers, []) | ([], layers) => layers,
            ([left], [right]) if left.len() + right.len() <= SMALL => {
                let merged: &'h [Attr<'h>] = self.heap.slice(merge(left, right));
                self.heap.slice_copy(&[merged])
            }
            (left, right) => {
                let mut layers = [right, left].concat();
                self.compact(&mut layers);
                self.heap.slice(layers)
            }
        };
        self.heap.alloc(Attrs { layers, open, origin })
    }

    /// Merges neighbours until there are few layers.
    fn compact(&self, layers: &mut Vec<&'h [Attr<'h>]>) {
        while layers.len() > MOST_LAYERS {
            let size = |at: usize| layers[at].len() + layers[at + 1].len();
            let smallest = (0..layers.len() - 1).min_by_key(|at| size(*at)).unwrap_or(0);
            layers[smallest] = self.heap.slice(merge(layers[smallest + 1], layers[smallest]));
            layers.remove(smallest + 1);
        }
    }
}
