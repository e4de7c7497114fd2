//! Generating the text of one file.

use std::fmt::Write;

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// What a `package.nix` has.
pub struct Package<'a> {
    pub name: &'a str,
    /// Whether the directory has a `fix-build.patch`.
    pub patch: bool,
    /// About how many bytes it has, but at least what the shortest package needs.
    pub size: usize,
}

/// A way to make a package.
struct Builder {
    /// The percentage of packages that use it.
    share: u32,
    /// The argument of the package function that it comes from.
    argument: &'static str,
    /// How it is called.
    call: &'static str,
    /// The lines with the attributes that only its packages have.
    attributes: &'static [&'static str],
}

const BUILDERS: [Builder; 9] = [
    Builder {
        share: 51,
        argument: "stdenv",
        call: "stdenv.mkDerivation",
        attributes: &["enableParallelBuilding = true;"],
    },
    Builder {
        share: 13,
        argument: "buildGoModule",
        call: "buildGoModule",
        attributes: &[
            r#"vendorHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";"#,
            r#"ldflags = [ "-s" "-X main.version=${version}" ];"#,
        ],
    },
    Builder {
        share: 12,
        argument: "rustPlatform",
        call: "rustPlatform.buildRustPackage",
        attributes: &[r#"cargoHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";"#],
    },
    Builder {
        share: 8,
        argument: "python3Packages",
        call: "python3Packages.buildPythonApplication",
        attributes: &[
            "pyproject = true;",
            "build-system = with python3Packages; [ setuptools ];",
            "dependencies = with python3Packages; [ requests rich ];",
            r#"pythonImportsCheck = [ "main" ];"#,
        ],
    },
    Builder {
        share: 5,
        argument: "stdenvNoCC",
        call: "stdenvNoCC.mkDerivation",
        attributes: &["dontBuild = true;", "dontConfigure = true;"],
    },
    Builder {
        share: 2,
        argument: "buildNpmPackage",
        call: "buildNpmPackage",
        attributes: &[r#"npmDepsHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";"#],
    },
    Builder {
        share: 3,
        argument: "buildDotnetModule",
        call: "buildDotnetModule",
        attributes: &["nugetDeps = [ ];"],
    },
    Builder {
        share: 3,
        argument: "maven",
        call: "maven.buildMavenPackage",
        attributes: &[r#"mvnHash = "";"#],
    },
    Builder {
        share: 3,
        argument: "appimageTools",
        call: "appimageTools.wrapType2",
        attributes: &[],
    },
];

/// The packages that packages depend on.
pub fn used() -> impl Iterator<Item = &'static str> {
    LIBRARIES.into_iter().chain(["pkg-config"])
}

const LIBRARIES: [&str; 12] = [
    "openssl",
    "zlib",
    "curl",
    "sqlite",
    "libxml2",
    "glib",
    "gtk3",
    "pcre2",
    "libgit2",
    "ncurses",
    "fontconfig",
    "dbus",
];

const WORDS: [&str; 16] = [
    "fast", "simple", "tool", "library", "command", "line", "for", "editing", "parsing", "network", "files", "and",
    "modern", "terminal", "viewer", "written",
];

/// A name for `pkgs/by-name`: lower case, from three to about twenty characters.
pub fn name(rng: &mut ChaCha8Rng) -> String {
    const SYLLABLES: [&str; 20] = [
        "ba", "co", "di", "fe", "gu", "ha", "ji", "ku", "lo", "me", "ni", "po", "qua", "ri", "so", "tu", "ve", "wi",
        "xo", "zy",
    ];
    let mut name = String::new();
    for _ in 0..rng.random_range(2..=5) {
        name.push_str(SYLLABLES[rng.random_range(0..SYLLABLES.len())]);
        if name.len() > 4 && rng.random_bool(0.1) {
            name.push('-');
        }
    }
    name.truncate(name.trim_end_matches('-').len());
    name
}

/// The text of a package function as in Nixpkgs, to be called with `callPackage`.
pub fn package_nix(package: &Package, rng: &mut ChaCha8Rng) -> String {
    let builder = builder(rng);
    let libraries = &LIBRARIES[..rng.random_range(0..LIBRARIES.len())];
    let mut text = String::from("{\n  lib,\n");
    for argument in [builder.argument, "fetchFromGitHub", "pkg-config"]
        .iter()
        .chain(libraries)
    {
        writeln!(text, "  {argument},").expect("writing to a string succeeds");
    }
    let Package { name, .. } = package;
    let version = format!(
        "{}.{}.{}",
        rng.random_range(0..30),
        rng.random_range(0..20),
        rng.random_range(0..10)
    );
    write!(
        text,
        r#"}}:

{call} rec {{
  pname = "{name}";
  version = "{version}";

  src = fetchFromGitHub {{
    owner = "{name}";
    repo = "{name}";
    rev = "v${{version}}";
    hash = "sha256-{hash}=";
  }};

"#,
        call = builder.call,
        hash = hash(rng),
    )
    .expect("writing to a string succeeds");
    for attribute in builder.attributes {
        text.push_str(&format!("  {attribute}\n"));
    }
    if package.patch {
        text.push_str("  patches = [ ./fix-build.patch ];\n");
    }
    text.push_str(&format!(
        "\n  nativeBuildInputs = [ pkg-config ];\n\n  buildInputs = [\n    {}\n  ];\n",
        libraries.join("\n    ")
    ));
    let meta = meta(name, rng);
    let mut number = 0;
    while text.len() + meta.len() < package.size {
        text.push_str(&phase(number, rng));
        number += 1;
    }
    text.push_str(&meta);
    text.push_str("}\n");
    text
}

/// The text of a file that is not a package, of about `size` bytes: a set of options, dependencies or versions.
pub fn plain_nix(size: usize, rng: &mut ChaCha8Rng) -> String {
    let mut text = String::from("{ lib, pkgs, config, ... }:\n\nwith lib;\n\n{\n");
    let mut index = 0;
    while text.len() < size {
        let name = name(rng);
        text.push_str(&format!(
            r#"  "{name}-{index}" = {{
    version = "{}.{index}";
    hash = "sha256-{}=";
    enable = lib.mkDefault (config.services.{name}.enable or false);
    packages = optionals pkgs.stdenv.hostPlatform.isLinux [ pkgs.hello ];
  }};
"#,
            rng.random_range(0..30),
            hash(rng),
        ));
        index += 1;
    }
    text.push_str("}\n");
    text
}

fn builder(rng: &mut ChaCha8Rng) -> &'static Builder {
    let mut ticket = rng.random_range(0..BUILDERS.iter().map(|builder| builder.share).sum());
    for builder in &BUILDERS {
        match ticket.checked_sub(builder.share) {
            Some(rest) => ticket = rest,
            None => return builder,
        }
    }
    unreachable!("the ticket is less than the sum of the shares")
}

/// A build phase in shell, with interpolations and escapes as packages have them.
fn phase(number: usize, rng: &mut ChaCha8Rng) -> String {
    let lines = rng.random_range(2..12);
    let mut text = format!("\n  postInstall{number} = ''\n    # {}\n", sentence(rng));
    for _ in 0..lines {
        text.push_str(match rng.random_range(0..4) {
            0 => "    install -Dm644 README.md -t $out/share/doc/${pname}\n",
            1 => "    substituteInPlace src/main.c --replace-fail \"/usr/bin\" \"$out/bin\"\n",
            2 => "    for file in ''${files[@]}; do echo \"$file\\n\"; done\n",
            _ => "    wrapProgram $out/bin/${pname} --prefix PATH : ${lib.makeBinPath [ pkg-config ]}\n",
        });
    }
    text.push_str("  '';\n");
    text
}

fn meta(name: &str, rng: &mut ChaCha8Rng) -> String {
    format!(
        r#"
  meta = {{
    description = "{}";
    homepage = "https://example.org/{name}";
    changelog = "https://example.org/{name}/releases/tag/v${{version}}";
    license = lib.licenses.mit;
    maintainers = with lib.maintainers; [ {name} ];
    mainProgram = "{name}";
    platforms = lib.platforms.linux;
  }};
"#,
        sentence(rng)
    )
}

fn sentence(rng: &mut ChaCha8Rng) -> String {
    let words: Vec<_> = (0..rng.random_range(4..10))
        .map(|_| WORDS[rng.random_range(0..WORDS.len())])
        .collect();
    words.join(" ")
}

fn hash(rng: &mut ChaCha8Rng) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (0..43)
        .map(|_| char::from(DIGITS[rng.random_range(0..DIGITS.len())]))
        .collect()
}
