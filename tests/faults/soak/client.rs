//! `plan` and `apply` through the library.

use std::path::{Path, PathBuf};

use ocon::api::client::{self, ApiCredentials};
use ocon::api::{StopSignal, SystemClock, Waiter};
use ocon::apply::{self, Settings};
use ocon::desired::secrets::{AllowedVariables, DemoSecrets};
use ocon::desired::{self, Desired, Sources};
use ocon::instance::{BaseUrl, Secret};
use ocon::observed;
use ocon::ownership::Fingerprints;
use ocon::plan::{self, Limits, Plan, PlanContext, PlanOptions, Target};

use super::platform::Platform;

/// A client of the platform, and the folder that it keeps it equal to.
pub(crate) struct Client {
    root: PathBuf,
    remote: client::Client,
    target: Target,
    fingerprints: Fingerprints,
}

impl Client {
    pub(crate) fn new(platform: &Platform) -> Self {
        let credentials = ApiCredentials {
            user: Secret::new(platform.user.clone()),
            organization: Secret::new(platform.organization.clone()),
        };
        let fingerprints = Fingerprints::from_organization_secret(&credentials.organization);
        let base_url = BaseUrl::new(&platform.base_url);
        let settings = client::ClientSettings::new(base_url.clone(), credentials);
        Self {
            root: platform.root().to_owned(),
            remote: client::Client::new(settings).unwrap(),
            target: Target { base_url, project: "soak".parse().unwrap() },
            fingerprints,
        }
    }

    /// How many requests were sent.
    pub(crate) fn requests(&self) -> u64 {
        self.remote.requests()
    }

    /// Makes the platform equal to the files, and looks whether it is; whether there was something to
    /// do.
    pub(crate) async fn round(&self) -> bool {
        let desired = load(&self.root);
        let plan = self.plan(&desired).await;
        let has_work = !plan.is_empty();
        let approved = plan.within(Limits { max_deletes: 0 }).unwrap();
        let stop = StopSignal::default();
        let settings = Settings { concurrency: 4, clock: &SystemClock, stop: &stop };
        let outcome = apply::run(&approved, &self.remote, settings, &|_| {}).await;
        assert!(outcome.is_complete(), "{outcome:#?}");
        let plan = self.plan(&desired).await;
        assert!(plan.is_empty(), "{plan:#?}");
        has_work
    }

    async fn plan(&self, desired: &Desired) -> Plan {
        let keys = desired.declared_keys();
        let options = PlanOptions::default();
        let fetched = observed::fetch(&self.remote, &self.target.project, keys.clone()).await;
        let mut observed = fetched.unwrap();
        let (target, fingerprints) = (&self.target, &self.fingerprints);
        let context =
            PlanContext { target, options: &options, fingerprints, accepts_samples: false };
        let waiting = Waiter { clock: &SystemClock, stop: &StopSignal::default() };
        loop {
            let questions = plan::questions(desired, &observed, &context);
            if questions.is_empty() {
                return plan::compute(desired, &observed, &context);
            }
            observed::answer(&self.remote, &questions, &keys, &mut observed, waiting)
                .await
                .unwrap();
        }
    }
}

fn load(root: &Path) -> Desired {
    let secrets = DemoSecrets { allowed: AllowedVariables::all() };
    let sources = Sources::with_defaults(root, &secrets, "2026-01-01");
    desired::load(&sources).unwrap().desired
}
