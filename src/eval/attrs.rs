//! Attribute sets: sorted layers, so that `//` copies little, with values that are made when they are asked for.

use std::cell::Cell;

use crate::nix::{BindingsId, BoundValue, Symbol};

use super::Eval;
use super::dependencies::{Dependency, DependencySet};
use super::error::{ErrorOrUnknown, Reason};
use super::value::{Env, FileId, Mapped, Position, Slot, State, Thunk};

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
    /// The attributes of one hide those of the same name in later ones.
    layers: &'h [&'h Layer<'h>],
    /// Where set, there may be more attributes than these, of which nothing is known.
    pub open: Option<&'h Reason<'h>>,
    /// The listings of directories that its names come from, where account is kept of that.
    listings: DependencySet,
}

/// Some attributes, sorted by symbol.
struct Layer<'h> {
    keys: &'h [Key],
    /// The value of each key; then, for what a set literal needs besides, more.
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
    /// They all are.
    Made,
    /// By a set literal, in this scope.  After the keys' values come those of the `from`s of its `inherit`s.
    Literal {
        env: &'h Env<'h>,
        bindings: BindingsId,
        shape: &'h Shape<'h>,
    },
    /// By a recursive set literal, whose frame this is.
    Recursive { env: &'h Env<'h>, shape: &'h Shape<'h> },
    /// As another layer's: for each key its number there.
    Subset { from: &'h Layer<'h>, numbers: &'h [u32] },
    /// All are this one, of attributes that were not written so anywhere.
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
    /// For each key the number of its binding.
    bindings: &'h [u32],
}

/// More layers than this are merged, the smallest first.
const MOST_LAYERS: usize = 12;

/// So many attributes make a layer large.
const LARGE: usize = 256;

impl<'h> Attrs<'h> {
    /// The attribute's value, where it is known to exist.
    pub fn get(&self, eval: &Eval<'h>, name: Symbol) -> Option<&'h Thunk<'h>> {
        self.observe(eval, name);
        self.layers
            .iter()
            .find_map(|layer| Some(layer.value(eval, layer.find(name)?)))
    }

    /// The attribute, where it is known to exist.
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

    /// No fewer than the number of known attributes.
    pub fn size_bound(&self) -> usize {
        self.layers.iter().map(|layer| layer.keys.len()).sum()
    }

    /// Counts that it matters whether the set has this name.
    fn observe(&self, eval: &Eval<'h>, name: Symbol) {
        if !self.listings.is_none() {
            eval.dependencies.add(|| Dependency::Name(name));
        }
    }

    /// Counts that it matters which names the set has.
    pub(super) fn observe_all(&self, eval: &Eval<'h>) {
        eval.dependencies.add_all(self.listings);
    }

    /// The names that are known, sorted by symbol.
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

    /// The attributes that are known, sorted by symbol.
    pub fn sorted(&self, eval: &Eval<'h>) -> Vec<Attr<'h>> {
        self.observe_all(eval);
        self.unobserved(eval)
    }

    /// The same where what is made of it has the same names again.
    fn unobserved(&self, eval: &Eval<'h>) -> Vec<Attr<'h>> {
        merge_all(eval, self.layers)
    }
}

impl<'h> Layer<'h> {
    fn find(&self, name: Symbol) -> Option<usize> {
        if self.keys.len() <= 8 {
            return self.keys.iter().position(|key| key.name == name);
        }
        self.keys.binary_search_by_key(&name, |key| key.name).ok()
    }

    fn attr(&self, eval: &Eval<'h>, at: usize) -> Attr<'h> {
        let Key { name, position } = self.keys[at];
        Attr {
            name,
            // what `mapAttrs` makes was not written anywhere
            position: match self.maker {
                Maker::Map { .. } | Maker::Same(_) => Position::NONE,
                _ => position,
            },
            value: self.value(eval, at),
        }
    }

    fn value(&self, eval: &Eval<'h>, at: usize) -> &'h Thunk<'h> {
        if let Some(value) = self.values[at].get() {
            return value;
        }
        let value = match self.maker {
            Maker::Made => unreachable!("every value is made"),
            Maker::Literal { env, bindings, shape } => self.literal(eval, env, bindings, shape.bindings[at] as usize),
            Maker::Recursive { env, shape } => eval.local(env, 0, shape.bindings[at]),
            Maker::Subset { from, numbers } => from.value(eval, numbers[at] as usize),
            Maker::Same(value) => value,
            Maker::Map { function, from } => {
                let mapped = Mapped {
                    function,
                    name: self.keys[at].name,
                    value: from.value(eval, at),
                };
                eval.heap.alloc(Thunk::new(State::Map(eval.heap.alloc(mapped))))
            }
        };
        self.values[at].set(Some(value));
        value
    }

    /// What the literal binds by its binding of this number.
    fn literal(&self, eval: &Eval<'h>, env: &'h Env<'h>, id: BindingsId, number: usize) -> &'h Thunk<'h> {
        let file = env.code.file;
        let bindings = file.bindings(id);
        let binding = &file.bound(bindings)[number];
        match binding.value {
            BoundValue::Expr(expr) | BoundValue::Inherit(expr) => eval.thunk(env, expr),
            BoundValue::InheritFrom(source) => {
                let slot = &self.values[self.keys.len() + source as usize];
                let source = slot.get().unwrap_or_else(|| {
                    let thunk = eval.thunk(env, file.sources(bindings)[source as usize]);
                    slot.set(Some(thunk));
                    thunk
                });
                eval.lazy_select(source, binding.name)
            }
        }
    }

    fn all(&self, eval: &Eval<'h>) -> Vec<Attr<'h>> {
        (0..self.keys.len()).map(|at| self.attr(eval, at)).collect()
    }
}

fn merge_all<'h>(eval: &Eval<'h>, layers: &[&'h Layer<'h>]) -> Vec<Attr<'h>> {
    match layers {
        [] => Vec::new(),
        [layer] => layer.all(eval),
        _ => {
            let (over, under) = layers.split_at(layers.len() / 2);
            merge(merge_all(eval, under), merge_all(eval, over))
        }
    }
}

/// Both, sorted; where both have a name, that of `over`.
fn merge<'h>(under: Vec<Attr<'h>>, over: Vec<Attr<'h>>) -> Vec<Attr<'h>> {
    let mut merged = Vec::with_capacity(under.len() + over.len());
    let (mut under, mut over) = (under.into_iter().peekable(), over.into_iter().peekable());
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

    /// The set that a literal makes of its static names.  `env`: the scope it stands in, or, where it is recursive, its
    /// frame.
    pub(super) fn literal(&self, env: &'h Env<'h>, id: BindingsId) -> &'h Attrs<'h> {
        let file = env.code.file;
        let bindings = file.bindings(id);
        let place = &env.code.shapes[id.index()];
        let shape = place.get().unwrap_or_else(|| self.shape(env, id, place));
        if shape.keys.is_empty() {
            return self.of_layers(&[]);
        }
        let (more, maker) = if bindings.recursive {
            (0, Maker::Recursive { env, shape })
        } else {
            (
                file.sources(bindings).len(),
                Maker::Literal {
                    env,
                    bindings: id,
                    shape,
                },
            )
        };
        let values = self.heap.slots((0..shape.keys.len() + more).map(|_| None));
        let layer = self.heap.alloc(Layer {
            keys: shape.keys,
            values,
            maker,
        });
        self.of_layers(&[layer])
    }

    #[cold]
    fn shape(&self, env: &'h Env<'h>, id: BindingsId, place: &Cell<Option<&'h Shape<'h>>>) -> &'h Shape<'h> {
        let bound = env.code.file.bound(env.code.file.bindings(id));
        let mut order: Vec<u32> = (0..bound.len() as u32).collect();
        order.sort_unstable_by_key(|at| bound[*at as usize].name);
        let key = |at: &u32| {
            let binding = &bound[*at as usize];
            Key {
                name: binding.name,
                position: Position {
                    file: env.code.id,
                    offset: binding.offset,
                },
            }
        };
        let keys = self.heap.slice(order.iter().map(key).collect());
        let shape: &'h Shape<'h> = self.heap.alloc(Shape {
            keys,
            bindings: self.heap.slice(order),
        });
        place.set(Some(shape));
        shape
    }

    /// `mapAttrs function attrs`.
    pub(super) fn mapped(&self, function: &'h Thunk<'h>, attrs: &'h Attrs<'h>) -> &'h Attrs<'h> {
        // many layers would soon be merged, which makes all values
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

    /// The names are sorted.
    fn layer_without(&self, from: &'h Layer<'h>, names: &[Symbol]) -> &'h Layer<'h> {
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

    /// The same set, whose names are those of entries of a directory.
    pub(super) fn listing(&self, attrs: &'h Attrs<'h>, directory: FileId) -> &'h Attrs<'h> {
        let listings = self.dependencies.set_of(Dependency::Listing(directory));
        self.heap.alloc(Attrs { listings, ..*attrs })
    }

    /// The same set, of which more attributes may exist than are known.
    pub fn opened(&self, attrs: &'h Attrs<'h>, reason: &'h Reason<'h>) -> &'h Attrs<'h> {
        self.heap.alloc(Attrs {
            open: Some(reason),
            ..*attrs
        })
    }

    /// `left // right`.
    pub fn update(&self, left: &'h Attrs<'h>, right: &'h Attrs<'h>) -> &'h Attrs<'h> {
        let listings = self.dependencies.union(left.listings, right.listings);
        // any attribute of the left may be one of those of the right that are not known
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

    /// A set with the same names and more, of whose values nothing is known.
    fn hidden(&self, attrs: &'h Attrs<'h>, reason: &'h Reason<'h>) -> &'h Attrs<'h> {
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

    /// Merges neighbours until there are few layers, and none is large beside a larger one of the same order: so what
    /// a set grows by again and again is copied seldom.
    fn compact(&self, layers: &mut Vec<&'h Layer<'h>>) {
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

    fn merge_at(&self, layers: &mut Vec<&'h Layer<'h>>, at: usize) {
        let merged = merge(layers[at + 1].all(self), layers[at].all(self));
        layers[at] = self.layer(&merged);
        layers.remove(at + 1);
    }
}
