//! The pages that a browser shows at the end: a heading, a sentence, and nothing else.

/// What the pages may load: their own style.
pub(super) const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// A page.
#[derive(Clone, Copy)]
pub(super) struct Page {
    title: &'static str,
    text: &'static str,
}

pub(super) const GRANTED: Page = Page {
    title: "Access granted",
    text: "ocon has what it needs and goes on where you started it. You can close this page.",
};

pub(super) const DENIED: Page = Page {
    title: "Access denied",
    text: "Nothing was created or changed. To try again, start ocon again. You can close this page.",
};

pub(super) const REFUSED: Page = Page {
    title: "This answer was refused",
    text: "It does not belong to the question that ocon asked. Nothing was created or changed. Start ocon again.",
};

pub(super) const WRONG_STATE: Page = Page {
    title: "This request was refused",
    text: "It does not belong to the question that ocon asked. Nothing was created or changed. ocon still waits for the answer.",
};

pub(super) const AGAIN: Page = Page {
    title: "Answered already",
    text: "ocon takes one answer, and has it. You can close this page.",
};

pub(super) const ELSEWHERE: Page = Page {
    title: "Nothing here",
    text: "ocon waits here for the answer of a provider, and for nothing else.",
};

impl Page {
    pub(super) fn html(self) -> String {
        let Self { title, text } = self;
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
