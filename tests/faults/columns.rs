//! The columns of the table: the action that an apply is about to do.

use crate::model::{Document, Value};
use crate::support::World;

/// The document that the write is about.
pub(crate) const TARGET: &str = "target";

/// An action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    Create,
    Finish,
    Update,
    Adopt,
    Enable,
    Delete,
}

/// A platform and files that ask for one action.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) column: Column,
    state: Vec<u8>,
    documents: Vec<Document>,
}

impl Column {
    pub(crate) const ALL: [Self; 6] =
        [Self::Create, Self::Finish, Self::Update, Self::Adopt, Self::Enable, Self::Delete];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Finish => "finish",
            Self::Update => "update",
            Self::Adopt => "adopt",
            Self::Enable => "enable",
            Self::Delete => "delete",
        }
    }

    /// The requests that carry it out, as `when` of a rule has them.
    pub(crate) fn write(self) -> &'static str {
        match self {
            Self::Create => "method: POST, path: /instances",
            Self::Finish | Self::Update | Self::Adopt => "method: PATCH, path: /instances/*",
            Self::Enable => "method: PUT, path: /instances/*/enabled",
            Self::Delete => "method: DELETE, path: /instances/*",
        }
    }

    /// A platform on which the next apply does this, and nothing else.
    pub(crate) fn prepared(self) -> Prepared {
        let mut world = World::new(None);
        world.concurrency = 1;
        // So that the target is the first of the second page, where a page has three instances.
        let bystanders = ["a", "b", "c", "z"].map(Document::desk);
        world.documents = bystanders[..3].to_vec();
        assert_eq!(world.apply().exit, 0);
        let target = self.target(&mut world);
        world.documents.push(bystanders[3].clone());
        world.apply();
        insert_others(&world);
        world.documents.retain(|document| document.key != TARGET);
        world.documents.extend(target);
        Prepared { column: self, state: world.state(), documents: world.documents }
    }

    /// Brings the target to where the action begins, and gives the document that asks for it.
    fn target(self, world: &mut World) -> Option<Document> {
        let social = Document::social(TARGET);
        let desk = Document::desk(TARGET);
        let wanted = match self {
            Self::Create => social,
            Self::Finish => {
                // Until all bystanders are there.
                world.set_faults("- { when: { method: PATCH }, status: 400 }");
                assert_eq!(put(world, &social), 3);
                social
            }
            Self::Update => {
                assert_eq!(put(world, &social), 0);
                let mut changed = social;
                changed.values.insert("oauth.callback.url", Value::text("https://b.example/"));
                changed
            }
            Self::Adopt => {
                let id = world.insert(&desk, &["by hand"]);
                Document { id: Some(id), ..desk }
            }
            Self::Enable => {
                assert_eq!(put(world, &Document { enabled: Some(false), ..desk.clone() }), 0);
                Document { enabled: Some(true), ..desk }
            }
            Self::Delete => {
                assert_eq!(put(world, &desk), 0);
                return None;
            }
        };
        Some(wanted)
    }
}

/// Adds a document and applies.
fn put(world: &mut World, document: &Document) -> u8 {
    world.documents.push(document.clone());
    world.apply().exit
}

/// Instances of others.
fn insert_others(world: &World) {
    world.insert(&Document::desk("foreign"), &["ocon:project=other", "ocon:key=foreign"]);
    world.insert(&Document::desk("unmanaged"), &["by hand"]);
}

impl Prepared {
    pub(crate) fn world(&self) -> World {
        let mut world = World::new(Some(&self.state));
        world.documents.clone_from(&self.documents);
        world
    }
}
