//! Sets made from other sets: `//`, `mapAttrs`, `removeAttrs`.

use super::super::Eval;
use super::super::error::{ErrorOrUnknown, Reason};
use super::super::value::Thunk;
use super::layer::merge;
use super::{Attrs, Layer, Maker};
use crate::nix::Symbol;

/// More layers than this are merged, the smallest first.
const MOST_LAYERS: usize = 12;

/// A layer with at least this many attributes is large.
const LARGE: usize = 256;

impl<'h> Eval<'h> {
    /// `mapAttrs function attrs`.
    pub(in super::super) fn mapped(&self, function: &'h Thunk<'h>, attrs: &'h Attrs<'h>) -> &'h Attrs<'h> {
        // many layers would soon be merged, which would make all values
        let few = match attrs.layers {
            layers if layers.len() > 2 && attrs.size_bound() >= LARGE => {
                self.attrs_sorted(&attrs.unobserved(self)).layers
            }
            layers => layers,
        };
        let layers = few.iter().map(|from| -> &'h Layer<'h> {
            let values = self.heap.slots((0..from.keys.len()).map(|_| None));
            self.heap.alloc(Layer {
                keys: from.keys,
                values,
                maker: Maker::Map { function, from },
            })
        });
        let layers = self.heap.slice(layers.collect());
        self.heap.alloc(Attrs {
            layers,
            open: attrs.open,
            listings: attrs.listings,
        })
    }

    /// The set without these attributes.
    pub fn without(&self, attrs: &'h Attrs<'h>, names: &[Symbol]) -> &'h Attrs<'h> {
        if !names.iter().any(|name| attrs.is_there(*name)) {
            return attrs;
        }
        let mut names = names.to_vec();
        names.sort_unstable();
        let layers = attrs
            .layers
            .iter()
            .map(|layer| match names.iter().any(|name| layer.find(*name).is_some()) {
                true => self.layer_without(layer, &names),
                false => *layer,
            });
        let layers = self.heap.collect(layers);
        self.heap.alloc(Attrs { layers, ..*attrs })
    }

    /// `from` without these attributes, which are sorted.
    pub(super) fn layer_without(&self, from: &'h Layer<'h>, names: &[Symbol]) -> &'h Layer<'h> {
        let kept = |at: &u32| names.binary_search(&from.keys[*at as usize].name).is_err();
        let numbers: Vec<u32> = (0..from.keys.len() as u32).filter(kept).collect();
        let keys = self.heap.collect(numbers.iter().map(|at| from.keys[*at as usize]));
        let values = self.heap.cells(keys.len());
        self.heap.alloc(Layer {
            keys,
            values,
            maker: Maker::Subset {
                from,
                numbers: self.heap.slice(numbers),
            },
        })
    }

    /// `left // right`.
    pub fn update(&self, left: &'h Attrs<'h>, right: &'h Attrs<'h>) -> &'h Attrs<'h> {
        let listings = self.dependencies.union(left.listings, right.listings);
        // an unknown attribute of the right may hide any attribute of the left
        let left = right.open.map_or(left, |reason| self.hidden(left, reason));
        let open = left.open;
        let layers = match (left.layers, right.layers) {
            (layers, []) | ([], layers) => layers,
            (left, right) => {
                let mut layers = [right, left].concat();
                self.compact(&mut layers);
                self.heap.slice(layers)
            }
        };
        self.heap.alloc(Attrs { layers, open, listings })
    }

    /// A set with the same names and perhaps more, none of whose values is known.
    pub(super) fn hidden(&self, attrs: &'h Attrs<'h>, reason: &'h Reason<'h>) -> &'h Attrs<'h> {
        let value = self.failed(ErrorOrUnknown::Unknown(reason));
        let hidden = attrs.layers.iter().map(|layer| -> &'h Layer<'h> {
            self.heap.alloc(Layer {
                keys: layer.keys,
                values: self.heap.slots((0..layer.keys.len()).map(|_| None)),
                maker: Maker::Same(value),
            })
        });
        let layers = self.heap.slice(hidden.collect());
        let open = Some(reason);
        self.heap.alloc(Attrs { layers, open, ..*attrs })
    }

    /// Merges neighbours until there are few layers, and no large layer is next to one of similar size. So a set that
    /// grows step by step is seldom copied.
    pub(super) fn compact(&self, layers: &mut Vec<&'h Layer<'h>>) {
        let size = |layer: &Layer| layer.keys.len();
        while let Some(at) = layers.windows(2).position(|pair| {
            let (a, b) = (size(pair[0]), size(pair[1]));
            a.min(b) >= LARGE && a.min(b) * 2 >= a.max(b)
        }) {
            self.merge_at(layers, at);
        }
        while layers.len() > MOST_LAYERS {
            let smallest = (0..layers.len() - 1).min_by_key(|at| size(layers[*at]) + size(layers[*at + 1]));
            self.merge_at(layers, smallest.unwrap_or(0));
        }
    }

    pub(super) fn merge_at(&self, layers: &mut Vec<&'h Layer<'h>>, at: usize) {
        let merged = merge(layers[at + 1].all(self), layers[at].all(self));
        layers[at] = self.layer(&merged);
        layers.remove(at + 1);
    }
}
