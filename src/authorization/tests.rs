use super::*;

const CALLBACK: &str = "http://127.0.0.1:8899/callback";

fn callback() -> CallbackUrl {
    CallbackUrl::parse(CALLBACK).unwrap()
}

fn oauth_1() -> OAuthVersion {
    OAuthVersion::V1 { token: Secret::new("request"), secret: Secret::new("its-secret") }
}

fn read(query: &str, version: &OAuthVersion) -> Result<Vec<(String, String)>, GrantError> {
    let state = Secret::new("st/te");
    let members = ["code".to_owned(), "realmId".to_owned()];
    let expected = ExpectedAnswer { version, state: &state, members: &members };
    let grant = read_grant(query, &expected)?;
    Ok(grant.into_iter().map(|(name, value)| (name, value.expose().to_owned())).collect())
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_grant_has_the_code_and_the_members_that_the_connector_accepts() {
    let query = "code=4%2F0A%2Bb%3D&state=st%2Fte&realmId=7&session=x";
    assert_eq!(read(query, &OAuthVersion::V2), Ok(pairs(&[("code", "4/0A+b="), ("realmId", "7")])));
    let query = "oauth_token=request&oauth_verifier=v";
    let expected = [("oauth_token", "request"), ("oauth_verifier", "v"), ("secret", "its-secret")];
    assert_eq!(read(query, &oauth_1()), Ok(pairs(&expected)));
}

#[test]
fn an_answer_to_another_request_is_refused() {
    for query in ["code=a", "code=a&state=", "code=a&state=other", "state=x&error=access_denied"] {
        assert_eq!(read(query, &OAuthVersion::V2), Err(GrantError::WrongState), "{query}");
    }
    for query in [
        "oauth_token=other&oauth_verifier=v",
        "oauth_verifier=v",
        "oauth_token=request&oauth_verifier=v&state=other",
    ] {
        assert_eq!(read(query, &oauth_1()), Err(GrantError::WrongState), "{query}");
    }
}

#[test]
fn a_denial_differs_from_an_answer_without_a_grant() {
    let denied = |word: &str| Err(GrantError::Denied(word.to_owned()));
    let query = "state=st%2Fte&error=access_denied%0A%1b[2J%60";
    assert_eq!(read(query, &OAuthVersion::V2), denied("access_denied???2J?"));
    assert_eq!(read("state=st/te&error=%C3%A9", &OAuthVersion::V2), denied("?"));
    assert_eq!(read("denied=request", &oauth_1()), denied("denied"));
    assert_eq!(read("state=st/te", &OAuthVersion::V2), Err(GrantError::NoGrant));
    assert_eq!(read("", &OAuthVersion::V2), Err(GrantError::WrongState));
    assert_eq!(read("oauth_token=request", &oauth_1()), Err(GrantError::NoGrant));
}

#[test]
fn a_duplicate_parameter_is_refused() {
    let duplicate = Err(GrantError::DuplicateParameter("code".to_owned()));
    assert_eq!(read("code=a&state=st/te&code=b", &OAuthVersion::V2), duplicate);
    let forged = read("code=a&state=other&code=b", &OAuthVersion::V2);
    assert_eq!(forged, Err(GrantError::WrongState), "the state is checked first");
    let duplicate = Err(GrantError::DuplicateParameter("state".to_owned()));
    assert_eq!(read("code=a&state=st/te&state=st/te", &OAuthVersion::V2), duplicate);
    for query in ["code=a&state=st/te&state=x", "code=a&state=x&state=st/te"] {
        assert_eq!(read(query, &OAuthVersion::V2), Err(GrantError::WrongState), "{query}");
    }
}

#[test]
fn a_url_uses_https_and_the_declared_callback() {
    let to = |url: &str| checked(url, &OAuthVersion::V2, Some("x"));
    let back =
        "client_id=my%2Fid&state=st%2Fte&redirect_uri=http%3A%2F%2F127.0.0.1%3A8899%2Fcallback";
    for url in ["https://provider.example/authorize?", "http://localhost:1/a?", "http://[::1]/?"] {
        assert_eq!(to(&format!("{url}{back}&scope=x")), Ok(ScopeDifference::None), "{url}");
    }
    for (url, why) in [
        (format!("http://provider.example/?{back}"), "it uses http instead of https"),
        (format!("javascript:alert(1)?{back}"), "it has no host"),
        (format!("https://user:pass@provider.example/?{back}"), "it has a user name or a password"),
        (
            format!("https://provider.example/?{back}\n\u{1b}[2J"),
            "it is too long or has characters that are not allowed in a URL",
        ),
        (
            format!("https://provider.example/?{back}&x={}", "x".repeat(8_000)),
            "it is too long or has characters that are not allowed in a URL",
        ),
        ("https://provider.example/".to_owned(), "it has no `redirect_uri`"),
        (
            "https://provider.example/?redirect_uri=https://evil.example".to_owned(),
            "its `redirect_uri` is not the declared `oauth.callback.url`",
        ),
        (
            format!("https://provider.example/?{back}&redirect_uri=https://evil.example"),
            "it has `redirect_uri` more than once",
        ),
    ] {
        assert_eq!(to(&url), Err(why.to_owned()), "{url}");
    }
    let oauth_1_url =
        |query: &str| checked(&format!("https://provider.example/?{query}"), &oauth_1(), None);
    assert_eq!(oauth_1_url("oauth_token=x"), Ok(ScopeDifference::None));
    let forgeable =
        "its `state` is not the one that ocon sent, so ocon could not detect a forged answer";
    assert_eq!(oauth_1_url("oauth_token=x&state=hootsuite"), Err(forgeable.to_owned()));
    let without = back.replace("&state=st%2Fte", "");
    for state in ["", "&state=hootsuite"] {
        let address = format!("https://provider.example/?{without}{state}");
        assert_eq!(to(&address), Err(forgeable.to_owned()), "{state}");
    }
}

fn checked(
    url: &str,
    version: &OAuthVersion,
    scope: Option<&str>,
) -> Result<ScopeDifference, String> {
    let (callback, state, client_id) = (callback(), Secret::new("st/te"), Secret::new("my/id"));
    let request = AuthorizationRequest {
        callback: &callback,
        version,
        state: &state,
        client_id: &client_id,
        scope,
    };
    check_url(url, &request)
}

const ADDRESS: &str = "https://provider.example/?client_id=my%2Fid&state=st%2Fte&redirect_uri=http%3A%2F%2F127.0.0.1%3A8899%2Fcallback";

#[test]
fn a_url_has_the_declared_client_id() {
    let without = ADDRESS.replace("client_id=my%2Fid&", "");
    let check = |query: &str| checked(&format!("{without}{query}"), &OAuthVersion::V2, None);
    assert_eq!(check("&client_id=my/id"), Ok(ScopeDifference::None));
    assert_eq!(check(""), Err("it has no `client_id`".to_owned()));
    let another = Err("its `client_id` is not the declared `oauth.api.key`".to_owned());
    for query in ["&client_id=", "&client_id=evil", "&client_id=MY/ID", "&client_id=my/id;x"] {
        assert_eq!(check(query), another, "{query}");
    }
    let oauth_1_url = |query: &str| {
        checked(&format!("https://provider.example/?oauth_token=x{query}"), &oauth_1(), None)
    };
    assert_eq!(oauth_1_url(""), Ok(ScopeDifference::None));
    assert_eq!(oauth_1_url("&client_id=evil"), another);
}

#[test]
fn a_url_with_a_duplicate_parameter_is_refused() {
    let address = format!("{ADDRESS}&scope=x&response_type=code");
    assert_eq!(checked(&address, &OAuthVersion::V2, Some("x")), Ok(ScopeDifference::None));
    for (name, value) in [
        ("client_id", "my/id"),
        ("client_id", "evil"),
        ("redirect_uri", CALLBACK),
        ("response_type", "token"),
        ("scope", "admin"),
        ("state", "st/te"),
        ("%73tate", "st/te"),
    ] {
        let name_as_read = if name == "%73tate" { "state" } else { name };
        let expected =
            Err(format!("it has {} more than once", crate::safe_text::quoted(name_as_read)));
        let after = format!("{address}&{name}={value}");
        assert_eq!(checked(&after, &OAuthVersion::V2, Some("x")), expected, "{name}={value}");
        let before = address.replace('?', &format!("?{name}={value}&"));
        assert_eq!(checked(&before, &OAuthVersion::V2, Some("x")), expected, "{name}={value}");
    }
}

#[test]
fn scopes_beyond_the_declared_ones_are_listed() {
    let additional = |names: &[&str]| {
        Ok(ScopeDifference::Additional(names.iter().map(|name| (*name).to_owned()).collect()))
    };
    let check =
        |query: &str, scope| checked(&format!("{ADDRESS}{query}"), &OAuthVersion::V2, scope);
    for query in ["", "&scope=", "&scope=b", "&scope=a%20b", "&scope=b,a", "&user_scope=a"] {
        assert_eq!(check(query, Some("a b")), Ok(ScopeDifference::None), "{query}");
    }
    assert_eq!(check("&scope=a+admin%20b,all,admin", Some("a b")), additional(&["admin", "all"]));
    assert_eq!(check("&scope=a&user_scope=admin", Some("a b")), additional(&["admin"]));
    assert_eq!(check("&optional_scope=A", Some("a")), additional(&["A"]));
    assert_eq!(check("&scope=a", Some("")), additional(&["a"]), "an empty scope is declared");
    let default = ["a", "b"].map(str::to_owned).to_vec();
    assert_eq!(check("&scope=a%20b", None), Ok(ScopeDifference::ConnectorDefault(default)));
}

#[test]
fn only_a_loopback_callback_is_listened_on() {
    let listens = |text: &str| CallbackUrl::parse(text).unwrap().listener().is_some();
    assert!(listens(CALLBACK) && listens("http://localhost/x") && listens("http://[::1]:9/"));
    assert!(!listens("https://127.0.0.1/x") && !listens("http://app.example/x"));
    for refused in
        ["http://user@127.0.0.1:9/", "http://:pass@127.0.0.1:9/", "http://127.0.0.1:9/#x"]
    {
        assert!(CallbackUrl::parse(refused).unwrap_err().starts_with("it has a user name"));
    }
    assert!(CallbackUrl::parse("mailto:a@b").is_err() && CallbackUrl::parse("app").is_err());
    let query = callback().query_of(" http://127.0.0.1:8899/callback?code=a&state=b#x\n");
    assert_eq!(query.as_deref(), Some("code=a&state=b"));
    assert_eq!(callback().query_of("http://127.0.0.1:8898/callback?code=a"), None);
    assert_eq!(callback().query_of("code=a"), None);
}

#[test]
fn a_url_with_a_request_object_is_refused() {
    for name in ["request", "request_uri"] {
        let address = format!("{ADDRESS}&scope=x&{name}=https://evil.example/x");
        let refused = checked(&address, &OAuthVersion::V2, Some("x")).unwrap_err();
        assert!(refused.starts_with("it hides its parameters in "), "{refused}");
    }
}
