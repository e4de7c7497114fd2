//! Where Nix finds a channel: on its search path, or among the channels of the user and of root.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use bstr::ByteSlice;
use thiserror::Error;

/// Why a channel can't be used.
#[derive(Debug, Error)]
pub enum ChannelError {
    /// It is nowhere.
    #[error(
        "there is no channel {name}: none of {} exists. `nix-channel --list` shows yours; add one with `nix-channel --add \
         https://channels.nixos.org/NAME {name}` and `nix-channel --update`, or give its nixexprs.tar.xz",
        listed(.looked_at)
    )]
    Missing {
        /// The name of the channel.
        name: String,
        /// The paths that don't exist, in the order in which they were tried.
        looked_at: Vec<PathBuf>,
    },
    /// It would have to be fetched.
    #[error(
        "NIX_PATH has {name} at {url}, which Nix would fetch and byname does not. Download it, and give the path of the file \
         or of the unpacked directory"
    )]
    Remote {
        /// The name of the channel.
        name: String,
        /// The address that `NIX_PATH` has for it.
        url: String,
    },
}

/// Where a channel is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Located {
    /// A directory on this machine.
    Directory(PathBuf),
    /// A tarball on this machine.
    Archive(PathBuf),
}

/// The parts of the environment in which Nix looks for channels.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `NIX_PATH`, in the syntax of `nix-path` in nix.conf(5).
    pub nix_path: Option<OsString>,
    /// The user's home directory.
    pub home: Option<PathBuf>,
    /// The user's name.
    pub user: Option<OsString>,
    /// `XDG_STATE_HOME`, if it is set.
    pub state_home: Option<PathBuf>,
    /// `NIX_STATE_DIR`, or `/nix/var/nix` if it is not set.
    pub nix_state: PathBuf,
}

impl Environment {
    /// The environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let path = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self {
            nix_path: env::var_os("NIX_PATH"),
            home: env::home_dir(),
            user: env::var_os("USER").or_else(|| env::var_os("LOGNAME")),
            state_home: path("XDG_STATE_HOME"),
            nix_state: path("NIX_STATE_DIR").unwrap_or_else(|| "/nix/var/nix".into()),
        }
    }

    /// The place that `<name>` and `channel:name` mean: the first that exists among those of `NIX_PATH`, the user's channels
    /// and root's channels.  `name` may go on with a path in the channel, as in `nixpkgs/pkgs`.
    ///
    /// # Errors
    /// If none of them exists, or `NIX_PATH` has a URL that would have to be fetched.
    pub fn channel(&self, name: &str) -> Result<Located, ChannelError> {
        let mut looked_at = Vec::new();
        for entry in self.nix_path.iter().flat_map(|path| search_path(path)) {
            let Some(place) = entry.lookup(name) else { continue };
            let located = match place {
                SearchTarget::Path(path) => Located::Directory(path),
                SearchTarget::Url(url) => match url.strip_prefix("file://") {
                    Some(path) => Located::Archive(path.into()),
                    None => {
                        let name = name.to_owned();
                        return Err(ChannelError::Remote { name, url });
                    }
                },
            };
            let (Located::Directory(path) | Located::Archive(path)) = &located;
            if path.exists() {
                return Ok(located);
            }
            looked_at.push(path.clone());
        }
        for channels in self.channels() {
            let path = channels.join(name);
            if path.exists() {
                return Ok(Located::Directory(path));
            }
            looked_at.push(path);
        }
        Err(ChannelError::Missing {
            name: name.to_owned(),
            looked_at,
        })
    }

    /// The directories of channels, the user's before root's (nix-channel(1), "Files").
    fn channels(&self) -> Vec<PathBuf> {
        let per_user = self.nix_state.join("profiles/per-user");
        let state_home = self
            .state_home
            .clone()
            .or_else(|| self.home.as_ref().map(|home| home.join(".local/state")));
        let of_state_home = state_home.iter().flat_map(|state| {
            let nix = state.join("nix");
            [nix.join("defexpr/channels"), nix.join("profiles/channels")]
        });
        let of_home = self.home.iter().map(|home| home.join(".nix-defexpr/channels"));
        let of_user = self.user.iter().map(|user| per_user.join(user).join("channels"));
        let roots = self.home.iter().map(|home| home.join(".nix-defexpr/channels_root"));
        let root = per_user.join("root/channels");
        of_home
            .chain(of_state_home)
            .chain(of_user)
            .chain(roots)
            .chain([root])
            .collect()
    }
}

/// An entry of the search path: `PREFIX=TARGET`, or only a target.
struct SearchEntry {
    prefix: String,
    place: SearchTarget,
}

#[derive(Clone)]
enum SearchTarget {
    Path(PathBuf),
    Url(String),
}

impl SearchEntry {
    /// Where this entry has `name`; `None` if the entry is about other names.
    fn lookup(&self, name: &str) -> Option<SearchTarget> {
        let rest = if self.prefix.is_empty() {
            name
        } else {
            let rest = name.strip_prefix(&self.prefix)?;
            match rest.strip_prefix('/') {
                Some(rest) => rest,
                None if rest.is_empty() => rest,
                None => return None,
            }
        };
        match &self.place {
            SearchTarget::Path(path) if rest.is_empty() => Some(SearchTarget::Path(path.clone())),
            SearchTarget::Path(path) => Some(SearchTarget::Path(path.join(rest))),
            // A tarball's contents are unknown, so only its whole can be meant.
            SearchTarget::Url(_) => rest.is_empty().then(|| self.place.clone()),
        }
    }
}

/// The entries of `NIX_PATH`.  They are separated by `:`, which URLs have too.
fn search_path(path: &OsStr) -> Vec<SearchEntry> {
    let mut entries = Vec::new();
    let mut rest = path.as_bytes();
    while !rest.is_empty() {
        let colon = rest.find_byte(b':').unwrap_or(rest.len());
        let place = rest[..colon].rfind_byte(b'=').map_or(0, |equals| equals + 1);
        let end = if is_url(&rest[place..]) {
            let after = (colon + 1).min(rest.len());
            rest[after..].find_byte(b':').map_or(rest.len(), |next| after + next)
        } else {
            colon
        };
        if end > 0 {
            entries.push(search_entry(&rest[..end]));
        }
        rest = &rest[(end + 1).min(rest.len())..];
    }
    entries
}

fn search_entry(entry: &[u8]) -> SearchEntry {
    let (prefix, place) = entry.split_once_str("=").unwrap_or((b"", entry));
    let place = if is_url(place) {
        SearchTarget::Url(place.to_str_lossy().into_owned())
    } else {
        SearchTarget::Path(OsString::from_vec(place.to_vec()).into())
    };
    SearchEntry {
        prefix: prefix.to_str_lossy().into_owned(),
        place,
    }
}

/// Whether Nix would fetch what has this name.
pub(super) fn is_url(place: &[u8]) -> bool {
    const SCHEMES: [&str; 7] = ["http", "https", "file", "channel", "git", "s3", "ssh"];
    place.starts_with(b"channel:")
        || place.starts_with(b"flake:")
        || SCHEMES.iter().any(|scheme| {
            place
                .strip_prefix(scheme.as_bytes())
                .is_some_and(|rest| rest.starts_with(b"://"))
        })
}

fn listed(paths: &[PathBuf]) -> String {
    let shown: Vec<_> = paths.iter().map(|path| Path::display(path).to_string()).collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct Machine {
        root: tempfile::TempDir,
    }

    impl Machine {
        fn new(directories: &[&str]) -> Self {
            let root = tempfile::tempdir().unwrap();
            for directory in directories {
                fs::create_dir_all(root.path().join(directory)).unwrap();
            }
            Self { root }
        }

        fn find(&self, nix_path: Option<&str>, name: &str) -> Result<String, ChannelError> {
            let at = |path: &str| self.root.path().join(path);
            let environment = Environment {
                nix_path: nix_path.map(|path| path.replace('@', self.root.path().to_str().unwrap()).into()),
                home: Some(at("home")),
                user: Some("me".into()),
                state_home: None,
                nix_state: at("nix"),
            };
            let (Located::Directory(path) | Located::Archive(path)) = environment.channel(name)?;
            Ok(path.strip_prefix(self.root.path()).unwrap().display().to_string())
        }
    }

    #[test]
    fn the_search_path_comes_first() {
        let machine = Machine::new(&["a/nixpkgs", "b/pkgs", "home/.nix-defexpr/channels/nixpkgs"]);
        let find = |path, name| machine.find(Some(path), name).unwrap();
        assert_eq!(find("nixpkgs=@/b:@/a", "nixpkgs"), "b");
        assert_eq!(find("@/a:nixpkgs=@/b", "nixpkgs"), "a/nixpkgs");
        assert_eq!(find("nixpkgs=@/nothing:@/a", "nixpkgs"), "a/nixpkgs");
        assert_eq!(
            find("other=@/b:nixpkgs-overlays=@/b", "nixpkgs"),
            "home/.nix-defexpr/channels/nixpkgs"
        );
        assert_eq!(find("", "nixpkgs"), "home/.nix-defexpr/channels/nixpkgs");
        assert_eq!(find("nixpkgs=@/b", "nixpkgs/pkgs"), "b/pkgs");
    }

    #[test]
    fn a_url_on_the_search_path_is_not_fetched() {
        let machine = Machine::new(&["a/nixpkgs", "b"]);
        for (path, url) in [
            (
                "nixpkgs=https://example.org/x.tar.gz:@/a",
                "https://example.org/x.tar.gz",
            ),
            ("other=@/b:nixpkgs=channel:nixos-unstable", "channel:nixos-unstable"),
            ("nixpkgs=flake:nixpkgs", "flake:nixpkgs"),
        ] {
            match machine.find(Some(path), "nixpkgs") {
                Err(ChannelError::Remote { url: found, .. }) => assert_eq!(found, url),
                other => panic!("{other:?}"),
            }
        }
        let other_first = "other=https://example.org/x:nixpkgs=@/b";
        assert_eq!(machine.find(Some(other_first), "nixpkgs").unwrap(), "b");
        fs::write(machine.root.path().join("x.tar"), "").unwrap();
        assert_eq!(
            machine.find(Some("nixpkgs=file://@/x.tar:@/a"), "nixpkgs").unwrap(),
            "x.tar"
        );
    }

    #[test]
    fn the_users_channels_come_before_roots() {
        let places = [
            "home/.nix-defexpr/channels",
            "home/.local/state/nix/defexpr/channels",
            "home/.local/state/nix/profiles/channels",
            "nix/profiles/per-user/me/channels",
            "home/.nix-defexpr/channels_root",
            "nix/profiles/per-user/root/channels",
        ];
        for (index, first) in places.iter().enumerate() {
            let there: Vec<_> = places[index..]
                .iter()
                .map(|place| format!("{place}/nixos-unstable"))
                .collect();
            let machine = Machine::new(&there.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(
                machine.find(None, "nixos-unstable").unwrap(),
                format!("{first}/nixos-unstable")
            );
        }
    }

    #[test]
    fn a_channel_that_is_not_there() {
        let machine = Machine::new(&["a"]);
        let error = machine.find(Some("@/a"), "nixos-unstable").unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("/a/nixos-unstable") && text.contains("per-user/me/channels"),
            "{text}"
        );
        assert!(text.contains("nix-channel --add"), "{text}");
    }
}
