//! Any text is parsed as Nix, or rejected with an error at a place in it, with the same result each time.

#![no_main]

use byname::nix::{BoundValue, Expr, File, SyntaxError};
use byname_fuzz::remember;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    remember("parser", text);
    let parsed = File::parse(text.to_owned());
    match &parsed {
        Ok(file) => is_in_its_text(file),
        Err(error) => assert!(text.is_char_boundary(error.offset as usize), "{error:?}"),
    }
    match (&parsed, &File::parse(text.to_owned())) {
        (Ok(one), Ok(other)) => assert_eq!(shape(one, 0), shape(other, 0)),
        (Err(one), Err(other)) => assert_eq!((one.offset, &one.message), (other.offset, &other.message)),
        _ => panic!("it is Nix, and is none"),
    }
    // in parentheses it is the same, one byte on
    match (&parsed, &File::parse(format!("({text}\n)"))) {
        (Ok(one), Ok(other)) => assert_eq!(shape(one, 1), shape(other, 0)),
        (Err(_), Err(_)) => {}
        (Ok(_), Err(error)) => assert!(is_too_large(error), "{error:?}"),
        (Err(error), Ok(_)) => assert!(closes(text), "{error:?}"),
    }
});

/// A file at a limit is over it with two parentheses more.
fn is_too_large(error: &SyntaxError) -> bool {
    error.message.contains("nest more than") || error.message.contains("larger than")
}

/// Whether a text may close the parenthesis before it, and open the one after it.
fn closes(text: &str) -> bool {
    text.contains(')') && text.contains('(')
}

/// Everything that the file says of its text is in it, at whole characters.
fn is_in_its_text(file: &File) {
    let text = file.text();
    let at = |offset: u32| {
        assert!(text.is_char_boundary(offset as usize));
        let (line, column) = file.position(offset);
        assert!(line >= 1 && column >= 1);
        assert_eq!(file.position_in_bytes(offset).0, line);
    };
    for expr in file.exprs() {
        let span = file.span(expr);
        assert!(span.start <= span.end);
        at(span.start);
        at(span.end);
        if let Expr::Attrs(bindings) | Expr::LegacyLet(bindings) | Expr::Let { bindings, .. } = *file.expr(expr) {
            let bindings = file.bindings(bindings);
            for binding in file.bound(bindings) {
                at(binding.offset);
                if let BoundValue::Expr(value) = binding.value {
                    assert!(file.span(value).end as usize <= text.len());
                }
            }
            file.dynamic(bindings).iter().for_each(|dynamic| at(dynamic.offset));
        }
        if let Expr::Lambda(lambda) = *file.expr(expr) {
            let formals = file.lambda(lambda).formals;
            for formal in formals.iter().flat_map(|formals| file.formals(formals)) {
                at(formal.offset);
            }
        }
    }
    file.useless_escapes().iter().for_each(|&escape| at(escape));
    assert!(file.path_literals().count() <= file.exprs().count());
    file.scopes();
}

/// The expressions of a file, with their spans moved by so many bytes.
fn shape(file: &File, on: u32) -> Vec<(String, u32, u32)> {
    let of = |expr| {
        let span = file.span(expr);
        (format!("{:?}", file.expr(expr)), span.start + on, span.end + on)
    };
    file.exprs().map(of).collect()
}
