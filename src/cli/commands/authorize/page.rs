//! The pages that a browser shows at the end: a heading and a few sentences.

/// The content security policy: a page may use its own style and load nothing.
pub(super) const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// The title and the text of a page.
#[derive(Clone, Copy)]
pub(super) struct Page(&'static str, &'static str);

pub(super) const GRANTED: Page = Page(
    "Access granted",
    "ocon has the grant and continues in your terminal. You can close this page.",
);

pub(super) const DENIED: Page = Page(
    "Access denied",
    "Nothing was created or changed. To try again, run ocon again. You can close this page.",
);

pub(super) const REFUSED: Page = Page(
    "This answer was refused",
    "It does not match the request that ocon made. Nothing was created or changed. Run ocon again.",
);

pub(super) const WRONG_STATE: Page = Page(
    "This request was refused",
    "It does not match the request that ocon made. Nothing was created or changed. ocon is still waiting for the answer.",
);

pub(super) const ALREADY_ANSWERED: Page =
    Page("Already answered", "ocon already has the answer. You can close this page.");

pub(super) const NOT_FOUND: Page =
    Page("Not found", "ocon only waits for the answer of a provider here.");

impl Page {
    pub(super) fn html(self) -> String {
        let Self(title, text) = self;
        format!(
            "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>{title} – ocon</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 100%/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem }}
</style>
<main>
<h1>{title}</h1>
<p>{text}</p>
</main>
"
        )
    }
}
