use byname::eval::*;
use byname::nix::Symbol;
use byname::nixpkgs::*;
use byname::tree::Tree;
fn show<'h>(e: &Eval<'h>, r: Outcome<'h>) -> String {
    match r {
        Ok(Value::Attrs(a)) => match e.is_derivation(a) {
            Ok(true) => "derivation".into(),
            Ok(false) => "set".into(),
            Err(_) => "?set".into(),
        },
        Ok(v) => v.type_name().into(),
        Err(s) => format!(
            "{} {} at {:?}",
            match s {
                Stop::Throw(_) => "THROW",
                Stop::Abort(_) => "ABORT",
                Stop::Unknown(_) => "UNKNOWN",
            },
            s.reason().message,
            e.place(s.reason().position)
        ),
    }
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let t = std::time::Instant::now();
    let tree = Tree::directory(args[1].as_ref()).unwrap();
    eprintln!("tree {:?}", t.elapsed());
    let files = Files::new(&tree);
    let world = World::new(&files);
    let heap = Heap::new();
    let eval = Eval::new(&heap, &world, Limits::default());
    eval.refresh();
    let pkgs = TopLevel::new(&eval);
    eprintln!("top {:?} {}", t.elapsed(), heap.used());
    let Ok(Value::Attrs(pkgs)) = pkgs else {
        println!("{}", show(&eval, pkgs));
        return;
    };
    let names: Vec<Symbol> = if args.len() > 2 {
        args[2..].iter().map(|n| Symbol::new(n)).collect()
    } else {
        pkgs.sorted(&heap).iter().map(|a| a.name).collect()
    };
    eprintln!("{} attrs", names.len());
    for n in names {
        let mut path = n.name().split('.');
        eval.refresh();
        let mut v = match pkgs.get(Symbol::new(path.next().unwrap())) {
            Some(t) => eval.force(t),
            None => {
                println!("{n}\tmissing");
                continue;
            }
        };
        for p in path {
            v = match v {
                Ok(Value::Attrs(a)) => match a.get(Symbol::new(p)) {
                    Some(t) => eval.force(t),
                    None => Err(eval.abort("none")),
                },
                o => o,
            };
        }
        if let Ok(Value::Str(s)) = v {
            println!("{n}\t{s:?}");
            continue;
        }
        if let Ok(Value::Bool(s)) = v {
            println!("{n}\t{s:?}");
            continue;
        }
        println!("{n}\t{}", show(&eval, v));
    }

    eprintln!("done {:?} {} MB", t.elapsed(), heap.used() >> 20);
}
