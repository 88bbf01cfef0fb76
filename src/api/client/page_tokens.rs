//! The tokens of the pages of a list. They detect cycles and lists without an end.

use std::collections::HashSet;

use super::call::ResponseHead;
use crate::api::ErrorKind;

/// Two million instances. A longer list does not end.
const MAX_PAGES: usize = 10_000;

/// The number of consecutive pages without a new item. Items that move between pages do not fill a page,
/// and a list that starts over would take hours to reach [`MAX_PAGES`].
pub(super) const MAX_REPEATED: usize = 3;

/// The tokens of all pages except the first.
#[derive(Default)]
pub(super) struct PageTokens(HashSet<String>);

impl PageTokens {
    pub(super) fn pages(&self) -> usize {
        self.0.len() + 1
    }

    /// The token of the next page, or `None` on the last page (docs/platform.md#conventions).
    pub(super) fn next(&mut self, head: &ResponseHead) -> Result<Option<String>, ErrorKind> {
        let Some(token) = head.header("elements-next-page-token") else {
            return Ok(None);
        };
        if token.is_empty() {
            return Ok(None);
        }
        // An unusable token must not look like the end of the list.
        let token = token.to_str().map_err(|_| ErrorKind::Decode {
            expected: "a page of a listing",
            found: "the token of the next page is not ASCII text".to_owned(),
        })?;
        let expected = "a listing that ends";
        self.add(token).map_err(|found| ErrorKind::Decode { expected, found })?;
        Ok(Some(token.to_owned()))
    }

    /// Adds the token of the next page, or returns the reason why it is invalid.
    fn add(&mut self, token: &str) -> Result<(), String> {
        let page = self.pages();
        if self.0.contains(token) {
            return Err(format!("page {page} leads back to an earlier one"));
        }
        if page == MAX_PAGES {
            return Err(format!("there are more than {MAX_PAGES} pages"));
        }
        self.0.insert(token.to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_has_ten_thousand_pages_at_most() {
        let mut tokens = PageTokens::default();
        for page in 2..=MAX_PAGES {
            tokens.add(&page.to_string()).unwrap();
        }
        assert_eq!(tokens.pages(), 10_000);
        let error = tokens.add("more").unwrap_err();
        assert_eq!(error, "there are more than 10000 pages");
    }
}
