//! How a rule is written.
//!
//! In: a mapping of the file. Out: a rule with at most one fault, or what is wrong with the
//! mapping, at its place. It must never guess between two faults, or take a setting that the
//! fault beside it has no use for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::edit::Edit;
use super::lag::ReplicationLag;
use super::scalar::{self, FaultDuration, StubStatus};
use super::{BehaviorFault, Fault, ListingShift, RequestMatcher, Rule, StubContent, StubResponse};
use crate::sandbox::authorization::unauthorized;
use crate::sandbox::reply::ErrorReply;

/// A page as a gateway in front of the platform writes it.
const GATEWAY_PAGE: &str = "<html>\r\n<head><title>Gateway</title></head>\r\n<body>\r\n\
    <center><h1>The upstream server is unavailable</h1></center>\r\n</body>\r\n</html>\r\n";

/// Headers that follow from the body and the connection.
const FRAMING: [HeaderName; 3] =
    [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION];

/// A rule as it is written.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "what is written has these flags")]
struct Form {
    #[serde(default)]
    when: RequestMatcher,
    #[serde(default, deserialize_with = "scalar::optional")]
    delay: Option<FaultDuration>,
    #[serde(default)]
    edit: Vec<Edit>,
    lag: Option<ReplicationLag>,
    #[serde(default, deserialize_with = "scalar::optional")]
    status: Option<StubStatus>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    #[serde(default)]
    processed: bool,
    #[serde(default)]
    html: bool,
    redirect: Option<String>,
    #[serde(default)]
    unauthorized: bool,
    reset: Option<Timing>,
    hold: Option<Timing>,
    truncate: Option<usize>,
    #[serde(default, deserialize_with = "scalar::optional")]
    drip: Option<FaultDuration>,
    #[serde(default)]
    endless_pages: bool,
    shift_listing: Option<ListingShift>,
    ignore_keys: Option<BTreeSet<String>>,
    #[serde(default)]
    drop_tags: bool,
    #[serde(default)]
    tag_filter_empty: bool,
}

/// RequestMatcher a connection is reset or a request held: before or after the request is processed.
#[derive(Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Timing {
    Before,
    After,
}

impl TryFrom<Form> for Rule {
    type Error = String;

    fn try_from(form: Form) -> Result<Self, String> {
        let mut faults = form.faults()?;
        let fault = faults.pop();
        if let (Some((second, _)), Some((first, _))) = (&fault, faults.last()) {
            return Err(format!(
                "a rule has one fault, and this one has `{first}` and `{second}`: make it two rules"
            ));
        }
        let Form { when, delay, edit, lag, .. } = form;
        if fault.is_none() && delay.is_none() && edit.is_empty() && lag.is_none() {
            return Err("the rule says no fault: add one, like `status: 503`".to_owned());
        }
        let delay = delay.map_or(Duration::ZERO, |FaultDuration(delay)| delay);
        let rule = Self { when, delay, edits: edit, lag: lag.unwrap_or_default(), fault };
        if lag.is_some() {
            rule.check_lag()?;
        }
        Ok(rule)
    }
}

impl Rule {
    /// Refuses a lag of changes that do not happen, and a commit that could not be late.
    fn check_lag(&self) -> Result<(), String> {
        let reads = self.when.method.as_deref() == Some("GET");
        if reads && self.edits.is_empty() {
            return Err(
                "a GET changes nothing, so nothing can lag: remove `method: GET`, or add `edit:`"
                    .to_owned(),
            );
        }
        if reads && !self.lag.commit.is_zero() {
            return Err(
                "a GET commits nothing, so `commit` cannot lag: remove `commit:`".to_owned()
            );
        }
        let processed = match &self.fault {
            Some((_, Fault::Replaced { processed, .. } | Fault::Reset { processed })) => *processed,
            _ => true,
        };
        if self.edits.is_empty() && !processed {
            return Err(
                "the request is not processed, so nothing can lag: write `processed: true`, \
                        `reset: after`, or no fault"
                    .to_owned(),
            );
        }
        let lost = matches!(&self.fault, Some((_, Fault::Replaced { .. } | Fault::Reset { .. })));
        let in_time = self.lag.commit.is_zero();
        if !(in_time || lost && processed) {
            return Err("a commit is late only where the answer is lost: add `reset: after`, or `status: 504` \
                        with `processed: true`, or write `delay:` instead"
                .to_owned());
        }
        Ok(())
    }
}

impl Form {
    /// Every fault that the rule names.
    fn faults(&self) -> Result<Vec<(&'static str, Fault)>, String> {
        let others = [
            (self.answer_name(), self.answer()?),
            ("unauthorized", self.unauthorized.then(Fault::unauthorized)),
            (self.reset_name(), self.reset.map(Timing::reset)),
            (self.hold_name(), self.hold.map(Timing::hold)),
            ("truncate", self.truncate.map(Fault::Truncated)),
            ("drip", self.drip.map(|FaultDuration(pause)| Fault::Dripped(pause))),
        ];
        let behavior_faults = self
            .behavior_faults()
            .map(|(name, behavior_fault)| (name, behavior_fault.map(Fault::Behavior)));
        let all = others.into_iter().chain(behavior_faults);
        Ok(all.filter_map(|(name, fault)| Some((name, fault?))).collect())
    }

    fn behavior_faults(&self) -> [(&'static str, Option<BehaviorFault>); 5] {
        let ignored = self.ignore_keys.as_ref().filter(|keys| !keys.is_empty());
        [
            ("endless_pages", self.endless_pages.then_some(BehaviorFault::EndlessPages)),
            ("shift_listing", self.shift_listing.map(BehaviorFault::ShiftedListing)),
            ("ignore_keys", ignored.cloned().map(BehaviorFault::IgnoredKeys)),
            ("drop_tags", self.drop_tags.then_some(BehaviorFault::DroppedTags)),
            ("tag_filter_empty", self.tag_filter_empty.then_some(BehaviorFault::TagFilterEmpty)),
        ]
    }

    fn reset_name(&self) -> &'static str {
        match self.reset {
            Some(Timing::After) => "reset-after",
            _ => "reset-before",
        }
    }

    fn hold_name(&self) -> &'static str {
        match self.hold {
            Some(Timing::After) => "hold-after",
            _ => "hold-before",
        }
    }

    fn answer_name(&self) -> &'static str {
        match (self.html, &self.redirect) {
            (true, _) => "html",
            (_, Some(_)) => "redirect",
            _ => "status",
        }
    }

    /// The answer that the rule writes out itself; `status` may stand alone or beside another.
    fn answer(&self) -> Result<Option<Fault>, String> {
        if self.html && self.redirect.is_some() {
            return Err(
                "a rule has one fault, and this one has `html` and `redirect`: make it two rules"
                    .to_owned(),
            );
        }
        let mut headers = headers(&self.headers)?;
        let content = if self.html {
            self.without_body("html")?;
            StubContent::Written {
                status: self.status.map_or(502, |StubStatus(status)| status),
                media_type: "text/html",
                body: GATEWAY_PAGE.into(),
            }
        } else if let Some(target) = &self.redirect {
            self.without_body("redirect")?;
            let location = HeaderValue::from_str(target);
            headers.insert(header::LOCATION, location.map_err(|_| no_header(target))?);
            let status = self.status.map_or(307, |StubStatus(status)| status);
            if !(300..400).contains(&status) {
                return Err(format!("{status} redirects nobody: write one of 300 to 399"));
            }
            StubContent::Written { status, media_type: "text/plain", body: Vec::new() }
        } else if let Some(StubStatus(status)) = self.status {
            self.body.as_ref().map_or_else(|| no_body(status), |body| written(status, body))
        } else if self.body.is_some() || !self.headers.is_empty() || self.processed {
            return Err(
                "`headers`, `body` and `processed` belong to an answer: add `status:`".to_owned()
            );
        } else {
            return Ok(None);
        };
        let answer = StubResponse { headers, content };
        Ok(Some(Fault::Replaced { answer, processed: self.processed }))
    }

    fn without_body(&self, fault: &str) -> Result<(), String> {
        let wrong = || format!("`{fault}` has a body of its own: remove `body:`");
        if self.body.is_some() { Err(wrong()) } else { Ok(()) }
    }
}

impl Fault {
    fn unauthorized() -> Self {
        let content = StubContent::Envelope(unauthorized());
        let answer = StubResponse { headers: HeaderMap::new(), content };
        Self::Replaced { answer, processed: false }
    }
}

impl Timing {
    fn reset(self) -> Fault {
        Fault::Reset { processed: matches!(self, Self::After) }
    }

    fn hold(self) -> Fault {
        Fault::Held { processed: matches!(self, Self::After) }
    }
}

/// The platform's own form of a failure; a success has no body.
fn no_body(status: u16) -> StubContent {
    if status < 400 {
        return StubContent::Written { status, media_type: "application/json", body: Vec::new() };
    }
    StubContent::Envelope(ErrorReply::new(
        status,
        "The sandbox was told to answer with this status",
    ))
}

/// A text as it stands, anything else as JSON.
fn written(status: u16, body: &Value) -> StubContent {
    let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned).into_bytes();
    StubContent::Written { status, media_type: "application/json", body }
}

fn headers(written: &BTreeMap<String, String>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in written {
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| no_header(name))?;
        if FRAMING.contains(&header) {
            return Err(format!("the header `{name}` follows from the answer: remove it"));
        }
        headers.insert(header, HeaderValue::from_str(value).map_err(|_| no_header(value))?);
    }
    Ok(headers)
}

fn no_header(text: &str) -> String {
    format!("{text:?} cannot stand in a header: leave out line breaks and control characters")
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        mapping::<D, Form, Self>(deserializer)
    }
}

/// Reads a `Form` and makes a `T` of it while the mapping is visited, so that the YAML parser adds
/// the place of the mapping to what is wrong with it.
pub(super) fn mapping<'de, D, Form, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    Form: Deserialize<'de>,
    T: TryFrom<Form, Error = String>,
{
    deserializer.deserialize_map(Mapping(PhantomData::<(Form, T)>))
}

struct Mapping<Form, T>(PhantomData<(Form, T)>);

impl<'de, Form, T> Visitor<'de> for Mapping<Form, T>
where
    Form: Deserialize<'de>,
    T: TryFrom<Form, Error = String>,
{
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        let form = Form::deserialize(de::value::MapAccessDeserializer::new(map))?;
        T::try_from(form).map_err(de::Error::custom)
    }
}
