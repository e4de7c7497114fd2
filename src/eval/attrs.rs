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
pub struct Attrs<'h> {
    /// Sorted by symbol; they hide those of the same name below.
    own: &'h [Attr<'h>],
    below: Option<&'h Attrs<'h>>,
    layers: u32,
    /// Where set, there may be more attributes than these, of which nothing is known.
    pub open: Option<Reason<'h>>,
    /// Marks of the host, such as who made this value; `//` keeps them.
    pub marks: Marks,
}

/// Marks of the host on a set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Marks(pub u8);

impl Marks {
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// More layers than this are made one.
const MOST_LAYERS: u32 = 6;

impl<'h> Attrs<'h> {
    pub fn get(&self, name: Symbol) -> Option<&'h Thunk<'h>> {
        self.attr(name).map(|attr| attr.value)
    }

    pub fn attr(&self, name: Symbol) -> Option<&'h Attr<'h>> {
        if let Some(found) = find(self.own, name) {
            return Some(found);
        }
        let mut layer = self.below;
        while let Some(attrs) = layer {
            if let Some(found) = find(attrs.own, name) {
                return Some(found);
            }
            layer = attrs.below;
        }
        None
    }

    /// No fewer than the number of attributes.
    pub fn size_bound(&self) -> usize {
        self.own.len() + self.below.map_or(0, Attrs::size_bound)
    }

    /// The attributes that are known, sorted by symbol.
    pub fn sorted(&self, heap: &'h Heap) -> &'h [Attr<'h>] {
        let Some(below) = self.below else { return self.own };
        heap.slice(merge(below.sorted(heap), self.own))
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
        let own = self.heap.slice_copy(attrs);
        self.heap.alloc(Attrs {
            own,
            below: None,
            layers: 1,
            open: None,
            marks: Marks::default(),
        })
    }

    /// The same set with other marks.
    pub fn marked(&self, attrs: &'h Attrs<'h>, marks: Marks) -> &'h Attrs<'h> {
        let Attrs {
            own,
            below,
            layers,
            open,
            marks: old,
        } = *attrs;
        self.heap.alloc(Attrs {
            own,
            below,
            layers,
            open,
            marks: old.and(marks),
        })
    }

    /// The same set, of which more attributes may exist than are known.
    pub fn opened(&self, attrs: &'h Attrs<'h>, reason: Reason<'h>) -> &'h Attrs<'h> {
        let Attrs {
            own,
            below,
            layers,
            marks,
            ..
        } = *attrs;
        self.heap.alloc(Attrs {
            own,
            below,
            layers,
            open: Some(reason),
            marks,
        })
    }

    /// `left // right`.
    pub fn update(&self, left: &'h Attrs<'h>, right: &'h Attrs<'h>) -> &'h Attrs<'h> {
        let marks = left.marks.and(right.marks);
        if let Some(reason) = right.open {
            // any attribute may be one of those that are not known
            return self.heap.alloc(Attrs {
                open: Some(reason),
                marks,
                ..*right
            });
        }
        let open = left.open;
        let size = right.size_bound();
        if size == 0 {
            return self.heap.alloc(Attrs { marks, ..*left });
        }
        if left.size_bound() == 0 {
            return self.heap.alloc(Attrs { open, marks, ..*right });
        }
        let right = right.sorted(self.heap);
        if left.layers < MOST_LAYERS && right.len() * 2 <= left.size_bound() {
            return self.heap.alloc(Attrs {
                own: right,
                below: Some(left),
                layers: left.layers + 1,
                open,
                marks,
            });
        }
        let own = self.heap.slice(merge(left.sorted(self.heap), right));
        self.heap.alloc(Attrs {
            own,
            below: None,
            layers: 1,
            open,
            marks,
        })
    }
}

impl Clone for Attrs<'_> {
    fn clone(&self) -> Self {
        *self
    }
}

impl Copy for Attrs<'_> {}
