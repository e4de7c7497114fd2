//! How long a check takes, from the path of a tree to the report, and how much of that is the listing of the tree:
//! `cargo bench --bench check`.
//!
//! It measures a generated tree of 20,000 packages, and the Nixpkgs in `BYNAME_NIXPKGS` if that is set.  criterion compares
//! with an earlier run (`--save-baseline`, `--baseline`).

mod generate;

use std::env;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use byname::check::{self, Options, Report};
use byname::tree::Tree;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};

use generate::{Shape, generate};

const SHAPE: Shape = Shape {
    packages: 20_000,
    seed: 1,
};

fn check_tree(head: &Path, base: Option<&Path>) -> Report {
    let head = Tree::directory(head).expect("the tree can be read");
    let base = base.map(|base| Tree::directory(base).expect("the tree can be read"));
    check::check(&head, base.as_ref(), &Options::default()).expect("the tree can be checked")
}

/// Measures listing a tree, checking it alone, and checking it against itself, in packages per second.
fn bench_tree(criterion: &mut Criterion, name: &str, path: &Path) {
    let report = check_tree(path, Some(path));
    assert!(
        report.status.passes(),
        "{name} has findings: {:#?}",
        report.findings.first()
    );
    let mut group = criterion.benchmark_group("check");
    group
        .sample_size(10)
        .sampling_mode(SamplingMode::Flat)
        .measurement_time(Duration::from_secs(20));
    group.throughput(Throughput::Elements(report.head.packages as u64));
    group.bench_function(BenchmarkId::new("listing only", name), |bencher| {
        bencher.iter(|| black_box(Tree::directory(path).expect("the tree can be read")));
    });
    group.bench_function(BenchmarkId::new("without base", name), |bencher| {
        bencher.iter(|| black_box(check_tree(path, None)));
    });
    group.bench_function(BenchmarkId::new("with base", name), |bencher| {
        bencher.iter(|| black_box(check_tree(path, Some(path))));
    });
    group.finish();
}

fn generated(criterion: &mut Criterion) {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory can be made");
    generate(directory.path(), SHAPE).expect("the tree can be written");
    bench_tree(
        criterion,
        &format!("{} generated packages", SHAPE.packages),
        directory.path(),
    );
}

fn nixpkgs(criterion: &mut Criterion) {
    match env::var_os("BYNAME_NIXPKGS") {
        Some(path) => bench_tree(criterion, "Nixpkgs", Path::new(&path)),
        None => eprintln!("skipped: Nixpkgs; set BYNAME_NIXPKGS to the path of one to measure it"),
    }
}

criterion_group!(benches, generated, nixpkgs);
criterion_main!(benches);
