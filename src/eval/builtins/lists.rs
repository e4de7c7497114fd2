//! Lists.

use rustc_hash::FxHashMap;

use crate::nix::Symbol;

use super::super::attrs::Attr;
use super::super::value::{Position, Thunk, Value};
use super::super::{Eval, Outcome};
use super::{Args, Builtin};

pub(super) fn functions<'h>() -> Vec<Builtin<'h>> {
    vec![
        ("length", 1, |eval, args| {
            Ok(Value::Int(eval.force_list(args[0], "for `length`")?.len() as i64))
        }),
        ("head", 1, |eval, args| {
            match eval.force_list(args[0], "for `head`")? {
                [first, ..] => eval.force(first),
                [] => Err(eval.abort("`head` of an empty list")),
            }
        }),
        ("tail", 1, |eval, args| {
            match eval.force_list(args[0], "for `tail`")? {
                [_, rest @ ..] => Ok(Value::List(rest)),
                [] => Err(eval.abort("`tail` of an empty list")),
            }
        }),
        ("elemAt", 2, |eval, args| {
            let at = eval.force_int(args[1], "for `elemAt`")?;
            let list = eval.force_list(args[0], "for `elemAt`")?;
            match usize::try_from(at).ok().and_then(|at| list.get(at)) {
                Some(item) => eval.force(item),
                None => Err(eval.abort(&format!("list index {at} is out of bounds"))),
            }
        }),
        ("elem", 2, |eval, args| {
            let mut unknown = None;
            let items = eval.force_list(args[1], "for `elem`")?;
            eval.count_items(items.len())?;
            for item in items {
                let equal = || eval.equal(eval.force(args[0])?, eval.force(item)?);
                match eval.speculate_if(unknown.is_some(), equal) {
                    Ok(true) => return Ok(Value::Bool(true)),
                    Ok(false) => {}
                    Err(error) if error.is_unknown() && !eval.exhausted.get() => unknown = unknown.or(Some(error)),
                    Err(error) => return Err(error),
                }
            }
            unknown.map_or(Ok(Value::Bool(false)), Err)
        }),
        ("map", 2, |eval, args| {
            let items = function_of_items(eval, args, "for `map`")?;
            eval.check_memory(items.len() * CALL_BYTES)?;
            Ok(eval.list(items.iter().map(|item| eval.lazy_call(args[0], &[item])).collect()))
        }),
        ("filter", 2, |eval, args| {
            let items = function_of_items(eval, args, "for `filter`")?;
            if items.is_empty() {
                return Ok(Value::List(items));
            }
            let test = eval.force(args[0])?;
            let mut scratch = eval.scratch();
            scratch.reserve_items::<&Thunk>(items.len())?;
            let mut kept = Vec::new();
            for item in items {
                if test_item(eval, test, item)? {
                    kept.push(*item);
                }
            }
            Ok(eval.list(kept))
        }),
        ("partition", 2, |eval, args| {
            eval.force_function(args[0], "for `partition`")?;
            let items = eval.force_list(args[1], "for `partition`")?;
            let test = eval.force(args[0])?;
            let mut scratch = eval.scratch();
            scratch.reserve_items::<&Thunk>(items.len())?;
            let (mut right, mut wrong) = (Vec::new(), Vec::new());
            for item in items {
                force_item(eval, item)?;
                if test_item(eval, test, item)? {
                    right.push(*item);
                } else {
                    wrong.push(*item);
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
            eval.force_function(args[0], "for `foldl'`")?;
            let function = eval.force(args[0])?;
            let mut value = args[1];
            for item in eval.force_list(args[2], "for `foldl'`")? {
                eval.count_call()?;
                value = eval.done(eval.apply(function, &[value, item])?);
            }
            eval.force(value)
        }),
        ("concatLists", 1, |eval, args| {
            let mut all = Vec::new();
            let mut scratch = eval.scratch();
            let lists = eval.force_list(args[0], "for `concatLists`")?;
            eval.count_items(lists.len())?;
            for list in lists {
                all.extend_from_slice(eval.force_list(list, "for `concatLists`")?);
                scratch.reserve_items::<&Thunk>(all.len())?;
            }
            Ok(eval.list(all))
        }),
        ("concatMap", 2, |eval, args| {
            eval.force_function(args[0], "for `concatMap`")?;
            let function = eval.force(args[0])?;
            let mut all = Vec::new();
            let mut scratch = eval.scratch();
            for item in eval.force_list(args[1], "for `concatMap`")? {
                eval.count_call()?;
                match eval.apply(function, &[item])? {
                    Value::List(items) => all.extend_from_slice(items),
                    other => return Err(eval.mismatch("a list", other, "from the function of `concatMap`")),
                }
                scratch.reserve_items::<&Thunk>(all.len())?;
            }
            Ok(eval.list(all))
        }),
        ("genList", 2, |eval, args| {
            let length = eval.force_int(args[1], "for `genList`")?;
            let length =
                usize::try_from(length).map_err(|_| eval.abort(&format!("can't make a list of {length} elements")))?;
            eval.force_function(args[0], "for `genList`")?;
            eval.check_memory(length.saturating_mul(CALL_BYTES))?;
            let items = (0..length as i64).map(|at| eval.lazy_call(args[0], &[eval.done(Value::Int(at))]));
            Ok(eval.list(items.collect()))
        }),
        ("sort", 2, |eval, args| {
            let items = function_of_items(eval, args, "for `sort`")?;
            if items.is_empty() {
                return Ok(Value::List(items));
            }
            let less = eval.force(args[0])?;
            for item in items {
                force_item(eval, item)?;
            }
            let mut scratch = eval.scratch();
            // both halves and the whole
            scratch.reserve_items::<&Thunk>(items.len() * 2)?;
            Ok(eval.list(sort(eval, less, items)?))
        }),
        ("groupBy", 2, |eval, args| {
            eval.force_function(args[0], "for `groupBy`")?;
            let function = eval.force(args[0])?;
            let mut groups: FxHashMap<Symbol, Vec<&Thunk>> = FxHashMap::default();
            let items = eval.force_list(args[1], "for `groupBy`")?;
            let mut scratch = eval.scratch();
            scratch.reserve_items::<(Symbol, Vec<&Thunk>)>(items.len())?;
            // a name is looked up in two tables, and sorted
            eval.count_steps(items.len() * 4)?;
            for item in items {
                eval.count_call()?;
                let name = eval.done(eval.apply(function, &[item])?);
                let name = eval.force_str(name, "from the function of `groupBy`")?;
                groups.entry(eval.symbol(name)).or_default().push(item);
            }
            let attr = |(name, items)| Attr {
                name,
                position: Position::NONE,
                value: eval.done(eval.list(items)),
            };
            Ok(Value::Attrs(eval.attrs(groups.into_iter().map(attr).collect())))
        }),
    ]
}

/// The approximate size of an element that is the result of a call.
const CALL_BYTES: usize = 96;

/// The list that is the second argument. The first must be a function unless the list is empty.
fn function_of_items<'h>(eval: &Eval<'h>, args: Args<'h>, what: &str) -> Outcome<'h, &'h [&'h Thunk<'h>]> {
    let items = eval.force_list(args[1], what)?;
    if !items.is_empty() {
        eval.force_function(args[0], what)?;
    }
    Ok(items)
}

/// Forces an element that Nix forces although nothing uses its value, so the value may be unknown.
fn force_item<'h>(eval: &Eval<'h>, item: &'h Thunk<'h>) -> Outcome<'h, ()> {
    match eval.force(item) {
        Err(error) if !error.is_unknown() || eval.exhausted.get() => Err(error),
        _ => Ok(()),
    }
}

fn test_item<'h>(eval: &Eval<'h>, test: Value<'h>, item: &'h Thunk<'h>) -> Outcome<'h, bool> {
    eval.count_call()?;
    let value = eval.apply(test, &[item])?;
    eval.bool(value, "from a predicate")
}

/// `any` and `all`; `decides` is the result of the function that ends the search.
fn some<'h>(eval: &Eval<'h>, args: Args<'h>, decides: bool) -> Outcome<'h> {
    eval.force_function(args[0], "for `any` or `all`")?;
    let items = eval.force_list(args[1], "for `any` or `all`")?;
    let test = eval.force(args[0])?;
    let mut unknown = None;
    for item in items {
        match eval.speculate_if(unknown.is_some(), || test_item(eval, test, item)) {
            Ok(answer) if answer == decides => return Ok(Value::Bool(decides)),
            Ok(_) => {}
            Err(error) if error.is_unknown() && !eval.exhausted.get() => unknown = unknown.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    unknown.map_or(Ok(Value::Bool(!decides)), Err)
}

/// A stable merge sort, whose comparisons may fail.
fn sort<'h>(eval: &Eval<'h>, less: Value<'h>, items: &[&'h Thunk<'h>]) -> Outcome<'h, Vec<&'h Thunk<'h>>> {
    if items.len() < 2 {
        return Ok(items.to_vec());
    }
    let (left, right) = items.split_at(items.len() / 2);
    let (left, right) = (sort(eval, less, left)?, sort(eval, less, right)?);
    let mut sorted = Vec::with_capacity(items.len());
    let (mut left, mut right) = (left.as_slice(), right.as_slice());
    while let ([a, left_rest @ ..], [b, right_rest @ ..]) = (left, right) {
        eval.count_call()?;
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
