//! One step of a plan: an action on one instance, with the changes that it makes.

use std::collections::BTreeSet;

use super::change::{Change, RedactedChange};
use crate::instance::{
    BaseUrl, ConnectorKey, Draft, InstanceId, Key, RenderContext, Span, vocabulary,
};

vocabulary! {
    /// What a step does.
    pub enum Action {
        /// POST, then PATCH when a value refers to the instance itself.
        Create = "create",
        /// The PATCH that an interrupted create still lacks.
        Finish = "finish",
        /// PATCH with our mark, and with the differences.
        Adopt = "adopt",
        /// PATCH with what differs.
        Update = "update",
        /// Switch on.
        Enable = "enable",
        /// Switch off.
        Disable = "disable",
        /// DELETE.
        Delete = "delete",
    }
}

impl Action {
    /// What was done, in a word.
    pub fn participle(self) -> &'static str {
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

    /// The sign before a step, so that colour never carries the meaning alone.
    pub fn symbol(self) -> &'static str {
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

    /// The order of the actions on one instance.
    pub fn rank(self) -> u8 {
        match self {
            Self::Create | Self::Finish | Self::Adopt | Self::Update => 0,
            Self::Enable | Self::Disable => 1,
            Self::Delete => 2,
        }
    }
}

vocabulary! {
    /// Why a step is needed.
    pub enum Cause {
        /// The file changed.
        File = "file",
        /// The instance changed on the platform.
        Remote = "remote",
        /// A create was interrupted.
        Unfinished = "unfinished",
        /// The file adopts the instance.
        Adoption = "adoption",
        /// A flag asked for it.
        Requested = "requested",
        /// File and instance differ; which of them changed cannot be told.
        Unknown = "unknown",
    }
}

/// An action on one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The document, or for a delete the key that the instance carries.
    pub key: Key,
    /// Where the document begins; a delete has none.
    pub at: Option<Span>,
    /// The connector.
    pub connector: ConnectorKey,
    /// The display name.
    pub name: String,
    /// The instance; `None` before it exists.
    pub id: Option<InstanceId>,
    /// What to do.
    pub action: Action,
    /// Why.
    pub cause: Cause,
    /// What changes; empty for what is done without a body.
    pub changes: Vec<Change>,
    /// Whether the reader may not see what is stored in the instance.
    pub hides_stored: bool,
    /// The number of declared fields that stay as they are.
    pub unchanged: usize,
    /// The complete list of tags, where the step sends it.
    pub tags: Option<BTreeSet<String>>,
    /// The list of tags that the second request of a create sends, where a fingerprint can only
    /// then be true: that of a secret which holds the id.
    pub second_tags: Option<BTreeSet<String>>,
    /// What the step rests on, as a digest.
    pub basis: String,
    /// Whether the provider has to be told the instance's webhook URL.
    pub webhook_url_at_provider: bool,
}

/// A request that a step will make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepRequest {
    /// HTTP method.
    pub method: &'static str,
    /// What follows `/instances/{id}`, or `None` for `/instances`.
    suffix: Option<&'static str>,
}

impl StepRequest {
    /// The path below the base URL; `{id}` stands for an id that a create will assign.
    pub fn path(&self, id: Option<InstanceId>) -> String {
        let id = id.map_or_else(|| "{id}".to_owned(), |id| id.to_string());
        self.suffix
            .map_or_else(|| "/instances".to_owned(), |suffix| format!("/instances/{id}{suffix}"))
    }
}

impl Step {
    /// What the step asks of the platform: exactly its changes.
    pub fn draft(&self) -> Draft {
        let mut draft = Draft { tags: self.tags.clone(), ..Draft::default() };
        for change in &self.changes {
            change.write_to(&mut draft);
        }
        draft
    }

    /// What the second request of a create asks: the values that name the instance itself.
    pub fn second_draft(&self) -> Draft {
        Draft { tags: self.second_tags.clone(), ..self.draft().referring_to_instance() }
    }

    /// What a reply has to show afterwards: all of the draft but the keys that the platform itself
    /// overwrites.
    pub fn expected(&self) -> Draft {
        let mut draft = self.draft();
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

    /// Whether the step replaces the document key that an instance carries.
    pub fn moves(&self) -> bool {
        let is_move =
            |change: &Change| matches!(change, Change::Mark { before: Some(_), after: _ });
        self.changes.iter().any(is_move)
    }

    /// The requests that the step makes, in order.
    pub fn requests(&self) -> Vec<StepRequest> {
        let request = |method, suffix| StepRequest { method, suffix };
        let patch = request("PATCH", Some(""));
        match self.action {
            Action::Create => {
                let second = (!self.second_draft().is_empty()).then_some(patch);
                std::iter::once(request("POST", None)).chain(second).collect()
            }
            Action::Finish | Action::Adopt | Action::Update => vec![patch],
            Action::Enable => vec![request("PUT", Some("/enabled"))],
            Action::Disable => vec![request("DELETE", Some("/enabled"))],
            Action::Delete => vec![request("DELETE", Some(""))],
        }
    }

    /// The changes as a report shows them.
    pub fn views<'a>(&'a self, base_url: &'a BaseUrl) -> impl Iterator<Item = RedactedChange> + 'a {
        let place = RenderContext { base_url, connector: &self.connector, id: self.id };
        self.changes.iter().map(move |change| {
            let view = change.view(&place);
            if self.hides_stored { view.without_stored() } else { view }
        })
    }
}
