//! How long it takes to parse all Nix files of a tree, by byname's parser and by rnix's: `cargo bench --bench parse`.
//!
//! It parses the Nixpkgs in `BYNAME_NIXPKGS`, or a generated tree if that is not set.  Every file is in memory before the
//! measurement starts, and one thread parses them one after the other, so the time is CPU time.

mod generate;

use std::env;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use byname::nix::File;
use byname::tree::Tree;
use criterion::{BatchSize, BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};

use generate::{Shape, generate};

const SHAPE: Shape = Shape {
    packages: 20_000,
    seed: 1,
};

/// The texts of all `.nix` files below `root` that are UTF-8.
fn nix_files(root: &Path) -> Vec<String> {
    let tree = Tree::directory(root).expect("the tree can be read");
    tree.nodes()
        .filter(|&id| tree.kind(id).is_file() && tree.name(id).ends_with(b".nix"))
        .filter_map(|id| String::from_utf8(tree.read(id).expect("the file can be read")).ok())
        .collect()
}

/// Parses every file with `parse`, in bytes a second.
fn bench_parser<T>(criterion: &mut Criterion, parser: &str, tree: &str, files: &[String], parse: impl Fn(String) -> T) {
    let mut group = criterion.benchmark_group("parse");
    group
        .sample_size(10)
        .sampling_mode(SamplingMode::Flat)
        .measurement_time(Duration::from_secs(20));
    group.throughput(Throughput::Bytes(files.iter().map(|file| file.len() as u64).sum()));
    group.bench_function(BenchmarkId::new(parser, tree), |bencher| {
        bencher.iter_batched(
            || files.to_vec(),
            |files| {
                for file in files {
                    black_box(parse(file));
                }
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn parsers(criterion: &mut Criterion) {
    let (tree, path, _generated) = match env::var_os("BYNAME_NIXPKGS") {
        Some(path) => ("Nixpkgs".to_owned(), PathBuf::from(path), None),
        None => {
            let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory can be made");
            generate(directory.path(), SHAPE).expect("the tree can be written");
            let name = format!("{} generated packages", SHAPE.packages);
            (name, directory.path().to_owned(), Some(directory))
        }
    };
    let files = nix_files(&path);
    bench_parser(criterion, "byname", &tree, &files, File::parse);
    bench_parser(criterion, "rnix", &tree, &files, |text| rnix::Root::parse(&text));
}

criterion_group!(benches, parsers);
criterion_main!(benches);
