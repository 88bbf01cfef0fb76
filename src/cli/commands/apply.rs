//! `ocon apply`: plan, ask, carry out, report.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::sync::Arc;

use crate::api::StopSignal;
use crate::apply::{self, Outcome, Settings};
use crate::cli::commands::comment::{Comment, comment_options};
use crate::cli::commands::missing_variables;
use crate::cli::commands::outputs;
use crate::cli::commands::outputs::Outputs;
use crate::cli::commands::plan::Scope;
use crate::cli::commands::prune;
use crate::cli::commands::refusals;
use crate::cli::commands::saved_plan::{self, SavedPlan};
use crate::cli::setup::arguments::{Format, Globals};
use crate::cli::setup::environment::Environment;
use crate::cli::setup::session::{self, Connection, Files, Lookup};
use crate::cli::terminal::command_output::Output;
use crate::cli::terminal::failure::{Exit, Failure};
use crate::cli::terminal::interrupt::{self, Grace};
use crate::cli::terminal::output;
use crate::cli::terminal::progress::{self, Progress};
use crate::cli::terminal::redaction;
use crate::observed::Observed;
use crate::plan::{Approved, DeleteLimitExceeded, Limits, OrphanPolicy, Plan, PlanOptions};
use crate::report::human::{self, Layout};
use crate::report::json::{self, PlanDocument, ResultDocument};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    scope: Scope,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Refuse to delete more instances than this
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = whole_number)]
    max_deletes: usize,
    /// Write ids, tokens and webhook URLs to FILE, readable by its owner only
    #[arg(long, value_name = "FILE")]
    outputs: Option<PathBuf>,
    /// How to write the outputs
    #[arg(long, value_name = "FORM", default_value = "json", requires = "outputs")]
    outputs_format: outputs::OutputsFormat,
}

pub(crate) fn run(
    globals: &Globals,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let platform = session::platform(globals, environment)?;
    let files = session::load(globals, environment, Lookup::Asked)?;
    files.warn(globals);
    let saved = arguments.saved_plan(globals)?;
    let options = match &saved {
        Some(saved) => {
            let options = saved.options(&arguments.scope);
            if options.orphans == OrphanPolicy::Prune {
                prune::check_checkout(globals, environment)?;
            }
            options
        }
        None => arguments.scope.options(globals, environment, &files)?,
    };
    settle_missing(globals, &files, &options, saved.as_ref())?;
    let outputs = arguments.outputs(globals, environment, &files)?;
    session::runtime()?.block_on(async {
        let progress = Arc::new(Progress::new(globals, environment));
        let connection =
            session::connect(platform, globals, environment, &files.project, &progress).await?;
        let (plan, observed) = decide(&connection, &files, &options, saved.as_ref()).await?;
        show_plan(&plan, globals, environment)?;
        interrupt::means("nothing was applied.");
        let limits = Limits { max_deletes: arguments.max_deletes };
        let comment = (globals.format == Format::Markdown).then(|| {
            let document = saved_plan::document(&plan, &connection.fingerprints);
            Comment::new(document, comment_options(globals, environment))
        });
        let approved = plan.within(limits).map_err(|refused| {
            let result = comment.as_ref().map(|comment| comment.refused(&refused));
            too_many_deletes(&refused).with_result(result)
        })?;
        let was_asked = approve(approved.plan(), arguments.yes || saved.is_some())?;
        let (approved, observed) = if was_asked {
            again(&connection, &files, &options, &approved, limits, globals, environment).await?
        } else {
            (approved, observed)
        };
        // Until the end: the report has the ids of what was created.
        let _grace = interrupt::grace(grace(&connection.stop));
        let outcome = carry_out(&approved, &connection, globals, environment, &progress).await;
        // The ids and tokens first: they are needed even where nobody can read the report.
        let written =
            outputs.map(|outputs| outputs.write(&files.desired, &observed, &outcome, &connection));
        let result = ResultDocument::new(&outcome, approved.plan().untouched.unchanged);
        let shown = show_outcome(&result, comment.as_ref(), globals, environment);
        if shown.is_err() {
            // The ids of what was created are nowhere else.
            output::message(&human::outcome(&result, Layout { width: environment.width() }));
        }
        refusals::show(globals, &files.desired, &outcome);
        end(Exit::of_apply(&outcome, approved.plan()), [shown, written.unwrap_or(Ok(()))])
    })
}

/// How an apply ends of which something could not be written. All of that is reported, and the exit code
/// says what became of the instances first.
fn end(exit: Exit, written: [Result<(), Failure>; 2]) -> Result<Exit, Failure> {
    let mut failures = written.into_iter().filter_map(Result::err);
    let Some(mut last) = failures.next() else { return Ok(exit) };
    for failure in failures {
        output::message(&last.render(output::columns()));
        last = failure;
    }
    last.exit = last.exit.min(exit);
    Err(last)
}

/// Ends an apply that lacks secrets, unless it may go on without them. A saved plan needs those of
/// its own documents only.
fn settle_missing(
    globals: &Globals,
    files: &Files,
    options: &PlanOptions,
    saved: Option<&SavedPlan>,
) -> Result<(), Failure> {
    let written = saved.map_or_else(|| options.clone(), |saved| saved.only(options));
    if options.allow_unset {
        missing_variables::warn(globals, &files.desired, &written);
        return Ok(());
    }
    missing_variables::refuse(globals, &files.desired, &written)
}

/// Plans anew, and keeps of it what a saved plan contains.
async fn decide(
    connection: &Connection,
    files: &Files,
    options: &PlanOptions,
    saved: Option<&SavedPlan>,
) -> Result<(Plan, Observed), Failure> {
    let Some(saved) = saved else {
        return connection.plan(&files.desired, options).await;
    };
    saved.check(connection)?;
    let (plan, observed) = connection.plan(&files.desired, options).await?;
    Ok((saved.revise(plan), observed))
}

impl Arguments {
    /// Where the outputs will go, if anywhere.
    fn outputs(
        &self,
        globals: &Globals,
        environment: &Environment,
        files: &Files,
    ) -> Result<Option<Outputs>, Failure> {
        let prepare = |path: &PathBuf| {
            let form = self.outputs_format;
            Outputs::prepare(globals, path, form, environment, &files.desired)
        };
        self.outputs.as_ref().map(prepare).transpose()
    }

    /// The plan to carry out, where the one argument is a plan file.
    fn saved_plan(&self, globals: &Globals) -> Result<Option<SavedPlan>, Failure> {
        let is_plan =
            |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "json");
        let Some(path) = self.scope.paths.iter().find(is_plan) else {
            return Ok(None);
        };
        let beside = [
            (self.scope.paths.len() > 1, "another PATH"),
            (self.scope.prune, "--prune"),
            (!self.scope.rotate.is_empty(), "--rotate"),
        ];
        if let Some((_, what)) = beside.iter().find(|(given, _)| *given) {
            return Err(Failure::new(
                Exit::Usage,
                format!("{what} cannot stand beside a plan file"),
            )
            .hint(
                "the plan says what is done: give it to `ocon plan`, and apply what that writes",
            ));
        }
        SavedPlan::read(&globals.root, path).map(Some)
    }
}

/// The plan is a part of the result for a person; a script gets the result alone.
fn show_plan(plan: &Plan, globals: &Globals, environment: &Environment) -> Result<(), Failure> {
    let text = human::plan(&PlanDocument::new(plan), Layout { width: environment.width() });
    match globals.format {
        Format::Json | Format::Markdown if globals.quiet => Ok(()),
        Format::Json | Format::Markdown => {
            output::message(&text);
            Ok(())
        }
        _ => output::text(&text),
    }
}

/// Plans again after a person was asked, which may have taken any time, and keeps what is still the
/// same: an instance may belong to another document by now.
async fn again(
    connection: &Connection,
    files: &Files,
    options: &PlanOptions,
    approved: &Approved,
    limits: Limits,
    globals: &Globals,
    environment: &Environment,
) -> Result<(Approved, Observed), Failure> {
    let (plan, observed) = connection.plan(&files.desired, options).await?;
    let plan = plan.as_approved(approved.plan());
    if !plan.stale.is_empty() {
        show_plan(&plan, globals, environment)?;
    }
    Ok((plan.within(limits).map_err(|refused| too_many_deletes(&refused))?, observed))
}

/// Asks for consent where there is something to do and nobody gave it yet. Returns whether a person
/// was asked.
fn approve(plan: &Plan, yes: bool) -> Result<bool, Failure> {
    if yes || plan.steps.is_empty() {
        return Ok(false);
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::new(
            Exit::Usage,
            "there is no terminal to ask for consent, so nothing was applied",
        )
        .hint("review the plan, then run the same command with --yes"));
    }
    output::message("\nApply this plan? Only `yes` is taken as consent: ");
    let mut answer = String::new();
    match io::stdin().read_line(&mut answer) {
        Ok(_) if answer.trim() == "yes" => Ok(true),
        _ => Err(Failure::new(Exit::Other, "not applied: no consent was given")),
    }
}

/// An interruption lets requests in flight finish, and starts nothing new.
pub(crate) fn grace(stop: &StopSignal) -> Grace {
    let stop = stop.clone();
    Grace {
        announcement: "requests in flight finish, and no new step starts. Interrupt again to abort.",
        aborted: "the outcome of the requests in flight is unknown. The next run recognizes what they did.",
        stop: Box::new(move || stop.request()),
    }
}

pub(crate) async fn carry_out(
    approved: &Approved,
    connection: &Connection,
    globals: &Globals,
    environment: &Environment,
    progress: &Arc<Progress>,
) -> Outcome {
    let clock = environment.clock();
    let settings =
        Settings { concurrency: globals.concurrency, clock: &*clock, stop: &connection.stop };
    progress.start_applying(approved.plan().steps.len());
    let outcome = apply::run(approved, &connection.client, settings, &|event| {
        progress.tell(event);
    })
    .await;
    progress::clear();
    let touched = outcome.results.iter().filter_map(|result| result.instance.as_ref());
    redaction::learn_tokens(touched.filter_map(|instance| instance.token.as_ref()));
    outcome
}

fn show_outcome(
    result: &ResultDocument,
    comment: Option<&Comment>,
    globals: &Globals,
    environment: &Environment,
) -> Result<(), Failure> {
    let layout = Layout { width: environment.width() };
    match (globals.format, comment) {
        (Format::Json, _) => output::result(&Output::Json(json::render(result))),
        (_, Some(comment)) => output::result(&comment.outcome(result)),
        _ if result.results.is_empty() => Ok(()),
        _ => output::text(&format!("\n{}", human::outcome(result, layout))),
    }
}

fn too_many_deletes(refused: &DeleteLimitExceeded) -> Failure {
    Failure::new(Exit::Guarded, refused.to_string()).hint(format!(
        "nothing was applied. If all of them shall go: --max-deletes {}",
        refused.deletes
    ))
}

fn whole_number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "write a whole number".to_owned())
}
