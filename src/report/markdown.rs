//! Renders documents as comments for a pull request.
//!
//! In: a document. Out: Markdown that GitHub, GitLab and other readers of `CommonMark` show the same way,
//! with at most the requested number of bytes. The counters are always included. If an entry does not
//! fit, it is omitted, the most severe entries last.
//!
//! Text from files and from the platform is rendered in code spans and fenced blocks whose fences are
//! longer than any fence in the text. So it cannot become markup, a mention, a link or an image. See
//! `escape`.

mod account;
mod changes;
mod comment;
mod escape;
mod failure;
mod first_screen;
mod options;
mod outcome;
mod plan;
mod status;
mod step;
mod steps;

pub use failure::failure;
pub use options::{CommentOptions, DEFAULT_MAX_BYTES, MIN_MAX_BYTES};
pub use outcome::outcome;
pub use plan::{plan, refused};
pub use status::status;
