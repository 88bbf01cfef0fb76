//! The text of one file, which is loaded again until nothing in it is left to complain of.

use std::collections::BTreeMap;

use super::configuration::{Entry, Form, own_webhook_url};
use super::variable::Names;
use super::{Candidate, File, Ground, LeftOut, yaml};
use crate::catalog::Shape;
use crate::desired::{Code, DesiredInstance, Loaded, Problem, Problems, Severity};
use crate::instance::{Key, ValueComparison};

/// Writes the file of one instance.
pub(super) struct Writer<'a> {
    pub(super) candidate: &'a Candidate,
    pub(super) key: &'a Key,
    pub(super) shape: Option<&'a Shape>,
    pub(super) ground: &'a Ground<'a>,
}

/// What a line of the file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    /// What every file needs: without it there is none.
    Whole,
    /// The tags.
    Tags,
    /// The configuration key with this index.
    Entry(usize),
}

/// The file as far as it is known.
struct Draft<'a> {
    entries: Vec<Entry<'a>>,
    /// Why the tags are left out.
    tags: Option<String>,
    /// The names of the variables, by configuration key.
    variables: BTreeMap<&'a str, String>,
}

/// Lines, each with what it belongs to.
type Lines = Vec<(Piece, String)>;

/// An objection: to what, why, and whether a secret stands there in clear.
struct Objection {
    piece: Piece,
    why: String,
    in_clear: bool,
}

impl Writer<'_> {
    /// The file, or why there can be none.
    pub(super) fn file(&self, variables: &mut Names) -> Result<File, String> {
        let found = &self.candidate.found;
        if (self.ground.holds_secret)(&found.name) {
            return Err("its name holds a secret".to_owned());
        }
        let held = found.tags.as_set().iter().any(|tag| (self.ground.holds_secret)(tag));
        let tags = held.then(|| "a tag holds a secret".to_owned());
        let mut draft = Draft { entries: self.entries(), tags, variables: BTreeMap::new() };
        loop {
            self.name_variables(&mut draft, variables);
            let lines = self.lines(&mut draft);
            let objections = self.objections(&draft, &lines)?;
            if objections.is_empty() {
                return Ok(self.finished(draft, &lines));
            }
            // Each objection brings an entry nearer to its absence, so this ends.
            objections.into_iter().try_for_each(|objection| draft.give_way(objection))?;
        }
    }

    fn below(&self) -> String {
        format!("{}.yaml", self.key)
    }

    fn name_variables<'d>(&self, draft: &mut Draft<'d>, taken: &mut Names) {
        for entry in &draft.entries {
            if matches!(entry.form, Form::Variable | Form::Comment) {
                let key: &'d str = entry.key;
                draft
                    .variables
                    .entry(key)
                    .or_insert_with(|| taken.take(self.key, key, self.candidate.found.id));
            }
        }
    }

    fn lines(&self, draft: &mut Draft<'_>) -> Lines {
        let Candidate { found, connector, .. } = self.candidate;
        let mut lines = Lines::new();
        let mut whole = |line: String| lines.push((Piece::Whole, line));
        if let Some(schema) = (self.ground.schema)(connector, &self.below()) {
            whole(format!("# yaml-language-server: $schema={schema}"));
        }
        whole(format!("id: {}", found.id));
        whole(format!("element: {}", yaml::text(connector.as_str())));
        whole(format!("name: {}", yaml::text(&found.name)));
        if found.disabled {
            whole("enabled: false".to_owned());
        }
        if found.marks.protect() {
            whole("lifecycle: { protect: true }".to_owned());
        }
        let tags = found.tags.as_set();
        if draft.tags.is_none() && !tags.is_empty() {
            lines.push((Piece::Tags, "tags:".to_owned()));
            lines.extend(tags.iter().map(|tag| (Piece::Tags, format!("  - {}", yaml::text(tag)))));
        }
        self.configuration(draft, &mut lines);
        lines
    }

    fn configuration(&self, draft: &mut Draft<'_>, lines: &mut Lines) {
        let (mut live, mut comments) = (Lines::new(), Lines::new());
        for (index, entry) in draft.entries.iter_mut().enumerate() {
            let piece = Piece::Entry(index);
            let variable = draft.variables.get(entry.key).map(String::as_str).unwrap_or_default();
            match entry.form {
                Form::Comment => {
                    comments.push((piece, format!("  # {}: ${{{{ env.{variable} }}}}", entry.key)));
                }
                Form::Absent => {}
                _ => live.extend(self.live(entry, variable).into_iter().map(|line| (piece, line))),
            }
        }
        let fixed = |line: &str| (Piece::Whole, line.to_owned());
        if !live.is_empty() {
            lines.push(fixed("configuration:"));
            lines.append(&mut live);
        } else if !comments.is_empty() {
            lines.push(fixed("# configuration:"));
        }
        if !comments.is_empty() {
            lines.push(fixed(
                "  # Masked, or not known as public; remove the `#` to have ocon manage it.",
            ));
            lines.append(&mut comments);
        }
    }

    /// The lines of a key that is declared.
    fn live(&self, entry: &mut Entry<'_>, variable: &str) -> Vec<String> {
        let text = entry.text().unwrap_or_default();
        if entry.form == Form::Typed {
            if let Some(lines) = yaml::member(entry.key, &self.typed(entry.key, text), 2) {
                return lines;
            }
            entry.form = Form::Text;
        }
        let value = match entry.form {
            Form::WebhookUrl => own_webhook_url().to_owned(),
            Form::Variable => format!("${{{{ env.{variable} }}}}"),
            _ => yaml::text(text),
        };
        let key = yaml::key(entry.key).unwrap_or_default();
        vec![format!("  {key}: {value}")]
    }

    /// What the loader says against the file, and what it reads otherwise than it is.
    fn objections(&self, draft: &Draft<'_>, lines: &Lines) -> Result<Vec<Objection>, String> {
        match (self.ground.load)(&self.below(), &text(lines)) {
            Ok(Loaded { desired, warnings, .. }) => {
                let mut objections = objections(&warnings, lines);
                if objections.is_empty() {
                    let wanted = desired.instances.get(self.key);
                    let wanted = wanted.ok_or("its file would be that of another document")?;
                    objections = self.differences(draft, wanted);
                }
                Ok(objections)
            }
            Err(problems) => refused(&problems, lines),
        }
    }

    /// What would be a change.
    fn differences(&self, draft: &Draft<'_>, wanted: &DesiredInstance) -> Vec<Objection> {
        let found = &self.candidate.found;
        let differs = |piece| {
            let why = "no file reads as it is stored".to_owned();
            Objection { piece, why, in_clear: false }
        };
        let name = (wanted.name != found.name).then(|| differs(Piece::Whole));
        let tags = wanted.tags.as_ref().is_some_and(|tags| tags != found.tags.as_set());
        let place = self.place();
        let entries = draft.entries.iter().enumerate().filter(|(_, entry)| {
            wanted.configuration.get(entry.key).is_some_and(|field| {
                field.value.compare(entry.key, entry.seen, &place) == ValueComparison::Different
            })
        });
        let entries = entries.map(|(index, _)| differs(Piece::Entry(index)));
        name.into_iter().chain(tags.then(|| differs(Piece::Tags))).chain(entries).collect()
    }

    fn finished(&self, draft: Draft<'_>, lines: &Lines) -> File {
        let mut file = File {
            below: self.below(),
            text: text(lines),
            variables: BTreeMap::new(),
            commented: Vec::new(),
            left_out: Vec::new(),
        };
        let tags = draft.tags.map(|why| LeftOut { field: "tags".to_owned(), why });
        file.left_out.extend(tags);
        for Entry { key, form, why, .. } in draft.entries {
            match form {
                Form::Variable => {
                    let name = draft.variables.get(key).cloned().unwrap_or_default();
                    file.variables.insert(key.to_owned(), name);
                }
                Form::Comment => file.commented.push(key.to_owned()),
                Form::Absent => {
                    let field = format!("configuration.{key}");
                    file.left_out.push(LeftOut { field, why: why.unwrap_or_default() });
                }
                Form::Typed | Form::Text | Form::WebhookUrl => {}
            }
        }
        file
    }
}

impl Draft<'_> {
    /// Does without what somebody objects to, or says it otherwise.
    fn give_way(&mut self, objection: Objection) -> Result<(), String> {
        let Objection { piece, why, in_clear } = objection;
        match piece {
            Piece::Whole => return Err(format!("{why}; change it on the platform")),
            Piece::Tags => self.tags = Some(why),
            Piece::Entry(index) => {
                if let Some(entry) = self.entries.get_mut(index) {
                    entry.form = entry.form.next(in_clear);
                    entry.why = Some(why);
                }
            }
        }
        Ok(())
    }
}

fn text(lines: &Lines) -> String {
    lines.iter().flat_map(|(_, line)| [line.as_str(), "\n"]).collect()
}

/// The objections of a loader that refuses the file: there is at least one.
fn refused(problems: &Problems, lines: &Lines) -> Result<Vec<Objection>, String> {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    let objections = objections(problems.as_slice(), lines);
    let first = errors.map(|problem| problem.message.clone()).next();
    if objections.is_empty() { Err(first.unwrap_or_default()) } else { Ok(objections) }
}

/// What problems are about, each piece once; that a connector is unknown is nothing to mend here.
fn objections(problems: &[Problem], lines: &Lines) -> Vec<Objection> {
    let mut objections: Vec<Objection> = Vec::new();
    for problem in problems.iter().filter(|problem| problem.code != Code::UnknownConnector) {
        let line = lines.get(problem.at.line.saturating_sub(1));
        let is_here = problem.code != Code::InvalidSchema;
        let piece = line.filter(|_| is_here).map_or(Piece::Whole, |(piece, _)| *piece);
        let in_clear = problem.code == Code::PlainTextSecret;
        match objections.iter_mut().find(|other| other.piece == piece) {
            Some(other) => other.in_clear |= in_clear,
            None => objections.push(Objection { piece, why: problem.message.clone(), in_clear }),
        }
    }
    objections
}
