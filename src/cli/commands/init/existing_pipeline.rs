//! A pipeline that exists: whether it is one of ocon, and which variables of the documents it lacks.

use super::example_pipelines::ExamplePipeline;
use super::pipeline_text::secret_name;
use crate::desired::secrets::AllowedVariables;

const ALLOW_LIST: &str = "OCON_ENV_ALLOW";

/// The result for a file that `ocon init` did not write because it exists.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ExistingPipeline {
    /// It does not name ocon.
    Foreign,
    /// The reason that it was not read.
    Unread(String),
    /// The variables of the documents that it does not allow or does not pass to a job, or none.
    Lacks(Vec<String>),
}

/// Compares an existing pipeline with the example that has its path.
pub(super) fn inspect(
    example: &ExamplePipeline,
    text: &str,
    variables: &[&str],
) -> ExistingPipeline {
    let code: Vec<&str> = text.lines().filter(|line| !is_comment(line)).collect();
    if !code.iter().any(|line| names_ocon(line)) {
        return ExistingPipeline::Foreign;
    }
    let lists: Vec<AllowedVariables> = code.iter().filter_map(|line| allow_list(line)).collect();
    let passes_secrets = example.text.lines().any(|line| secret_name(line).is_some());
    let is_lacking = |name: &str| {
        let is_refused = lists.iter().any(|list| !list.allows(name));
        is_refused || (passes_secrets && !code.iter().any(|line| passes(line, name)))
    };
    let lacking = variables.iter().filter(|name| is_lacking(name));
    ExistingPipeline::Lacks(lacking.map(|name| (*name).to_owned()).collect())
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('#') || line.starts_with("//")
}

/// Whether a line has the word `ocon`, or a variable of ocon.
fn names_ocon(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "ocon")
}

/// The list that a line sets: `OCON_ENV_ALLOW: SLACK_*` or `OCON_ENV_ALLOW = 'SLACK_*'`. `None` for a list
/// that is not in this line, such as a reference to a variable.
fn allow_list(line: &str) -> Option<AllowedVariables> {
    let (_, after) = line.split_once(ALLOW_LIST)?;
    let value = after.trim_start().strip_prefix([':', '='])?.trim_start();
    let value = value.strip_prefix(['"', '\'']).unwrap_or(value);
    let is_list = |c: char| c.is_ascii_alphanumeric() || "_*, ".contains(c);
    let end = value.find(|c: char| !is_list(c)).unwrap_or(value.len());
    let value = value.get(..end).unwrap_or_default();
    let patterns = value.split(',').map(str::trim).filter(|it| !it.is_empty());
    let patterns: Vec<&str> = patterns.collect();
    if patterns.is_empty() { None } else { AllowedVariables::matching(&patterns.join(",")).ok() }
}

/// Whether a line has the name of a variable and is not the list of the allowed ones.
fn passes(line: &str, name: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !line.contains(ALLOW_LIST) && line.split(|c| !is_of_name(c)).any(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::super::example_pipelines::Ci;
    use super::*;

    fn lacks(names: &[&str]) -> ExistingPipeline {
        ExistingPipeline::Lacks(names.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn each_example_lacks_nothing_for_its_documents_and_the_rest_for_others() {
        for ci in [Ci::Github, Ci::Gitlab, Ci::Azure, Ci::Jenkins] {
            for pipeline in ci.pipelines() {
                let own = ["CLOSEIO_API_KEY", "HOOTSUITE_CODE", "SLACK_CODE"];
                assert_eq!(inspect(pipeline, pipeline.text, &own), lacks(&[]), "{}", pipeline.path);
                // The step between the pull request of a fork and its plan reads no file.
                let others = if pipeline.path.contains("fork-data") { &[][..] } else { &["A_KEY"] };
                let found = inspect(pipeline, pipeline.text, &["A_KEY", "SLACK_CODE"]);
                assert_eq!(found, lacks(others), "{}", pipeline.path);
            }
        }
    }

    #[test]
    fn a_pipeline_without_the_word_ocon_is_foreign() {
        let gitlab = &Ci::Gitlab.pipelines()[0];
        for foreign in ["", "stages: [x]\n", "# ocon\nscript: make\n", "image: oconnor\n"] {
            assert_eq!(inspect(gitlab, foreign, &["A"]), ExistingPipeline::Foreign, "{foreign}");
        }
        for own in ["script: ocon plan\n", "include: ocon.gitlab-ci.yml\n", "  OCON_PROJECT: a\n"] {
            assert_eq!(inspect(gitlab, own, &["A"]), lacks(&[]), "{own}");
        }
    }

    #[test]
    fn a_list_is_read_in_every_form_of_the_examples() {
        let gitlab = &Ci::Gitlab.pipelines()[0];
        let found = |line: &str| inspect(gitlab, line, &["A_KEY", "B"]);
        for line in [
            "OCON_ENV_ALLOW: NONE",
            "OCON_ENV_ALLOW = 'NONE'",
            "OCON_ENV_ALLOW: \"NONE\" # comment",
            "OCON_ENV_ALLOW: C, D_*",
        ] {
            assert_eq!(found(line), lacks(&["A_KEY", "B"]), "{line}");
        }
        assert_eq!(found("OCON_ENV_ALLOW: A_*,C"), lacks(&["B"]));
        for unknown in ["OCON_ENV_ALLOW: $LIST", "OCON_ENV_ALLOW: >-", "OCON_ENV_ALLOW: A_*, B"] {
            assert_eq!(found(unknown), lacks(&[]), "{unknown}");
        }
    }
}
