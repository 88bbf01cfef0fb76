//! A value that was read from a reply, and the parts of the reply that could not be read.

/// A value without the odd parts of its reply.
///
/// One odd entry does not make a whole list unreadable. An instance is never left out, because ocon could
/// then create it a second time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading<T> {
    /// The readable parts.
    pub value: T,
    /// For each part that was left out, a phrase with its place and its JSON type, but not its value:
    /// `[3] is a number, not a string or an object with a key`.
    pub left_out: Vec<String>,
}

impl<T> Reading<T> {
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Reading<U> {
        Reading { value: change(self.value), left_out: self.left_out }
    }
}
