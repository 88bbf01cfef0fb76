//! The formats of each command.

use crate::cli::setup::Format;

/// The formats that a command supports.
pub(super) fn of_command(command: &str) -> &'static [Format] {
    use Format::{Azure, Dotenv, Github, Gitlab, Html, Jenkins, Json, Markdown, Sarif, Text};
    match command {
        "validate" => &[Text, Json, Github, Sarif],
        "variables" => &[Text, Json, Dotenv, Github, Gitlab, Azure, Jenkins],
        "plan" => &[Text, Json, Markdown, Html, Github],
        "apply" | "status" => &[Text, Json, Markdown, Html],
        "connectors" | "events" | "doctor" | "selftest" => &[Text, Json],
        _ => &[Text],
    }
}
