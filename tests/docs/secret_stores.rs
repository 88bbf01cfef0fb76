//! The recipes of `docs/secret-stores.md` apply the secrets of a store, and show none of them.
//!
//! Each test runs the files and scripts of one section of the page. Tools that no package registry
//! distributes are replaced by the scripts in `tests/data/stores`, which accept only the documented options.

mod external_secrets;
mod github;
mod one_password;
mod page;
mod sops;
mod tenant;
mod vault;
