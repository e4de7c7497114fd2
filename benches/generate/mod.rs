//! Generating a Nixpkgs of any size that costs as much time as the real one: with as many files per package, of the same
//! sizes and with similar contents.  The same shape always gives the same tree, byte for byte.
//!
//! The figures are those of Nixpkgs 26.11pre, July 2026.

mod package;
mod top_level;
mod whole;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use package::{Package, package_nix, plain_nix};

/// Which tree to generate.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The number of package directories.
    pub packages: usize,
    /// The seed of everything random.
    pub seed: u64,
}

/// Quantiles of file sizes in bytes, from the smallest to the largest.  A random size is between two neighbours.
struct Sizes(&'static [usize]);

/// Of `package.nix` in `pkgs/by-name`: 33 MB in 21,326 files.
const PACKAGE_SIZES: Sizes = Sizes(&[300, 760, 870, 960, 1070, 1190, 1350, 1570, 1900, 2710, 6000]);
/// Of other `.nix` files in a package directory.
const EXTRA_SIZES: Sizes = Sizes(&[60, 300, 500, 700, 850, 960, 1200, 1600, 2400, 4800, 40_000]);
/// Of `.nix` files outside `pkgs/by-name`: 64 MB in 21,143 files, 5 MB of it in one.
const ELSEWHERE_SIZES: Sizes = Sizes(&[60, 430, 650, 800, 920, 1030, 1200, 1500, 2100, 4200, 23_000]);
const LARGEST_FILE: usize = 5_000_000;

impl Sizes {
    fn sample(&self, rng: &mut ChaCha8Rng) -> usize {
        let rank = rng.random_range(0..self.0.len() - 1);
        rng.random_range(self.0[rank]..=self.0[rank + 1])
    }
}

/// Writes the tree into `root`, a directory that exists and is empty.
///
/// # Errors
/// Any error of the file system.
pub fn generate(root: &Path, shape: Shape) -> io::Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(shape.seed);
    let names = names(shape.packages, &mut rng);
    for name in &names {
        write_package(root, name, &mut rng)?;
    }
    let elsewhere = write_elsewhere(root, shape.packages, &mut rng)?;
    top_level::write(root, &elsewhere, &mut rng)?;
    whole::write(root, package::used())
}

/// Distinct package names, sorted.
fn names(count: usize, rng: &mut ChaCha8Rng) -> Vec<String> {
    let mut names = BTreeSet::new();
    // Two names that differ by case only would break a rule.
    while names.len() < count {
        names.insert(package::name(rng));
    }
    names.into_iter().collect()
}

/// A package directory: `package.nix`, and sometimes a patch or a second `.nix` file.
fn write_package(root: &Path, name: &str, rng: &mut ChaCha8Rng) -> io::Result<()> {
    let directory = root.join("pkgs/by-name").join(&name[..2]).join(name);
    fs::create_dir_all(&directory)?;
    let patch = rng.random_bool(0.2);
    if patch {
        fs::write(
            directory.join("fix-build.patch"),
            "--- a/Makefile\n+++ b/Makefile\n".repeat(40),
        )?;
    }
    if rng.random_bool(0.06) {
        fs::write(directory.join("common.nix"), plain_nix(EXTRA_SIZES.sample(rng), rng))?;
    }
    let package = Package {
        name,
        patch,
        size: PACKAGE_SIZES.sample(rng),
    };
    fs::write(directory.join("package.nix"), package_nix(&package, rng))
}

/// As many `.nix` files elsewhere as there are packages.  Gives the paths of those that are packages, relative to `pkgs`.
fn write_elsewhere(root: &Path, count: usize, rng: &mut ChaCha8Rng) -> io::Result<Vec<String>> {
    const PLACES: [&str; 5] = [
        "nixos/modules/services",
        "nixos/tests",
        "pkgs/development/python-modules",
        "pkgs/tools/misc",
        "pkgs/servers",
    ];
    let mut packages = Vec::new();
    for index in 0..count {
        let place = PLACES[rng.random_range(0..PLACES.len())];
        let name = format!("{}-{index}", package::name(rng));
        let directory = root.join(place).join(&name);
        fs::create_dir_all(&directory)?;
        let size = ELSEWHERE_SIZES.sample(rng);
        let text = match place.strip_prefix("pkgs/") {
            Some(relative) => {
                packages.push(format!("{relative}/{name}"));
                package_nix(
                    &Package {
                        name: &name,
                        patch: false,
                        size,
                    },
                    rng,
                )
            }
            None => plain_nix(size, rng),
        };
        fs::write(directory.join("default.nix"), text)?;
    }
    fs::write(
        root.join("pkgs/generated-packages.nix"),
        plain_nix(LARGEST_FILE * count / 20_000, rng),
    )?;
    Ok(packages)
}
