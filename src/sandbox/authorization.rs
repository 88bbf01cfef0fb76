//! Reads `Authorization` and decides whether a request may be answered.
//!
//! In: the header, the credentials of this sandbox, the tokens of its instances, and what the
//! route needs. Out: the instance that the Element token names, or the platform's 401. The header
//! is a comma list of `<Scheme> <value>` in any order; secrets are Base64 and hold no comma.
//! Tokens and secrets may hold `/`, `+` and `=` and are compared as they are. It must never say
//! which of the three parts was wrong.

use super::SandboxCredentials;
use super::reply::ErrorReply;

/// InstanceSelector parts a route needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequiredAccess {
    /// Nothing: what a browser or a provider calls.
    Public,
    /// User and Organization: the calls on the platform itself.
    Account,
    /// User, Organization and Element: calls on the one instance that the token names.
    Instance,
    /// User and Element: the data plane, where Organization may be left out.
    DataPlane,
}

/// The parts that a header carries.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parts<'a> {
    user: Option<&'a str>,
    organization: Option<&'a str>,
    element: Option<&'a str>,
}

/// Checks `header` and returns the id of the instance that its Element token names.
///
/// A part that is given must be right even where it is not needed.
pub(super) fn check(
    header: Option<&str>,
    credentials: &SandboxCredentials,
    need: RequiredAccess,
    instance_of: impl Fn(&str) -> Option<u64>,
) -> Result<Option<u64>, ErrorReply> {
    if need == RequiredAccess::Public {
        return Ok(None);
    }
    let parts = header.and_then(parse).ok_or_else(unauthorized)?;
    let organization_right = match parts.organization {
        Some(secret) => secret == credentials.organization,
        None => need == RequiredAccess::DataPlane,
    };
    if parts.user != Some(&credentials.user) || !organization_right {
        return Err(unauthorized());
    }
    match parts.element {
        Some(token) => instance_of(token).map(Some).ok_or_else(unauthorized),
        None if need == RequiredAccess::Account => Ok(None),
        None => Err(unauthorized()),
    }
}

/// Splits the list; none if a part is not `<Scheme> <value>` or is given twice.
fn parse(header: &str) -> Option<Parts<'_>> {
    let mut parts = Parts::default();
    for part in header.split(',') {
        let (scheme, value) = part.trim().split_once(char::is_whitespace)?;
        let place = match scheme.to_ascii_lowercase().as_str() {
            "user" => &mut parts.user,
            "organization" => &mut parts.organization,
            "element" => &mut parts.element,
            _ => return None,
        };
        if place.replace(value.trim()).is_some() {
            return None;
        }
    }
    Some(parts)
}

/// The one answer to wrong credentials.
pub(super) fn unauthorized() -> ErrorReply {
    ErrorReply::new(401, "Invalid Organization or User secret, or invalid Element token provided.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_come_in_any_order_and_any_case() {
        let expected = Parts { user: Some("u="), organization: Some("o"), element: Some("e/+=") };
        for header in [
            "User u=, Organization o, Element e/+=",
            "Element e/+=,User u=,Organization o",
            "organization o,  USER   u= , element e/+=",
        ] {
            assert_eq!(parse(header).as_ref(), Some(&expected), "{header}");
        }
    }

    #[test]
    fn a_list_that_is_malformed_is_no_authorization() {
        for header in ["", "User", "Bearer x", "User a, User b", "User a,,Organization b"] {
            assert_eq!(parse(header), None, "{header}");
        }
    }
}
