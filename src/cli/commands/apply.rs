//! `ocon apply`: plans, asks for approval, executes the plan and reports the outcome.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use crate::cli::commands::comment::AppliedPlan;
use crate::cli::commands::outputs::Outputs;
use crate::cli::commands::plan_scope::PlanScopeArgs;
use crate::cli::commands::saved_plan::{self, SavedPlan};
use crate::cli::commands::{
    execution, failure_report, outputs, prune, refusals, reports, unset_variables,
};
use crate::cli::setup::{
    Connection, Files, Format, GlobalArgs, KeyOrPath, SecretAccess, connection,
};
use crate::cli::terminal::{Exit, Failure, Output, interrupt, output};
use crate::observed::Observed;
use crate::plan::{Approved, DeleteLimitExceeded, Limits, OrphanPolicy, Plan, PlanOptions};
use crate::report::human;
use crate::report::json::{self, PlanDocument, ResultDocument};

#[derive(Debug, clap::Args)]
#[command(mut_arg("documents", |arg| {
    arg.value_name("PLAN.json|KEY|PATH")
        .help("Saved plan; or documents, files or folders to include, by default all of instances/")
}))]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    scope: PlanScopeArgs,
    /// Apply without asking
    #[arg(short, long)]
    yes: bool,
    /// Maximum number of instances to delete; with more, nothing is applied
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = whole_number)]
    max_deletes: usize,
    /// Write IDs, tokens and webhook URLs to FILE, readable only by its owner
    #[arg(long, value_name = "FILE")]
    outputs: Option<PathBuf>,
    /// Format of FILE
    #[arg(long, value_name = "FORMAT", default_value = "json", requires = "outputs")]
    outputs_format: outputs::OutputsFormat,
}

pub(crate) fn run(globals: &GlobalArgs, args: &ApplyArgs) -> Result<Exit, Failure> {
    let (platform, files) = connection::prepare(globals, SecretAccess::Needed)?;
    files.warn(globals);
    let saved = args.saved_plan(globals)?;
    let options = args.options(globals, &files, saved.as_ref())?;
    check_unset_variables(globals, &files, &options, saved.as_ref())?;
    let outputs = args.outputs.as_ref();
    let outputs = outputs
        .map(|path| Outputs::prepare(globals, path, args.outputs_format, &files.desired))
        .transpose()?;
    connection::runtime()?.block_on(async {
        let connection = connection::connect(platform, globals, &files.project.name).await?;
        let apply = Apply { globals, args, files, saved, options, connection };
        let (plan, observed) = apply.plan().await?;
        apply.show(&plan)?;
        interrupt::set_consequence("nothing was applied.");
        let shown = apply.shown_plan(&plan);
        let approved = plan
            .within(args.limits())
            .map_err(|refused| apply.refused(&refused, shown.as_ref()))?;
        let (approved, observed) = apply.approve(approved, observed).await?;
        apply.execute(&approved, &observed, outputs, shown.as_ref()).await
    })
}

struct Apply<'a> {
    globals: &'a GlobalArgs,
    args: &'a ApplyArgs,
    files: Files,
    saved: Option<SavedPlan>,
    options: PlanOptions,
    connection: Connection,
}

impl Apply<'_> {
    async fn plan(&self) -> Result<(Plan, Observed), Failure> {
        let Self { connection, files, options, .. } = self;
        let Some(saved) = &self.saved else {
            return connection.plan(&files.desired, options).await;
        };
        saved.check(connection)?;
        let (plan, observed) = connection.plan(&files.desired, options).await?;
        Ok((saved.revise(plan), observed))
    }

    /// Shows the plan: on stdout as text, otherwise on stderr, because a script expects only the result.
    fn show(&self, plan: &Plan) -> Result<(), Failure> {
        let text = human::plan(&PlanDocument::new(plan), self.globals.layout());
        match self.globals.format {
            Format::Json | Format::Markdown | Format::Html if self.globals.quiet => Ok(()),
            Format::Json | Format::Markdown | Format::Html => {
                output::message(&text);
                Ok(())
            }
            _ => output::text(&text),
        }
    }

    /// The plan, if a comment or a page shows it.
    fn shown_plan(&self, plan: &Plan) -> Option<AppliedPlan> {
        self.globals.writes_any(&[Format::Markdown, Format::Html]).then(|| {
            let document = saved_plan::document(plan, &self.connection.fingerprints);
            AppliedPlan::new(document, self.globals)
        })
    }

    /// The failure of a plan with too many deletes, with the plan as its result.
    fn refused(&self, refused: &DeleteLimitExceeded, plan: Option<&AppliedPlan>) -> Failure {
        let failure = too_many_deletes(refused);
        let shown = |format| plan?.refused(format, refused);
        reports::write_or_warn(self.globals, |format| {
            shown(format)
                .or_else(|| failure_report::render(format, &failure, "apply", self.globals))
        });
        failure.with_result(shown(self.globals.format)).with_reports()
    }

    /// Asks for approval if necessary, and returns the approved steps that a new plan still contains. The
    /// answer may have taken any time, and an instance may belong to another document by now.
    async fn approve(
        &self,
        approved: Approved,
        observed: Observed,
    ) -> Result<(Approved, Observed), Failure> {
        if self.args.yes || self.saved.is_some() || approved.plan().steps.is_empty() {
            return Ok((approved, observed));
        }
        ask_for_approval()?;
        let (plan, observed) = self.connection.plan(&self.files.desired, &self.options).await?;
        let plan = plan.as_approved(approved.plan());
        if !plan.stale.is_empty() {
            self.show(&plan)?;
        }
        let approved = plan.within(self.args.limits());
        Ok((approved.map_err(|refused| too_many_deletes(&refused))?, observed))
    }

    async fn execute(
        &self,
        approved: &Approved,
        observed: &Observed,
        outputs: Option<Outputs>,
        plan: Option<&AppliedPlan>,
    ) -> Result<Exit, Failure> {
        let Self { globals, connection, files: Files { desired, .. }, .. } = self;
        // Held until the end, because the report contains the IDs of created instances.
        let _guard = execution::stop_gracefully(&connection.stop);
        let outcome = execution::execute(approved, connection, globals).await;
        // The outputs come first: they are needed even if nobody can read the report.
        let written = outputs.map(|outputs| outputs.write(desired, observed, &outcome, connection));
        let result = ResultDocument::new(&outcome, approved.plan().untouched.unchanged);
        let text = human::outcome(&result, globals.layout());
        let render = |format| match format {
            Format::Json => Some(Output::Json(json::render(&result))),
            _ => plan?.outcome(format, &result),
        };
        let reported = reports::write(globals, render);
        let shown = match render(globals.format) {
            Some(output) => output::result(&output),
            None if result.results.is_empty() => Ok(()),
            None => output::text(&format!("\n{text}")),
        };
        if shown.is_err() {
            // The IDs of created instances are nowhere else.
            output::message(&text);
        }
        refusals::show(globals, desired, &outcome);
        exit(
            Exit::of_apply(&outcome, approved.plan()),
            [reported, shown, written.unwrap_or(Ok(()))],
        )
    }
}

/// The exit code of an apply, or its last failure to write. Reports the other failures.
fn exit(exit: Exit, written: [Result<(), Failure>; 3]) -> Result<Exit, Failure> {
    let mut failures = written.into_iter().filter_map(Result::err);
    let Some(mut last) = failures.next() else { return Ok(exit) };
    for failure in failures {
        output::message(&last.render(output::columns()));
        last = failure;
    }
    last.exit = last.exit.min(exit);
    Err(last)
}

/// Fails if secrets are unset, unless `--allow-unset` is given. A saved plan needs its own secrets only.
fn check_unset_variables(
    globals: &GlobalArgs,
    files: &Files,
    options: &PlanOptions,
    saved: Option<&SavedPlan>,
) -> Result<(), Failure> {
    if options.allow_unset {
        return Ok(());
    }
    let written = saved.map_or_else(|| options.clone(), |saved| saved.restrict(options));
    unset_variables::refuse(globals, &files.desired, &written)
}

impl ApplyArgs {
    fn limits(&self) -> Limits {
        Limits { max_deletes: self.max_deletes }
    }

    fn options(
        &self,
        globals: &GlobalArgs,
        files: &Files,
        saved: Option<&SavedPlan>,
    ) -> Result<PlanOptions, Failure> {
        let Some(saved) = saved else { return self.scope.options(globals, files) };
        let options = saved.options(globals, files, &self.scope)?;
        if options.orphans == OrphanPolicy::Prune {
            prune::check_checkout(globals)?;
        }
        Ok(options)
    }

    /// The saved plan, if the only path is a plan file.
    fn saved_plan(&self, globals: &GlobalArgs) -> Result<Option<SavedPlan>, Failure> {
        let is_plan = |path: &&Path| path.extension().is_some_and(|extension| extension == "json");
        let documents = &self.scope.documents;
        let Some(path) = documents.iter().map(KeyOrPath::path).find(is_plan) else {
            return Ok(None);
        };
        let conflicts = [
            (documents.len() > 1, "another KEY or PATH"),
            (self.scope.prune, "--prune"),
            (!self.scope.rotate.is_empty(), "--rotate"),
        ];
        if let Some((_, name)) = conflicts.iter().find(|(given, _)| *given) {
            let error = format!("{name} cannot be combined with a plan file");
            return Err(Failure::new(Exit::Usage, error)
                .hint("use it with `ocon plan --out plan.json`, then apply that plan"));
        }
        SavedPlan::read(&globals.root, path).map(Some)
    }
}

fn ask_for_approval() -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        let error =
            "nothing was applied, because stdin is not a terminal and ocon cannot ask for approval";
        return Err(Failure::new(Exit::Usage, error)
            .hint("review the plan, then run the same command with --yes"));
    }
    output::message("\nApply this plan? Only `yes` is accepted: ");
    let mut answer = String::new();
    match io::stdin().read_line(&mut answer) {
        Ok(_) if answer.trim() == "yes" => Ok(()),
        _ => Err(Failure::new(Exit::Other, "not applied: the plan was not approved")),
    }
}

fn too_many_deletes(refused: &DeleteLimitExceeded) -> Failure {
    Failure::new(Exit::Guarded, refused.to_string()).hint(format!(
        "nothing was applied. To delete all of them: --max-deletes {}",
        refused.deletes
    ))
}

fn whole_number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "write a whole number".to_owned())
}
