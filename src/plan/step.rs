//! A step of a plan: an action on one instance, with the changes that it makes.

use std::collections::BTreeSet;

use super::{Change, RedactedChange};
use crate::instance::{
    BaseUrl, ConnectorKey, Draft, EventSettings, InstanceId, Key, RenderContext, Span, vocabulary,
};

vocabulary! {
    /// The action of a step, in the order of summaries and of the steps of one instance.
    Action {
        /// POST, then PATCH if a value refers to the instance itself.
        Create "create",
        /// The PATCH that an incomplete create still needs.
        Finish "finish",
        /// PATCH with the ownership mark and the differences.
        Adopt "adopt",
        /// PATCH with the differences.
        Update "update",
        /// PUT `/enabled`.
        Enable "enable",
        /// DELETE `/enabled`.
        Disable "disable",
        /// DELETE.
        Delete "delete",
    }
}

impl Action {
    pub(crate) fn participle(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Finish => "finished",
            Self::Adopt => "adopted",
            Self::Update => "updated",
            Self::Enable => "enabled",
            Self::Disable => "disabled",
            Self::Delete => "deleted",
        }
    }

    /// The symbol before a step, so that color never carries the meaning alone.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Create => "+",
            Self::Finish => "±",
            Self::Adopt => ">",
            Self::Update => "~",
            Self::Enable => "^",
            Self::Disable => "v",
            Self::Delete => "-",
        }
    }
}

vocabulary! {
    /// Why a step is needed.
    Cause {
        /// The file changed.
        File "file",
        /// The instance changed on the platform.
        Remote "remote",
        /// A create is incomplete.
        Unfinished "unfinished",
        /// The file adopts the instance.
        Adoption "adoption",
        /// A flag requests it.
        Requested "requested",
        /// File and instance differ, and it is unknown which of them changed.
        Unknown "unknown",
    }
}

/// An action on one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The document key. For a delete, the key that the instance has.
    pub key: Key,
    /// The start of the document. A delete has none.
    pub at: Option<Span>,
    /// The connector key.
    pub connector: ConnectorKey,
    /// The display name.
    pub name: String,
    /// The instance ID. `None` before the instance exists.
    pub id: Option<InstanceId>,
    /// The action.
    pub action: Action,
    /// Why the step is needed.
    pub cause: Cause,
    /// The changes, empty for actions without a body.
    pub changes: Vec<Change>,
    /// Whether the stored values of the instance must not be shown.
    pub hides_stored: bool,
    /// The number of declared fields that do not change.
    pub unchanged: usize,
    /// The complete list of tags, if the step sends it.
    pub tags: Option<BTreeSet<String>>,
    /// The list of tags in the second request of a create, if a secret refers to the instance ID. The
    /// digest of such a secret is only known then.
    pub second_tags: Option<BTreeSet<String>>,
    /// A digest of what the step depends on.
    pub basis: String,
    /// The settings that decide how the events of the instance arrive.
    pub events: EventSettings,
}

/// A request of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepRequest {
    pub(crate) method: &'static str,
    /// The path after `/instances/{id}`, or `None` for `/instances`.
    suffix: Option<&'static str>,
}

impl StepRequest {
    /// The path below the base URL. `{id}` marks an instance ID that a create will assign.
    pub(crate) fn path(&self, id: Option<InstanceId>) -> String {
        let id = id.map_or_else(|| "{id}".to_owned(), |id| id.to_string());
        self.suffix
            .map_or_else(|| "/instances".to_owned(), |suffix| format!("/instances/{id}{suffix}"))
    }
}

impl Step {
    pub(super) fn new(
        key: &Key,
        connector: ConnectorKey,
        name: &str,
        (action, cause): (Action, Cause),
    ) -> Self {
        Self {
            key: key.clone(),
            at: None,
            connector,
            name: name.to_owned(),
            id: None,
            action,
            cause,
            changes: Vec::new(),
            hides_stored: false,
            unchanged: 0,
            tags: None,
            second_tags: None,
            basis: String::new(),
            events: EventSettings::default(),
        }
    }

    /// The body of the first request: exactly the changes of the step.
    pub(crate) fn draft(&self) -> Draft {
        let mut draft = Draft { tags: self.tags.clone(), ..Draft::default() };
        for change in &self.changes {
            change.write_to(&mut draft);
        }
        draft
    }

    /// The body of the second request of a create: the values that refer to the instance itself.
    /// `None` if a create needs no second request.
    pub(crate) fn second_draft(&self, draft: &Draft) -> Option<Draft> {
        let second = Draft { tags: self.second_tags.clone(), ..draft.referring_to_instance() };
        self.has_second_request().then_some(second)
    }

    fn has_second_request(&self) -> bool {
        let refers_to_instance = |change: &Change| matches!(change, Change::Configuration { after, .. } if after.value.refers_to_instance());
        self.second_tags.is_some() || self.changes.iter().any(refers_to_instance)
    }

    /// The fields that a reply to the last request must show: those of the draft without the keys that
    /// the platform overwrites.
    pub(crate) fn expected(&self, mut draft: Draft) -> Draft {
        draft.tags = self.second_tags.clone().or(draft.tags);
        for change in &self.changes {
            if let Change::Configuration { key, before: _, after } = change
                && after.platform_written
            {
                draft.configuration.remove(key);
            }
        }
        draft
    }

    /// Whether the step replaces the document key of an instance.
    pub(crate) fn moves(&self) -> bool {
        self.changes.iter().any(|change| matches!(change, Change::Mark { before: Some(_), .. }))
    }

    pub(crate) fn requests(&self) -> Vec<StepRequest> {
        let request = |method, suffix| StepRequest { method, suffix };
        let patch = request("PATCH", Some(""));
        match self.action {
            Action::Create if self.has_second_request() => vec![request("POST", None), patch],
            Action::Create => vec![request("POST", None)],
            Action::Finish | Action::Adopt | Action::Update => vec![patch],
            Action::Enable => vec![request("PUT", Some("/enabled"))],
            Action::Disable => vec![request("DELETE", Some("/enabled"))],
            Action::Delete => vec![request("DELETE", Some(""))],
        }
    }

    /// The changes as a report may show them.
    pub fn views<'a>(&'a self, base_url: &'a BaseUrl) -> impl Iterator<Item = RedactedChange> + 'a {
        let context = RenderContext { base_url, connector: &self.connector, id: self.id };
        self.changes.iter().map(move |change| {
            let view = change.redacted(&context);
            if self.hides_stored { view.without_stored() } else { view }
        })
    }
}
