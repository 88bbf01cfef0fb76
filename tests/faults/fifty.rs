//! Fifty instances, and random options about them.

use std::sync::OnceLock;

use fastrand::Rng;

use crate::model::{Document, Value};
use crate::support::World;

/// How many of each kind there are, fifty in all.
const UNFINISHED: usize = 6;
const SOCIAL: usize = 8;
const DESKS: usize = 8;
const SWITCHED_OFF: usize = 6;
const UNWANTED: usize = 6;
const ADOPTABLE: usize = 6;
const NEW: usize = 10;

/// A platform on which some documents have been applied, and the documents of each kind.
pub(crate) struct Fifty {
    state: Vec<u8>,
    unfinished: Vec<Document>,
    settled: Vec<Document>,
    unwanted: Vec<Document>,
    adoptable: Vec<Document>,
    new: Vec<Document>,
}

fn documents(kind: &str, count: usize, make: fn(&str) -> Document) -> Vec<Document> {
    (0..count).map(|number| make(&format!("{kind}-{number}"))).collect()
}

impl Fifty {
    /// The one of this process, since it takes a second to make.
    pub(crate) fn prepared() -> &'static Self {
        static FIFTY: OnceLock<Fifty> = OnceLock::new();
        FIFTY.get_or_init(Self::make)
    }

    fn make() -> Self {
        let mut world = World::new(None);
        let unfinished = documents("unfinished", UNFINISHED, Document::social);
        let mut settled = documents("social", SOCIAL, Document::social);
        settled.extend(documents("desk", DESKS, Document::desk));
        let off = documents("off", SWITCHED_OFF, Document::desk);
        settled.extend(off.into_iter().map(|desk| Document { enabled: Some(false), ..desk }));
        let unwanted = documents("unwanted", UNWANTED, Document::desk);
        world.documents = [settled.clone(), unwanted.clone()].concat();
        assert_eq!(world.apply().exit, 0);
        world.documents.extend(unfinished.clone());
        world.goes_wrong("- { when: { method: PATCH }, status: 400 }");
        assert_eq!(world.apply().exit, 3);
        let mut adoptable = documents("adoptable", ADOPTABLE, Document::desk);
        for document in &mut adoptable {
            document.id = Some(world.insert(document, &["by hand"]));
        }
        for name in ["one", "two", "three"] {
            let tags = ["ocon:project=other".to_owned(), format!("ocon:key={name}")];
            let foreign = format!("foreign-{name}");
            world.insert(&Document::desk(&foreign), &tags.each_ref().map(String::as_str));
            world.insert(&Document::desk(&format!("unmanaged-{name}")), &["by hand"]);
        }
        let mut new = documents("new", NEW / 2, Document::social);
        new.extend(documents("new-desk", NEW - NEW / 2, Document::desk));
        Self { state: world.state(), unfinished, settled, unwanted, adoptable, new }
    }

    /// A world in which somebody changed some of the files.
    pub(crate) fn world(&self, random: &mut Rng) -> World {
        let mut world = World::new(Some(&self.state));
        for name in ["CLIENT_SECRET_2", "DESK_PASSWORD_2"] {
            world.variables.insert(name.to_owned(), format!("demo-s3cret-n3w-{name}"));
        }
        let mut documents = self.unfinished.clone();
        documents.extend(self.settled.iter().cloned().map(|mut document| {
            if random.bool() {
                change(&mut document, random);
            }
            document
        }));
        let some = |from: &[Document], share: f64, random: &mut Rng| {
            from.iter().filter(|_| random.f64() < share).cloned().collect::<Vec<_>>()
        };
        documents.extend(some(&self.unwanted, 0.3, random));
        documents.extend(some(&self.adoptable, 0.8, random));
        documents.extend(some(&self.new, 0.8, random));
        world.documents = documents;
        world
    }
}

/// Changes one or two of what a document says.
fn change(document: &mut Document, random: &mut Rng) {
    for _ in 0..random.usize(1..=2) {
        match random.u8(0..5) {
            0 => document.name = format!("{} renamed", document.name),
            1 => document.tags = Some(vec!["red".to_owned(), "blue".to_owned()]),
            2 => document.enabled = Some(document.enabled == Some(false)),
            3 => change_text(document, random),
            _ => change_secret(document),
        }
    }
}

fn change_text(document: &mut Document, random: &mut Rng) {
    let (key, value) = match document.connector {
        "hootsuite" => ("oauth.callback.url", format!("https://b.example/{}", random.u8(..))),
        _ => ("username", format!("user-{}", random.u8(..))),
    };
    document.values.insert(key, Value::Text(value));
}

fn change_secret(document: &mut Document) {
    let (key, variable) = match document.connector {
        "hootsuite" => ("oauth.api.secret", "CLIENT_SECRET_2"),
        _ => ("password", "DESK_PASSWORD_2"),
    };
    document.values.insert(key, Value::secret(variable));
}
