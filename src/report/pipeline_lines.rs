//! The secrets that the files read as lines for a file of variables or for a pipeline.
//!
//! In: a [`VariablesDocument`]. Out: text to copy. Every line that is not part of the syntax is a comment,
//! so the text as a whole can be pasted or read by a program.

use std::collections::BTreeSet;

use super::json::{UsedSecret, VariablesDocument};
use super::style::clean_line;

/// The syntax for which lines are rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipelineSyntax {
    /// `NAME=`, grouped by document: for a shell, `docker --env-file` and `kubectl --from-env-file`.
    Dotenv,
    /// `NAME: ${{ secrets.NAME }}`. A job of GitHub gets only the secrets that its steps name.
    Github,
    /// The names alone: GitLab passes its variables to jobs by itself. A line `NAME: $NAME` would be wrong,
    /// because a job gets the text `$NAME` if the variable is not set.
    Gitlab,
    /// `NAME: $(NAME)`. A job of Azure Pipelines gets only the secrets that its steps name.
    Azure,
    /// `NAME = credentials('NAME')`.
    Jenkins,
}

/// Renders the lines of all secrets of a document.
pub fn pipeline_lines(document: &VariablesDocument, syntax: PipelineSyntax) -> String {
    let names: Vec<&str> =
        document.secrets.iter().filter_map(|secret| secret.variable.as_deref()).collect();
    let mut text = String::new();
    push_head(&mut text, document, syntax);
    match syntax {
        PipelineSyntax::Dotenv => push_dotenv(&mut text, &document.secrets),
        PipelineSyntax::Gitlab => push_gitlab(&mut text, &names),
        _ if names.is_empty() => {}
        PipelineSyntax::Github | PipelineSyntax::Azure => {
            text.push_str("# In each step that plans or applies:\nenv:\n");
            push_lines(&mut text, &names, syntax);
        }
        PipelineSyntax::Jenkins => {
            text.push_str("// In each stage that plans or applies:\nenvironment {\n");
            push_lines(&mut text, &names, syntax);
            text.push_str("}\n");
        }
    }
    push_files(&mut text, document, syntax);
    text
}

fn push_lines(text: &mut String, names: &[&str], syntax: PipelineSyntax) {
    for name in names {
        let line = match syntax {
            PipelineSyntax::Github => format!("{name}: ${{{{ secrets.{name} }}}}"),
            PipelineSyntax::Azure => format!("{name}: $({name})"),
            PipelineSyntax::Jenkins => format!("{name} = credentials('{name}')"),
            PipelineSyntax::Dotenv | PipelineSyntax::Gitlab => (*name).to_owned(),
        };
        text.push_str(&format!("  {line}\n"));
    }
}

/// Adds the patterns for `OCON_ENV_ALLOW` as a comment, because they belong to the head of a pipeline. Those
/// of GitLab are part of the text, which has no other lines.
fn push_head(text: &mut String, document: &VariablesDocument, syntax: PipelineSyntax) {
    let allowed = &document.env_allow;
    if allowed.is_empty() {
        let comment = comment(syntax);
        return text.push_str(&format!("{comment} The files read no environment variable.\n"));
    }
    text.push_str(&match syntax {
        PipelineSyntax::Dotenv => format!("# In a pipeline: OCON_ENV_ALLOW={allowed}\n"),
        PipelineSyntax::Gitlab => {
            format!("variables:\n  OCON_ENV_ALLOW: {}\n", yaml_patterns(allowed))
        }
        PipelineSyntax::Github | PipelineSyntax::Azure => {
            format!(
                "# At the head of the pipeline:\n#   OCON_ENV_ALLOW: {}\n",
                yaml_patterns(allowed)
            )
        }
        PipelineSyntax::Jenkins => {
            format!("// At the head of the pipeline:\n//   OCON_ENV_ALLOW = '{allowed}'\n")
        }
    });
}

/// Words that a parser of YAML 1.1 reads as a boolean or as null.
const YAML_KEYWORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"];

/// Writes names and patterns as a YAML string.
pub fn yaml_patterns(patterns: &str) -> String {
    if patterns.contains([',', '*']) { patterns.to_owned() } else { yaml_word(patterns) }
}

/// Writes a word of letters, digits, `.`, `_` and `-` as a YAML string: in quotes if a parser can read it as
/// a number, a date, a boolean or null.
pub fn yaml_word(word: &str) -> String {
    let is_keyword = YAML_KEYWORDS.contains(&word.to_ascii_lowercase().as_str());
    if is_keyword || !word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return format!("\"{word}\"");
    }
    word.to_owned()
}

fn push_dotenv(text: &mut String, secrets: &[UsedSecret]) {
    let mut keys: Vec<_> = secrets.iter().flat_map(|secret| &secret.places).collect();
    keys.sort_by_key(|place| &place.key);
    keys.dedup_by_key(|place| &place.key);
    let mut written = BTreeSet::new();
    for document in keys {
        let is_read = |secret: &&UsedSecret| secret.places.iter().any(|it| it.key == document.key);
        let names = secrets.iter().filter(is_read).filter_map(|secret| secret.variable.as_ref());
        // A variable of several documents is in the first of them.
        let names: Vec<_> = names.filter(|name| written.insert(*name)).collect();
        if names.is_empty() {
            continue;
        }
        let place = clean_line(&format!("{} ({})", document.key, document.file));
        text.push_str(&format!("\n# {place}\n"));
        text.extend(names.into_iter().map(|name| format!("{name}=\n")));
    }
}

fn push_gitlab(text: &mut String, names: &[&str]) {
    if names.is_empty() {
        return;
    }
    text.push_str(
        "# GitLab passes these to the jobs by itself. Add them in Settings > CI/CD > Variables: of the type\n\
         # Variable, masked, not expanded, and only for the environments ocon-plan and ocon-apply.\n",
    );
    text.extend(names.iter().map(|name| format!("#   {name}\n")));
}

fn push_files(text: &mut String, document: &VariablesDocument, syntax: PipelineSyntax) {
    let files = document.secrets.iter().filter(|secret| secret.variable.is_none());
    let files: Vec<_> = files.filter_map(|secret| secret.source.strip_prefix("file.")).collect();
    if files.is_empty() {
        return;
    }
    let comment = comment(syntax);
    text.push_str(&format!("{comment} Files in the folder that OCON_SECRETS_DIR names:\n"));
    text.extend(files.iter().map(|file| format!("{comment}   {}\n", clean_line(file))));
}

fn comment(syntax: PipelineSyntax) -> &'static str {
    if syntax == PipelineSyntax::Jenkins { "//" } else { "#" }
}
