//! Renders documents as pages: files that a browser opens without a server.
//!
//! In: a document. Out: one HTML file without scripts, fonts or requests. Equal documents give equal
//! pages. A page has a bounded size: long values are shown in part with their length, and entries that do
//! not fit are counted.
//!
//! Text from files and from the platform is escaped where it becomes a piece of HTML, see `markup`. The
//! content security policy of the page is a second barrier. It accepts nothing but the style sheet.

mod account;
mod chain;
mod difference;
mod failure;
mod markup;
mod outcome;
mod page;
mod picture;
mod plan;
mod remarks;
mod status;
mod step;
mod text;

use super::file_links::FileLinks;

pub use failure::failure;
pub use outcome::outcome;
pub use plan::{plan, refused};
pub use status::status;

/// How a page is rendered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HtmlOptions {
    /// Where readers find the files.
    pub links: FileLinks,
}
