//! The samples of a new file that nobody replaced. A text can select the host that gets a secret, so none
//! of them may reach a real platform.

use super::document::Document;
use crate::instance::is_sample;
use crate::safe_text::quoted;

/// Which values are still samples and what to do, if the platform does not accept samples.
pub(super) fn unreplaced(document: &Document<'_>) -> Option<String> {
    if document.context.accepts_samples {
        return None;
    }
    let fields = document.wanted.configuration.iter();
    let samples = fields.filter_map(|(key, field)| {
        let written = field.value.as_written();
        let text = written.as_str().filter(|text| is_sample(text))?;
        let at = format!("{}:{}", field.at.file, field.at.line);
        Some(format!("{} is still {} at {at}", quoted(key), quoted(text)))
    });
    let samples: Vec<String> = samples.collect();
    (!samples.is_empty()).then(|| {
        format!("{}. Write the values of your account at the provider instead", samples.join(", "))
    })
}
