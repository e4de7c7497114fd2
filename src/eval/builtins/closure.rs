//! `builtins.genericClosure`.

use std::cmp::Ordering;
use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use super::super::value::{Thunk, Value};
use super::super::{Eval, Outcome};
use super::{Args, Builtin};

pub(super) fn functions<'h>() -> Vec<Builtin<'h>> {
    vec![("genericClosure", 1, generic_closure)]
}

fn generic_closure<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let what = "for `genericClosure`";
    let args = eval.force_attrs(args[0], what)?;
    let get = |name| args.get(eval, name).ok_or_else(|| eval.missing(args, name));
    let mut waiting: VecDeque<_> = (eval.force_list(get(eval.names.start_set)?, what)?.iter())
        .copied()
        .collect();
    if waiting.is_empty() {
        return Ok(Value::List(&[]));
    }
    let operator = get(eval.names.operator)?;
    eval.force_function(operator, what)?;
    let operator = eval.force(operator)?;
    let mut keys = Keys::Sorted(Vec::new());
    let mut closure = Vec::new();
    let mut scratch = eval.scratch();
    while let Some(item) = waiting.pop_front() {
        let key = eval.select(item, eval.names.key)?;
        if !keys.insert(eval, key)? {
            continue;
        }
        closure.push(item);
        eval.count_call()?;
        let next = eval.done(eval.apply(operator, &[item])?);
        waiting.extend(eval.force_list(next, what)?.iter().copied());
        // each key is in a hash table as well
        scratch.reserve_items::<&Thunk>(closure.len() * 4 + waiting.len())?;
    }
    Ok(eval.list(closure))
}

/// The keys seen so far, which must be comparable with each other.
enum Keys<'h> {
    Texts(FxHashSet<&'h str>),
    Numbers(FxHashSet<i64>),
    /// Of any type, sorted.
    Sorted(Vec<Value<'h>>),
}

impl<'h> Keys<'h> {
    /// Adds a key; returns whether it is new.
    ///
    /// # Errors
    /// As in Nix, if it can't be compared with the earlier ones.
    fn insert(&mut self, eval: &Eval<'h>, key: Value<'h>) -> Outcome<'h, bool> {
        match (&mut *self, key) {
            (Self::Texts(texts), Value::Str(text)) => Ok(texts.insert(text)),
            (Self::Numbers(numbers), Value::Int(number)) => Ok(numbers.insert(number)),
            (Self::Sorted(keys), Value::Str(text)) if keys.is_empty() => {
                *self = Self::Texts(FxHashSet::from_iter([text]));
                Ok(true)
            }
            (Self::Sorted(keys), Value::Int(number)) if keys.is_empty() => {
                *self = Self::Numbers(FxHashSet::from_iter([number]));
                Ok(true)
            }
            (_, key) => {
                let mut keys = std::mem::replace(self, Self::Sorted(Vec::new())).into_sorted();
                let new = insert_sorted(eval, &mut keys, key);
                *self = Self::Sorted(keys);
                new
            }
        }
    }

    fn into_sorted(self) -> Vec<Value<'h>> {
        match self {
            Self::Texts(texts) => {
                let mut texts: Vec<_> = texts.into_iter().collect();
                texts.sort_unstable();
                texts.into_iter().map(Value::Str).collect()
            }
            Self::Numbers(numbers) => {
                let mut numbers: Vec<_> = numbers.into_iter().collect();
                numbers.sort_unstable();
                numbers.into_iter().map(Value::Int).collect()
            }
            Self::Sorted(keys) => keys,
        }
    }
}

fn insert_sorted<'h>(eval: &Eval<'h>, keys: &mut Vec<Value<'h>>, key: Value<'h>) -> Outcome<'h, bool> {
    eval.count_items(keys.len())?;
    let mut failed = None;
    let found = keys.binary_search_by(|other| match (eval.less(*other, key), eval.less(key, *other)) {
        (Ok(true), _) => Ordering::Less,
        (_, Ok(true)) => Ordering::Greater,
        (Ok(_), Ok(_)) => Ordering::Equal,
        (Err(error), _) | (_, Err(error)) => {
            failed = Some(error);
            Ordering::Equal
        }
    });
    match (failed, found) {
        (Some(error), _) => Err(error),
        (None, Ok(_)) => Ok(false),
        (None, Err(place)) => {
            keys.insert(place, key);
            Ok(true)
        }
    }
}
