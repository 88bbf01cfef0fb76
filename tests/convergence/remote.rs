//! A platform in memory: what the real one does to an instance, without HTTP.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use ocon::api::{Error, ErrorKind, Listing, PartialListing, Projection, Read, Scope, Write};
use ocon::instance::{
    Draft, InstanceId, OmittedMembers, Record, RenderContext, Secret, StoredValue,
};

/// The prefix of every secret of the tests, to find it wherever it must not be.
pub(crate) const CANARY: &str = "C4n\"ry/+%s&x";

/// The values that replies to writes omit.
#[derive(Clone, Copy, Default)]
pub(crate) enum OmittedValues {
    #[default]
    Nothing,
    /// Tags, configuration and whether the instance is disabled.
    Members,
    /// A PATCH has no body at all.
    Body,
}

/// The state of the platform, and how it misbehaves.
#[derive(Default)]
pub(crate) struct Remote {
    /// The instances with their true values; reading masks them.
    pub(crate) instances: Mutex<BTreeMap<InstanceId, Record>>,
    pub(crate) writes: Mutex<Vec<String>>,
    /// The number of writes before one panics, as a bug in ocon does.
    pub(crate) panics: Mutex<Option<usize>>,
    /// How many writes it takes before it stops answering.
    pub(crate) budget: Mutex<Option<usize>>,
    /// The number of writes before a reply is lost, and whether that write is executed.
    pub(crate) lost: Mutex<Option<(usize, bool)>>,
    pub(crate) reticence: Mutex<OmittedValues>,
    /// The keys of the configuration that keep their value whatever is written.
    pub(crate) stuck: Mutex<BTreeSet<&'static str>>,
    /// How many listings leave out what was created last, and how many times a DELETE is refused.
    pub(crate) late: Mutex<usize>,
    pub(crate) refusals: Mutex<usize>,
    /// Whether enabling and disabling has no effect.
    pub(crate) ignores_switches: Mutex<bool>,
    /// How many GETs of one instance were answered.
    pub(crate) reads: Mutex<usize>,
    /// How many writes of tags lose those with a colon.
    pub(crate) strips: Mutex<usize>,
    /// How many requests were allowed, where no read is any more.
    pub(crate) limit: Mutex<Option<u64>>,
    /// How many listings pass before none does any more.
    pub(crate) looks: Mutex<Option<usize>>,
    /// The instances that a listing by tag leaves out.
    pub(crate) unlisted: Mutex<BTreeSet<InstanceId>>,
    /// The instances that GET by ID does not find, although listings name them.
    pub(crate) unreadable: Mutex<BTreeSet<InstanceId>>,
    /// Another run, which creates what is created here, before or after.
    pub(crate) concurrent: Mutex<Option<ConcurrentCreate>>,
    /// Whether listings and tags come in the opposite order.
    pub(crate) reversed: Mutex<bool>,
    of_rival: Mutex<Option<InstanceId>>,
    assigned: Mutex<u64>,
}

/// A run at the same time.
#[derive(Clone, Copy)]
pub(crate) struct ConcurrentCreate {
    /// Whether its instance has the lower id.
    pub(crate) is_first: bool,
    /// The number of listings until its instance is deleted. Without a number it stays.
    pub(crate) leaves_after: Option<usize>,
}

impl Remote {
    /// All instances with their true values.
    pub(crate) fn records(&self) -> BTreeMap<InstanceId, Record> {
        self.instances.lock().unwrap().clone()
    }

    /// Changes an instance behind ocon's back.
    pub(crate) fn edit(&self, id: InstanceId, edit: impl FnOnce(&mut Record)) {
        self.instances.lock().unwrap().get_mut(&id).map(edit);
    }

    /// Changes a stored value behind ocon's back.
    pub(crate) fn store(&self, id: InstanceId, key: &str, text: &str) {
        self.edit(id, |record| {
            record.configuration.insert(key.to_owned(), StoredValue::new(Some(text)));
        });
    }

    /// Replaces the tags with this prefix behind ocon's back.
    pub(crate) fn retag(&self, id: InstanceId, prefix: &str, tag: Option<&str>) {
        self.edit(id, |record| {
            record.tags.retain(|tag| !tag.starts_with(prefix));
            record.tags.extend(tag.map(str::to_owned));
        });
    }

    pub(crate) fn insert(&self, make: impl FnOnce(InstanceId) -> Record) -> InstanceId {
        let mut assigned = self.assigned.lock().unwrap();
        *assigned += 1;
        let id = InstanceId::new(20930 + *assigned);
        self.instances.lock().unwrap().insert(id, make(id));
        id
    }

    /// Counts a write and carries it out; once the budget is used up the process is as good as
    /// killed.
    fn write<T>(
        &self,
        method: &'static str,
        path: &str,
        commit: impl FnOnce() -> T,
    ) -> Result<T, Error> {
        let panics = self.panics();
        assert!(!panics, "a bug of the tests");
        let lost = self.is_lost();
        let is_killed = count_down(&mut self.budget.lock().unwrap());
        let broken = || error(method, path, ErrorKind::Transport { reason: "reset".into() });
        if is_killed {
            return Err(error(method, path, ErrorKind::Connect { reason: "killed".into() }));
        }
        self.writes.lock().unwrap().push(format!("{method} {path}"));
        match lost {
            None => Ok(commit()),
            Some(false) => Err(broken()),
            Some(true) => {
                commit();
                Err(broken())
            }
        }
    }

    /// Counts a listing of the account, after which the other run may delete its duplicate.
    fn delete_concurrent(&self) {
        let mut concurrent = self.concurrent.lock().unwrap();
        let mut theirs = self.of_rival.lock().unwrap();
        let (Some(concurrent), Some(id)) = (concurrent.as_mut(), *theirs) else {
            return;
        };
        match concurrent.leaves_after.as_mut() {
            None => {}
            Some(0) => {
                self.instances.lock().unwrap().remove(&id);
                *theirs = None;
            }
            Some(left) => *left -= 1,
        }
    }

    /// Whether this write panics.
    fn panics(&self) -> bool {
        let is_next = |left: &mut usize| {
            let is_next = *left == 0;
            *left = left.saturating_sub(1);
            is_next
        };
        self.panics.lock().unwrap().take_if(is_next).is_some()
    }

    /// Whether this write's reply is lost, and if so whether it is executed.
    fn is_lost(&self) -> Option<bool> {
        let mut lost = self.lost.lock().unwrap();
        match lost.as_mut()? {
            (0, committed) => {
                let committed = *committed;
                *lost = None;
                Some(committed)
            }
            (left, _) => {
                *left -= 1;
                None
            }
        }
    }

    fn change(&self, id: InstanceId, change: impl FnOnce(&mut Record)) -> Record {
        let mut instances = self.instances.lock().unwrap();
        let record = instances.get_mut(&id).expect("a test writes to instances that exist");
        let (before, configuration) = (record.tags.clone(), record.configuration.clone());
        change(record);
        for key in self.stuck.lock().unwrap().iter() {
            match configuration.get(*key) {
                Some(kept) => record.configuration.insert((*key).to_owned(), kept.clone()),
                None => record.configuration.remove(*key),
            };
        }
        self.strip(&before, record);
        self.read(record)
    }

    fn switch(&self, record: &mut Record, disabled: bool) {
        if !*self.ignores_switches.lock().unwrap() {
            record.disabled = disabled;
        }
    }

    /// The instance in the reply to a write, unless it has no body.
    fn answer(&self, record: Record) -> Option<Record> {
        match *self.reticence.lock().unwrap() {
            OmittedValues::Nothing => Some(record),
            OmittedValues::Members => Some(Record {
                tags: Vec::new(),
                configuration: [].into(),
                omitted: OmittedMembers { tags: true, disabled: true },
                ..record
            }),
            OmittedValues::Body => None,
        }
    }

    /// Changes that a platform might make to a list of tags.
    fn strip(&self, before: &[String], record: &mut Record) {
        let mut strips = self.strips.lock().unwrap();
        if *strips > 0 && (record.tags != before || before.iter().any(|tag| tag.contains(':'))) {
            *strips -= 1;
            record.tags.retain(|tag| !tag.contains(':'));
        }
    }

    /// A record as a read shows it, with masked secrets.
    fn read(&self, record: &Record) -> Record {
        let mut shown = record.clone();
        for (key, seen) in &mut shown.configuration {
            if key.ends_with("secret") && *seen != StoredValue::Unset {
                *seen = StoredValue::Masked;
            }
        }
        if *self.reversed.lock().unwrap() {
            shown.tags.reverse();
        }
        shown
    }
}

/// Whether none are left; otherwise takes one.
fn count_down(left: &mut Option<usize>) -> bool {
    match left {
        None => false,
        Some(0) => true,
        Some(left) => {
            *left -= 1;
            false
        }
    }
}

fn error(method: &'static str, path: &str, kind: ErrorKind) -> Error {
    Error { method, path: path.to_owned(), attempts: 1, kind, not_retried: None }
}

pub(crate) fn record(id: InstanceId, connector: &str, name: &str) -> Record {
    Record {
        id,
        connector: connector.to_owned(),
        name: name.to_owned(),
        tags: Vec::new(),
        configuration: BTreeMap::new(),
        valid: true,
        disabled: false,
        token: Secret::new(format!("{CANARY}token")),
        omitted: OmittedMembers::default(),
    }
}

fn merge(record: &mut Record, draft: &Draft, place: &RenderContext<'_>) {
    if let Some(name) = &draft.name {
        record.name.clone_from(name);
    }
    if let Some(tags) = &draft.tags {
        record.tags = tags.iter().cloned().collect();
    }
    for (key, value) in &draft.configuration {
        let text = value.render(place).expect("a request has all its secrets");
        assert!(!text.expose().contains("********"), "a mask was sent for {key}");
        record.configuration.insert(key.clone(), StoredValue::new(Some(text.expose())));
    }
}

impl Read for Remote {
    async fn list(&self, scope: &Scope, _: &Projection) -> Result<Listing, Error> {
        self.delete_concurrent();
        if count_down(&mut self.looks.lock().unwrap()) {
            let kind = ErrorKind::Transport { reason: "reset".into() };
            return Err(error("GET", "/instances", kind));
        }
        if let Some(limit) = *self.limit.lock().unwrap() {
            let kind = ErrorKind::RequestLimit { limit };
            return Err(Error { attempts: 0, ..error("GET", "/instances", kind) });
        }
        let (instances, unlisted) = (self.instances.lock().unwrap(), self.unlisted.lock().unwrap());
        let matches = |record: &&Record| match scope {
            Scope::Account | Scope::Everything => true,
            Scope::Tag(tag) => record.tags.contains(tag) && !unlisted.contains(&record.id),
        };
        let mut late = self.late.lock().unwrap();
        let last = instances.keys().next_back().copied().filter(|_| *late > 0);
        *late = late.saturating_sub(1);
        let is_shown = |record: &&Record| Some(record.id) != last;
        let mut records: Vec<_> = instances
            .values()
            .filter(is_shown)
            .filter(matches)
            .map(|record| self.read(record))
            .collect();
        if *self.reversed.lock().unwrap() {
            records.reverse();
        }
        if *scope == Scope::Account {
            for record in &mut records {
                record.configuration.clear();
            }
        }
        Ok(Listing { records, pages: 1, page_size: 200 })
    }

    async fn list_partial(&self, scope: &Scope, keep: &Projection) -> PartialListing {
        match self.list(scope, keep).await {
            Ok(listing) => PartialListing { records: listing.records, error: None },
            Err(error) => PartialListing { records: Vec::new(), error: Some(error) },
        }
    }

    async fn instance(&self, id: InstanceId, _: &Projection) -> Result<Option<Record>, Error> {
        *self.reads.lock().unwrap() += 1;
        let is_readable = !self.unreadable.lock().unwrap().contains(&id);
        let instances = self.instances.lock().unwrap();
        Ok(instances.get(&id).filter(|_| is_readable).map(|record| self.read(record)))
    }
}

impl Write for Remote {
    async fn create(&self, draft: &Draft, place: &RenderContext<'_>) -> Result<Record, Error> {
        let insert = || {
            self.insert(|id| {
                let mut record = record(id, place.connector.as_str(), "");
                merge(&mut record, draft, place);
                record
            })
        };
        let concurrent = *self.concurrent.lock().unwrap();
        let id = self.write("POST", "/instances", || {
            let theirs = concurrent.filter(|concurrent| concurrent.is_first).map(|_| insert());
            let own = insert();
            let later = concurrent.filter(|concurrent| !concurrent.is_first).map(|_| insert());
            *self.of_rival.lock().unwrap() = theirs.or(later);
            own
        })?;
        let record = self.change(id, |_| ());
        Ok(self.answer(record.clone()).unwrap_or(Record { configuration: [].into(), ..record }))
    }

    async fn patch(
        &self,
        id: InstanceId,
        draft: &Draft,
        place: &RenderContext<'_>,
    ) -> Result<Option<Record>, Error> {
        let fields: BTreeSet<_> = draft.configuration.keys().cloned().collect();
        self.write("PATCH", &format!("/instances/{id} {fields:?}"), || {
            self.change(id, |record| merge(record, draft, place))
        })
        .map(|record| self.answer(record))
    }

    async fn enable(&self, id: InstanceId) -> Result<(), Error> {
        self.write("PUT", &format!("/instances/{id}/enabled"), || {
            self.change(id, |record| self.switch(record, false));
        })
    }

    async fn disable(&self, id: InstanceId) -> Result<(), Error> {
        self.write("DELETE", &format!("/instances/{id}/enabled"), || {
            self.change(id, |record| self.switch(record, true));
        })
    }

    async fn delete(&self, id: InstanceId) -> Result<(), Error> {
        if !count_down(&mut Some(*self.refusals.lock().unwrap())) {
            *self.refusals.lock().unwrap() -= 1;
            let kind = ErrorKind::Status {
                status: 409,
                message: None,
                provider_message: None,
                request_id: None,
            };
            return Err(error("DELETE", &format!("/instances/{id}"), kind));
        }
        self.write("DELETE", &format!("/instances/{id}"), || {
            self.instances.lock().unwrap().remove(&id);
        })
    }
}
