//! Parses a rule.
//!
//! It must never choose between two faults, or accept a setting that the fault does not use.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::de::{Deserialize, Deserializer};
use serde_json::Value;

use super::{
    lag::RuleLag, mapping::mapping, rule::RequestMatcher, rule::Rule, rule::StubContent, scalar,
    scalar::FaultDuration, scalar::StubStatus,
};
use crate::sandbox::{
    BehaviorFault, Edit, ErrorReply, Fault, FaultTiming, ListingShift, Privilege, ReplicationLag,
    StubResponse, authorization::unauthorized,
};

/// An error page as a gateway in front of the platform sends it.
const GATEWAY_PAGE: &str = "<html>\r\n<head><title>Gateway</title></head>\r\n<body>\r\n\
    <center><h1>The upstream server is unavailable</h1></center>\r\n</body>\r\n</html>\r\n";

/// Headers that the server sets.
const FRAMING: [HeaderName; 3] =
    [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION];

#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the file format has these flags")]
struct RawRule {
    when: RequestMatcher,
    #[serde(deserialize_with = "scalar::optional")]
    delay: Option<FaultDuration>,
    edit: Vec<Edit>,
    lag: Option<RuleLag>,
    #[serde(deserialize_with = "scalar::optional")]
    status: Option<StubStatus>,
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    processed: bool,
    html: bool,
    redirect: Option<String>,
    unauthorized: bool,
    reset: Option<FaultTiming>,
    hold: Option<FaultTiming>,
    truncate: Option<usize>,
    #[serde(deserialize_with = "scalar::optional")]
    drip: Option<FaultDuration>,
    endless_pages: bool,
    shift_listing: Option<ListingShift>,
    ignore_keys: Option<BTreeSet<String>>,
    drop_tags: bool,
    tag_filter_empty: bool,
    empty_configuration: bool,
    hide_tags: bool,
    missing_privileges: Option<BTreeSet<Privilege>>,
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        mapping(deserializer, RawRule::into_rule)
    }
}

impl RawRule {
    fn into_rule(self) -> Result<Rule, String> {
        let mut faults = self.faults()?;
        let fault = faults.pop();
        if let (Some((second, _)), Some((first, _))) = (&fault, faults.last()) {
            return Err(two_faults(first, second));
        }
        let Self { when, delay, edit, lag, .. } = self;
        if fault.is_none() && delay.is_none() && edit.is_empty() && lag.is_none() {
            return Err("the rule has no fault: add one, such as `status: 503`".to_owned());
        }
        let delay = delay.map_or(Duration::ZERO, |FaultDuration(delay)| delay);
        let mut rule = Rule { when, delay, edits: edit, lag: ReplicationLag::default(), fault };
        if let Some(RuleLag(lag)) = lag {
            rule.lag = lag;
            check_lag(&rule)?;
        }
        Ok(rule)
    }

    /// Every fault of the rule with its name in the journal.
    fn faults(&self) -> Result<Vec<(&'static str, Fault)>, String> {
        let others = [
            (self.response_name(), self.response()?),
            ("unauthorized", self.unauthorized.then(unauthorized_fault)),
            (by_timing(self.reset, "reset-before", "reset-after"), self.reset.map(Fault::Reset)),
            (by_timing(self.hold, "hold-before", "hold-after"), self.hold.map(Fault::Held)),
            ("truncate", self.truncate.map(Fault::Truncated)),
            ("drip", self.drip.map(|FaultDuration(pause)| Fault::Dripped(pause))),
        ];
        let behavior = self.behavior_faults();
        let behavior = behavior.map(|(name, fault)| (name, fault.map(Fault::Behavior)));
        let all = others.into_iter().chain(behavior);
        Ok(all.filter_map(|(name, fault)| Some((name, fault?))).collect())
    }

    fn behavior_faults(&self) -> [(&'static str, Option<BehaviorFault>); 8] {
        let ignored = self.ignore_keys.as_ref().filter(|keys| !keys.is_empty());
        let missing = self.missing_privileges.as_ref().filter(|missing| !missing.is_empty());
        [
            ("endless_pages", self.endless_pages.then_some(BehaviorFault::EndlessPages)),
            ("shift_listing", self.shift_listing.map(BehaviorFault::ShiftedListing)),
            ("ignore_keys", ignored.cloned().map(BehaviorFault::IgnoredKeys)),
            ("drop_tags", self.drop_tags.then_some(BehaviorFault::DroppedTags)),
            ("tag_filter_empty", self.tag_filter_empty.then_some(BehaviorFault::TagFilterEmpty)),
            (
                "empty_configuration",
                self.empty_configuration.then_some(BehaviorFault::EmptyConfiguration),
            ),
            ("hide_tags", self.hide_tags.then_some(BehaviorFault::HiddenTags)),
            ("missing_privileges", missing.cloned().map(BehaviorFault::MissingPrivileges)),
        ]
    }

    fn response_name(&self) -> &'static str {
        match (self.html, &self.redirect) {
            (true, _) => "html",
            (_, Some(_)) => "redirect",
            _ => "status",
        }
    }

    /// The scripted response. `status` can be alone, or belong to `html` or `redirect`.
    fn response(&self) -> Result<Option<Fault>, String> {
        if self.html && self.redirect.is_some() {
            return Err(two_faults("html", "redirect"));
        }
        let mut headers = headers(&self.headers)?;
        let content = if self.html {
            self.refuse_body("html")?;
            StubContent::Custom {
                status: self.status.map_or(502, |StubStatus(status)| status),
                media_type: "text/html",
                body: GATEWAY_PAGE.into(),
            }
        } else if let Some(target) = &self.redirect {
            self.refuse_body("redirect")?;
            let location = HeaderValue::from_str(target);
            headers.insert(header::LOCATION, location.map_err(|_| invalid_header(target))?);
            let status = self.status.map_or(307, |StubStatus(status)| status);
            if !(300..400).contains(&status) {
                return Err(format!("{status} is not a redirect: write a status from 300 to 399"));
            }
            StubContent::Custom { status, media_type: "text/plain", body: Vec::new() }
        } else if let Some(StubStatus(status)) = self.status {
            let with_body = |body| custom_body(status, body);
            self.body.as_ref().map_or_else(|| without_body(status), with_body)
        } else if self.body.is_some() || !self.headers.is_empty() || self.processed {
            return Err("`headers`, `body` and `processed` need a status: add `status:`".to_owned());
        } else {
            return Ok(None);
        };
        let answer = StubResponse { headers, content };
        Ok(Some(Fault::Replaced { answer, processed: self.processed }))
    }

    fn refuse_body(&self, fault: &str) -> Result<(), String> {
        let error = || format!("`{fault}` has its own body: remove `body:`");
        if self.body.is_some() { Err(error()) } else { Ok(()) }
    }
}

/// Refuses a lag without a change, and a late commit whose response is not lost.
fn check_lag(rule: &Rule) -> Result<(), String> {
    let is_read = rule.when.method.as_ref().is_some_and(|method| method.0 == "GET");
    let has_late_commit = !rule.lag.commit.is_zero();
    let (is_lost, is_processed) = match &rule.fault {
        Some((_, Fault::Replaced { processed, .. })) => (true, *processed),
        Some((_, Fault::Reset(timing))) => (true, *timing == FaultTiming::After),
        _ => (false, true),
    };
    let error = if is_read && rule.edits.is_empty() {
        "a GET changes nothing, so nothing can lag: remove `method: GET`, or add `edit:`"
    } else if is_read && has_late_commit {
        "a GET commits nothing, so `commit` cannot lag: remove `commit:`"
    } else if rule.edits.is_empty() && !is_processed {
        "the request is not processed, so nothing can lag: write `processed: true`, \
         `reset: after`, or no fault"
    } else if has_late_commit && !(is_lost && is_processed) {
        "a commit can only be late if the response is lost: add `reset: after`, or `status: 504` \
         with `processed: true`, or write `delay:` instead"
    } else {
        return Ok(());
    };
    Err(error.to_owned())
}

fn two_faults(first: &str, second: &str) -> String {
    format!("a rule has one fault, and this rule has `{first}` and `{second}`: make it two rules")
}

fn unauthorized_fault() -> Fault {
    let content = StubContent::Error(unauthorized());
    Fault::Replaced {
        answer: StubResponse { headers: HeaderMap::new(), content },
        processed: false,
    }
}

fn by_timing(
    timing: Option<FaultTiming>,
    before: &'static str,
    after: &'static str,
) -> &'static str {
    if timing == Some(FaultTiming::After) { after } else { before }
}

/// An error in the platform's format, or a success without a body.
fn without_body(status: u16) -> StubContent {
    if status < 400 {
        return StubContent::Custom { status, media_type: "application/json", body: Vec::new() };
    }
    StubContent::Error(ErrorReply::new(status, "The sandbox simulates this error"))
}

/// A text is sent unchanged, any other value as JSON.
fn custom_body(status: u16, body: &Value) -> StubContent {
    let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned).into_bytes();
    StubContent::Custom { status, media_type: "application/json", body }
}

fn headers(raw: &BTreeMap<String, String>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in raw {
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid_header(name))?;
        if FRAMING.contains(&header) {
            return Err(format!("the sandbox sets the header `{name}`: remove it"));
        }
        headers.insert(header, HeaderValue::from_str(value).map_err(|_| invalid_header(value))?);
    }
    Ok(headers)
}

fn invalid_header(text: &str) -> String {
    format!("{text:?} is not allowed in a header: remove line breaks and control characters")
}
