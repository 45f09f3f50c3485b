//! Pass 2: one tree out of several: `extends`, `--set` and arms.
//!
//! All three change a tree in the same way: a map merges key by key, a list replaces, an item of `swarm`
//! or `incident` merges with the item of its name (an empty list clears them), `null` removes. What is one thing (a distribution,
//! weights, a policy of another kind) is replaced as a whole. A change touches only what it names: a
//! preset policy that replaces another leaves the life of access tokens as it was.

mod extends;
mod overlay;
mod path;
mod preset;

pub(crate) use extends::load_tree;
pub(crate) use overlay::overlay;
pub(crate) use path::{Path, change};
pub(crate) use preset::{client_preset, expand_policy, plain_client};

use super::finding::Finding;
use super::source::Sources;
use super::tree::{Node, parse_part};

/// Applies one `--set path=value` argument.
pub(crate) fn set(
    tree: &mut Node,
    sources: &mut Sources,
    name: &str,
    argument: &str,
) -> Result<(), Finding> {
    let folder = sources.first_folder();
    let id = sources.add(name, argument.to_owned(), &folder);
    let whole = id.span(0..argument.len());
    let Some((path, _)) = argument.split_once('=') else {
        return Err(Finding::at(whole, "expected `path=value`")
            .help("for example `--set server.access_token_ttl=10m`"));
    };
    let value = parse_part(sources, id, path.len() + 1).map_err(|finding| Finding {
        message: finding.message.replace("the file is empty", "there is no value after `=`"),
        ..finding
    })?;
    let path = Path::parse(path, id.span(0..path.len()))?;
    change(tree, &path, value)
}
