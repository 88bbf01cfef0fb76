//! The pipelines of `examples/ci`, which are part of the program.

use clap::ValueEnum;

use crate::report::pipeline_lines::PipelineSyntax;

/// A CI system for which there are pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ci {
    /// GitHub Actions
    Github,
    /// GitLab CI/CD
    Gitlab,
    /// Azure Pipelines
    Azure,
    /// Jenkins
    Jenkins,
}

/// A file of a pipeline.
pub(super) struct ExamplePipeline {
    /// The path in a user's repository.
    pub(super) path: &'static str,
    /// The path of the example, below `examples/ci`.
    example: &'static str,
    /// The text of the example.
    pub(super) text: &'static str,
}

macro_rules! pipelines {
    ($($path:literal from $example:literal,)*) => {
        &[$(ExamplePipeline {
            path: $path,
            example: $example,
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/ci/", $example)),
        }),*]
    };
}

const GITHUB: &[ExamplePipeline] = pipelines![
    ".github/workflows/ocon-apply.yml" from "github/apply.yml",
    ".github/workflows/ocon-drift.yml" from "github/drift.yml",
    ".github/workflows/ocon-fork-data.yml" from "github/fork-data.yml",
    ".github/workflows/ocon-fork-plan.yml" from "github/fork-plan.yml",
    ".github/workflows/ocon-plan.yml" from "github/plan.yml",
    ".github/workflows/ocon-validate.yml" from "github/validate.yml",
];
const GITLAB: &[ExamplePipeline] = pipelines![".gitlab-ci.yml" from "gitlab/gitlab-ci.yml",];
const AZURE: &[ExamplePipeline] =
    pipelines!["azure-pipelines.yml" from "azure/azure-pipelines.yml",];
const JENKINS: &[ExamplePipeline] = pipelines!["Jenkinsfile" from "jenkins/Jenkinsfile",];

impl ExamplePipeline {
    /// The name of the example's file.
    pub(super) fn example_name(&self) -> &'static str {
        self.example.rsplit('/').next().unwrap_or_default()
    }
}

impl Ci {
    pub(super) fn pipelines(self) -> &'static [ExamplePipeline] {
        match self {
            Self::Github => GITHUB,
            Self::Gitlab => GITLAB,
            Self::Azure => AZURE,
            Self::Jenkins => JENKINS,
        }
    }

    pub(super) fn syntax(self) -> PipelineSyntax {
        match self {
            Self::Github => PipelineSyntax::Github,
            Self::Gitlab => PipelineSyntax::Gitlab,
            Self::Azure => PipelineSyntax::Azure,
            Self::Jenkins => PipelineSyntax::Jenkins,
        }
    }

    /// The value of `--ci`, which is also a value of `--format`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Azure => "azure",
            Self::Jenkins => "jenkins",
        }
    }

    /// The section of docs/pipelines.md.
    pub(super) fn section(self) -> &'static str {
        match self {
            Self::Github => "github-actions",
            Self::Gitlab => "gitlab",
            Self::Azure => "azure-devops",
            Self::Jenkins => "jenkins",
        }
    }
}
