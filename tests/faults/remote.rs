//! The client, as a run uses it: call by call, each in its turn.
//!
//! It notes which instances the run created and which it asked to delete, as the platform's replies
//! have it, so that a judge knows whose a rival was.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use ocon::api::client::Client;
use ocon::api::{Error, Glance, Keep, Listing, Read, Scope, Write};
use ocon::instance::{Draft, InstanceId, Record, RenderContext};

use crate::time::RunTime;

/// A client whose calls wait for their turn.
pub(crate) struct Remote {
    pub(crate) client: Client,
    pub(crate) time: RunTime,
    pub(crate) touched: Arc<Mutex<Touched>>,
}

/// What a run did to instances, by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Touched {
    /// The document keys for which it asked for a create.
    pub(crate) asked: BTreeSet<String>,
    /// Those that came in answer to its own creates.
    pub(crate) created: BTreeSet<u64>,
    /// Those that it asked to delete.
    pub(crate) deleted: BTreeSet<u64>,
}

impl Read for Remote {
    async fn list(&self, scope: &Scope, keep: &Keep) -> Result<Listing, Error> {
        self.time.call(self.client.list(scope, keep)).await
    }

    async fn glance(&self, scope: &Scope, keep: &Keep) -> Glance {
        self.time.call(self.client.glance(scope, keep)).await
    }

    async fn instance(&self, id: InstanceId, keep: &Keep) -> Result<Option<Record>, Error> {
        self.time.call(self.client.instance(id, keep)).await
    }
}

impl Write for Remote {
    async fn create(&self, draft: &Draft, place: &RenderContext<'_>) -> Result<Record, Error> {
        let keys = draft.tags.iter().flatten().filter_map(|tag| tag.strip_prefix("ocon:key="));
        let keys: Vec<_> = keys.map(str::to_owned).collect();
        let call = async {
            self.touched.lock().unwrap().asked.extend(keys);
            let reply = self.client.create(draft, place).await;
            if let Ok(record) = &reply {
                self.touched.lock().unwrap().created.insert(record.id.get());
            }
            reply
        };
        self.time.call(call).await
    }

    async fn patch(
        &self,
        id: InstanceId,
        draft: &Draft,
        place: &RenderContext<'_>,
    ) -> Result<Option<Record>, Error> {
        self.time.call(self.client.patch(id, draft, place)).await
    }

    async fn enable(&self, id: InstanceId) -> Result<(), Error> {
        self.time.call(self.client.enable(id)).await
    }

    async fn disable(&self, id: InstanceId) -> Result<(), Error> {
        self.time.call(self.client.disable(id)).await
    }

    async fn delete(&self, id: InstanceId) -> Result<(), Error> {
        let call = async {
            self.touched.lock().unwrap().deleted.insert(id.get());
            self.client.delete(id).await
        };
        self.time.call(call).await
    }
}
