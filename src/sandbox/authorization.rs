//! Reads `Authorization` and decides whether a caller has access.
//!
//! The header is a comma-separated list of `<Scheme> <value>` in any order. Tokens and secrets can
//! contain `/`, `+` and `=`, but no comma. A reply must never say which part was wrong.

use super::{ErrorReply, SandboxCredentials};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequiredAccess {
    /// None: calls of browsers and providers.
    Public,
    /// User and Organization: calls on the platform itself.
    Account,
    /// User, Organization and Element: calls on the instance of the token.
    Instance,
    /// User and Element: calls to the provider. Organization is optional.
    DataPlane,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Parts<'a> {
    user: Option<&'a str>,
    organization: Option<&'a str>,
    element: Option<&'a str>,
}

/// Checks `header` and returns the ID of the instance of its Element token, if it has one.
///
/// A part must be correct even if it is not required.
pub(super) fn check(
    header: Option<&str>,
    credentials: &SandboxCredentials,
    required: RequiredAccess,
    instance_of: impl Fn(&str) -> Option<u64>,
) -> Result<Option<u64>, ErrorReply> {
    if required == RequiredAccess::Public {
        return Ok(None);
    }
    let parts = header.and_then(parse).ok_or_else(unauthorized)?;
    let is_organization_valid = match parts.organization {
        Some(secret) => secret == credentials.organization,
        None => required == RequiredAccess::DataPlane,
    };
    if parts.user != Some(&credentials.user) || !is_organization_valid {
        return Err(unauthorized());
    }
    match parts.element {
        Some(token) => instance_of(token).map(Some).ok_or_else(unauthorized),
        None if required == RequiredAccess::Account => Ok(None),
        None => Err(unauthorized()),
    }
}

/// Parses the list. `None` if a part is not `<Scheme> <value>` or occurs twice.
fn parse(header: &str) -> Option<Parts<'_>> {
    let mut parts = Parts::default();
    for part in header.split(',') {
        let (scheme, value) = part.trim().split_once(char::is_whitespace)?;
        let slot = match scheme.to_ascii_lowercase().as_str() {
            "user" => &mut parts.user,
            "organization" => &mut parts.organization,
            "element" => &mut parts.element,
            _ => return None,
        };
        if slot.replace(value.trim()).is_some() {
            return None;
        }
    }
    Some(parts)
}

pub(super) fn unauthorized() -> ErrorReply {
    ErrorReply::new(401, "Invalid Organization or User secret, or invalid Element token provided.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_can_have_any_order_and_case() {
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
    fn a_malformed_list_is_refused() {
        for header in ["", "User", "Bearer x", "User a, User b", "User a,,Organization b"] {
            assert_eq!(parse(header), None, "{header}");
        }
    }
}
