//! Lists.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use crate::nix::Symbol;

use super::super::attrs::Attr;
use super::super::value::{Position, Thunk, Value};
use super::super::{Eval, Outcome};
use super::{Args, Entry};

pub(super) fn functions<'h>() -> Vec<Entry<'h>> {
    vec![
        ("length", 1, |eval, args| {
            Ok(Value::Int(eval.force_list(args[0], "by `length`")?.len() as i64))
        }),
        ("head", 1, |eval, args| match eval.force_list(args[0], "by `head`")? {
            [first, ..] => eval.force(first),
            [] => Err(eval.abort("`head` of an empty list")),
        }),
        ("tail", 1, |eval, args| match eval.force_list(args[0], "by `tail`")? {
            [_, rest @ ..] => Ok(Value::List(rest)),
            [] => Err(eval.abort("`tail` of an empty list")),
        }),
        ("elemAt", 2, |eval, args| {
            let list = eval.force_list(args[0], "by `elemAt`")?;
            let at = eval.force_int(args[1], "by `elemAt`")?;
            match usize::try_from(at).ok().and_then(|at| list.get(at)) {
                Some(item) => eval.force(item),
                None => Err(eval.abort(&format!("list index {at} is out of bounds"))),
            }
        }),
        ("elem", 2, |eval, args| {
            let wanted = eval.force(args[0])?;
            let mut unknown = None;
            for item in eval.force_list(args[1], "by `elem`")? {
                let item = eval.force(item)?;
                match eval.equal(wanted, item) {
                    Ok(true) => return Ok(Value::Bool(true)),
                    Ok(false) => {}
                    Err(stop) if stop.is_unknown() => unknown = unknown.or(Some(stop)),
                    Err(stop) => return Err(stop),
                }
            }
            unknown.map_or(Ok(Value::Bool(false)), Err)
        }),
        ("map", 2, |eval, args| {
            let items = eval.force_list(args[1], "by `map`")?;
            Ok(eval.list(items.iter().map(|item| eval.lazy_call(args[0], &[item])).collect()))
        }),
        ("filter", 2, |eval, args| {
            let test = eval.force(args[0])?;
            let mut kept = Vec::new();
            for item in eval.force_list(args[1], "by `filter`")? {
                if test_item(eval, test, item)? {
                    kept.push(*item);
                }
            }
            Ok(eval.list(kept))
        }),
        ("partition", 2, |eval, args| {
            let test = eval.force(args[0])?;
            let (mut right, mut wrong) = (Vec::new(), Vec::new());
            for item in eval.force_list(args[1], "by `partition`")? {
                if test_item(eval, test, item)? {
                    right.push(*item)
                } else {
                    wrong.push(*item)
                }
            }
            let attr = |name, items| Attr {
                name,
                position: Position::NONE,
                value: eval.done(eval.list(items)),
            };
            Ok(Value::Attrs(eval.attrs(vec![
                attr(eval.names.right, right),
                attr(eval.names.wrong, wrong),
            ])))
        }),
        ("any", 2, |eval, args| some(eval, args, true)),
        ("all", 2, |eval, args| some(eval, args, false)),
        ("foldl'", 3, |eval, args| {
            let function = eval.force(args[0])?;
            let mut value = args[1];
            for item in eval.force_list(args[2], "by `foldl'`")? {
                value = eval.done(eval.apply(function, &[value, item])?);
            }
            eval.force(value)
        }),
        ("concatLists", 1, |eval, args| {
            let mut all = Vec::new();
            for list in eval.force_list(args[0], "by `concatLists`")? {
                all.extend_from_slice(eval.force_list(list, "by `concatLists`")?);
                eval.afford(all.len() * size_of::<usize>())?;
            }
            Ok(eval.list(all))
        }),
        ("concatMap", 2, |eval, args| {
            let function = eval.force(args[0])?;
            let mut all = Vec::new();
            for item in eval.force_list(args[1], "by `concatMap`")? {
                match eval.apply(function, &[item])? {
                    Value::List(items) => all.extend_from_slice(items),
                    other => return Err(eval.mismatch("a list", other, "from the function of `concatMap`")),
                }
                eval.afford(all.len() * size_of::<usize>())?;
            }
            Ok(eval.list(all))
        }),
        ("genList", 2, |eval, args| {
            let length = eval.force_int(args[1], "by `genList`")?;
            let length =
                usize::try_from(length).map_err(|_| eval.abort(&format!("can't make a list of {length} elements")))?;
            eval.afford(length.saturating_mul(2 * size_of::<Thunk>()))?;
            let items = (0..length as i64).map(|at| eval.lazy_call(args[0], &[eval.done(Value::Int(at))]));
            Ok(eval.list(items.collect()))
        }),
        ("sort", 2, |eval, args| {
            let less = eval.force(args[0])?;
            let items = eval.force_list(args[1], "by `sort`")?;
            Ok(eval.list(sort(eval, less, items)?))
        }),
        ("groupBy", 2, |eval, args| {
            let function = eval.force(args[0])?;
            let mut groups: FxHashMap<Symbol, Vec<&Thunk>> = FxHashMap::default();
            for item in eval.force_list(args[1], "by `groupBy`")? {
                let name = eval.done(eval.apply(function, &[item])?);
                let name = eval.force_str(name, "from the function of `groupBy`")?;
                groups.entry(Symbol::new(name)).or_default().push(item);
            }
            let attr = |(name, items)| Attr {
                name,
                position: Position::NONE,
                value: eval.done(eval.list(items)),
            };
            Ok(Value::Attrs(eval.attrs(groups.into_iter().map(attr).collect())))
        }),
        ("genericClosure", 1, generic_closure),
    ]
}

fn test_item<'h>(eval: &Eval<'h>, test: Value<'h>, item: &'h Thunk<'h>) -> Outcome<'h, bool> {
    let value = eval.apply(test, &[item])?;
    eval.bool(value, "from a predicate")
}

/// `any` and `all`: `decides` is the answer for one element that needs no more.
fn some<'h>(eval: &Eval<'h>, args: Args<'h>, decides: bool) -> Outcome<'h> {
    let test = eval.force(args[0])?;
    let mut unknown = None;
    for item in eval.force_list(args[1], "by `any` or `all`")? {
        match test_item(eval, test, item) {
            Ok(answer) if answer == decides => return Ok(Value::Bool(decides)),
            Ok(_) => {}
            Err(stop) if stop.is_unknown() && !eval.exhausted.get() => unknown = unknown.or(Some(stop)),
            Err(stop) => return Err(stop),
        }
    }
    unknown.map_or(Ok(Value::Bool(!decides)), Err)
}

/// A stable merge sort, whose comparison may end without an answer.
fn sort<'h>(eval: &Eval<'h>, less: Value<'h>, items: &[&'h Thunk<'h>]) -> Outcome<'h, Vec<&'h Thunk<'h>>> {
    if items.len() < 2 {
        return Ok(items.to_vec());
    }
    let (left, right) = items.split_at(items.len() / 2);
    let (left, right) = (sort(eval, less, left)?, sort(eval, less, right)?);
    let mut sorted = Vec::with_capacity(items.len());
    let (mut left, mut right) = (left.as_slice(), right.as_slice());
    while let ([a, left_rest @ ..], [b, right_rest @ ..]) = (left, right) {
        let swapped = eval.apply(less, &[b, a])?;
        if eval.bool(swapped, "from the comparison of `sort`")? {
            sorted.push(*b);
            right = right_rest;
        } else {
            sorted.push(*a);
            left = left_rest;
        }
    }
    sorted.extend_from_slice(left);
    sorted.extend_from_slice(right);
    Ok(sorted)
}

fn generic_closure<'h>(eval: &Eval<'h>, args: Args<'h>) -> Outcome<'h> {
    let what = "by `genericClosure`";
    let args = eval.force_attrs(args[0], what)?;
    let get = |name| args.get(eval, name).ok_or_else(|| eval.missing(args, name));
    let operator = eval.force(get(eval.names.operator)?)?;
    let mut waiting: std::collections::VecDeque<_> = eval
        .force_list(get(eval.names.start_set)?, what)?
        .iter()
        .copied()
        .collect();
    let mut keys: Vec<Value> = Vec::new();
    let mut closure = Vec::new();
    while let Some(item) = waiting.pop_front() {
        let key = eval.select(item, eval.names.key)?;
        let place = search(eval, &keys, key)?;
        let Err(place) = place else { continue };
        keys.insert(place, key);
        closure.push(item);
        let next = eval.done(eval.apply(operator, &[item])?);
        waiting.extend(eval.force_list(next, what)?.iter().copied());
        eval.afford(closure.len() * size_of::<usize>())?;
    }
    Ok(eval.list(closure))
}

/// Where a key is among sorted ones, or belongs.
fn search<'h>(eval: &Eval<'h>, keys: &[Value<'h>], key: Value<'h>) -> Outcome<'h, Result<usize, usize>> {
    let mut failed = None;
    let found = keys.binary_search_by(|other| match (eval.less(*other, key), eval.less(key, *other)) {
        (Ok(true), _) => Ordering::Less,
        (_, Ok(true)) => Ordering::Greater,
        (Ok(_), Ok(_)) => Ordering::Equal,
        (Err(stop), _) | (_, Err(stop)) => {
            failed = Some(stop);
            Ordering::Equal
        }
    });
    failed.map_or(Ok(found), Err)
}
