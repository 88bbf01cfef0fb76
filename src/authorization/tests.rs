use super::*;

const CALLBACK: &str = "http://127.0.0.1:8899/callback";

fn callback() -> Callback {
    Callback::parse(CALLBACK).unwrap()
}

fn first() -> Way {
    Way::First { token: Secret::new("request"), secret: Secret::new("its-secret") }
}

fn read(query: &str, way: &Way) -> Result<Vec<(String, String)>, Refusal> {
    let state = Secret::new("st/te");
    let members = ["code".to_owned(), "realmId".to_owned()];
    let expected = Expected { way, state: &state, members: &members };
    let grant = grant(query, &expected)?;
    Ok(grant.into_iter().map(|(name, value)| (name, value.expose().to_owned())).collect())
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_code_is_taken_with_its_state_and_what_the_connector_takes_besides() {
    let query = "code=4%2F0A%2Bb%3D&state=st%2Fte&realmId=7&session=x";
    assert_eq!(read(query, &Way::Second), Ok(pairs(&[("code", "4/0A+b="), ("realmId", "7")])));
    let query = "oauth_token=request&oauth_verifier=v";
    let expected = [("oauth_token", "request"), ("oauth_verifier", "v"), ("secret", "its-secret")];
    assert_eq!(read(query, &first()), Ok(pairs(&expected)));
}

#[test]
fn what_belongs_to_another_question_grants_nothing() {
    for query in ["code=a", "code=a&state=", "code=a&state=other", "state=x&error=access_denied"] {
        assert_eq!(read(query, &Way::Second), Err(Refusal::WrongState), "{query}");
    }
    for query in [
        "oauth_token=other&oauth_verifier=v",
        "oauth_verifier=v",
        "oauth_token=request&oauth_verifier=v&state=other",
    ] {
        assert_eq!(read(query, &first()), Err(Refusal::WrongState), "{query}");
    }
}

#[test]
fn a_denial_is_told_apart_from_an_answer_that_says_nothing() {
    let denied = |word: &str| Err(Refusal::Denied(word.to_owned()));
    let query = "state=st%2Fte&error=access_denied%0A%1b[2J%60";
    assert_eq!(read(query, &Way::Second), denied("access_denied???2J?"));
    assert_eq!(read("state=st/te&error=%C3%A9", &Way::Second), denied("?"));
    assert_eq!(read("denied=request", &first()), denied("denied"));
    assert_eq!(read("state=st/te", &Way::Second), Err(Refusal::Nothing));
    assert_eq!(read("", &Way::Second), Err(Refusal::WrongState));
    assert_eq!(read("oauth_token=request", &first()), Err(Refusal::Nothing));
}

#[test]
fn a_parameter_that_comes_twice_is_refused() {
    let doubled = Err(Refusal::Doubled("code".to_owned()));
    assert_eq!(read("code=a&state=st/te&code=b", &Way::Second), doubled);
    let forged = read("code=a&state=other&code=b", &Way::Second);
    assert_eq!(forged, Err(Refusal::WrongState), "what is not ours is not taken apart");
    let doubled = Err(Refusal::Doubled("state".to_owned()));
    assert_eq!(read("code=a&state=st/te&state=st/te", &Way::Second), doubled);
    for query in ["code=a&state=st/te&state=x", "code=a&state=x&state=st/te"] {
        assert_eq!(read(query, &Way::Second), Err(Refusal::WrongState), "{query}");
    }
}

#[test]
fn a_browser_is_sent_to_https_and_the_answer_to_the_declared_callback() {
    let to = |url: &str| checked(url, &Way::Second, Some("x"));
    let back =
        "client_id=my%2Fid&state=st%2Fte&redirect_uri=http%3A%2F%2F127.0.0.1%3A8899%2Fcallback";
    for url in ["https://provider.example/authorize?", "http://localhost:1/a?", "http://[::1]/?"] {
        assert_eq!(to(&format!("{url}{back}&scope=x")), Ok(ScopeDifference::None), "{url}");
    }
    for (url, why) in [
        (format!("http://provider.example/?{back}"), "it is not https, but http"),
        (format!("javascript:alert(1)?{back}"), "it names no host"),
        (format!("https://user:pass@provider.example/?{back}"), "it carries a login"),
        (
            format!("https://provider.example/?{back}\n\u{1b}[2J"),
            "it is too long, or has characters that no address has",
        ),
        (
            format!("https://provider.example/?{back}&x={}", "x".repeat(8_000)),
            "it is too long, or has characters that no address has",
        ),
        ("https://provider.example/".to_owned(), "it does not say where the answer goes"),
        (
            "https://provider.example/?redirect_uri=https://evil.example".to_owned(),
            "its answer would not go to the declared callback",
        ),
        (
            format!("https://provider.example/?{back}&redirect_uri=https://evil.example"),
            "it has `redirect_uri` more than once",
        ),
    ] {
        assert_eq!(to(&url), Err(why.to_owned()), "{url}");
    }
    let first =
        |query: &str| checked(&format!("https://provider.example/?{query}"), &first(), None);
    assert_eq!(first("oauth_token=x"), Ok(ScopeDifference::None));
    let forgeable =
        "its `state` is not the one that was sent, so no answer could be told from a forged one";
    assert_eq!(first("oauth_token=x&state=hootsuite"), Err(forgeable.to_owned()));
    let without = back.replace("&state=st%2Fte", "");
    for state in ["", "&state=hootsuite"] {
        let address = format!("https://provider.example/?{without}{state}");
        assert_eq!(to(&address), Err(forgeable.to_owned()), "{state}");
    }
}

/// What the check says of an address.
fn checked(url: &str, way: &Way, scope: Option<&str>) -> Result<ScopeDifference, String> {
    let (callback, state, client_id) = (callback(), Secret::new("st/te"), Secret::new("my/id"));
    let request = AuthorizationRequest {
        callback: &callback,
        way,
        state: &state,
        client_id: &client_id,
        scope,
    };
    check(url, &request)
}

const ADDRESS: &str = "https://provider.example/?client_id=my%2Fid&state=st%2Fte&redirect_uri=http%3A%2F%2F127.0.0.1%3A8899%2Fcallback";

#[test]
fn an_address_asks_for_the_declared_application() {
    let without = ADDRESS.replace("client_id=my%2Fid&", "");
    let check = |query: &str| checked(&format!("{without}{query}"), &Way::Second, None);
    assert_eq!(check("&client_id=my/id"), Ok(ScopeDifference::None));
    assert_eq!(check(""), Err("it has no `client_id`".to_owned()));
    let another = Err("its `client_id` is not the declared `oauth.api.key`".to_owned());
    for query in ["&client_id=", "&client_id=evil", "&client_id=MY/ID", "&client_id=my/id;x"] {
        assert_eq!(check(query), another, "{query}");
    }
    let first = |query: &str| {
        checked(&format!("https://provider.example/?oauth_token=x{query}"), &first(), None)
    };
    assert_eq!(first(""), Ok(ScopeDifference::None));
    assert_eq!(first("&client_id=evil"), another);
}

#[test]
fn an_address_with_a_repeated_parameter_is_refused() {
    let address = format!("{ADDRESS}&scope=x&response_type=code");
    assert_eq!(checked(&address, &Way::Second, Some("x")), Ok(ScopeDifference::None));
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
        assert_eq!(checked(&after, &Way::Second, Some("x")), expected, "{name}={value}");
        let before = address.replace('?', &format!("?{name}={value}&"));
        assert_eq!(checked(&before, &Way::Second, Some("x")), expected, "{name}={value}");
    }
}

#[test]
fn a_scope_beyond_the_declared_one_is_named() {
    let beyond = |names: &[&str]| {
        Ok(ScopeDifference::Beyond(names.iter().map(|name| (*name).to_owned()).collect()))
    };
    let check = |query: &str, scope| checked(&format!("{ADDRESS}{query}"), &Way::Second, scope);
    for query in ["", "&scope=", "&scope=b", "&scope=a%20b", "&scope=b,a", "&user_scope=a"] {
        assert_eq!(check(query, Some("a b")), Ok(ScopeDifference::None), "{query}");
    }
    assert_eq!(check("&scope=a+admin%20b,all,admin", Some("a b")), beyond(&["admin", "all"]));
    assert_eq!(check("&scope=a&user_scope=admin", Some("a b")), beyond(&["admin"]));
    assert_eq!(check("&optional_scope=A", Some("a")), beyond(&["A"]));
    assert_eq!(check("&scope=a", Some("")), beyond(&["a"]), "an empty scope is declared");
    let default = ["a", "b"].map(str::to_owned).to_vec();
    assert_eq!(check("&scope=a%20b", None), Ok(ScopeDifference::Default(default)));
}

#[test]
fn a_callback_here_is_listened_on_and_one_elsewhere_is_pasted() {
    let listens = |text: &str| Callback::parse(text).unwrap().listener().is_some();
    assert!(listens(CALLBACK) && listens("http://localhost/x") && listens("http://[::1]:9/"));
    assert!(!listens("https://127.0.0.1/x") && !listens("http://app.example/x"));
    for refused in
        ["http://user@127.0.0.1:9/", "http://:pass@127.0.0.1:9/", "http://127.0.0.1:9/#x"]
    {
        assert!(Callback::parse(refused).unwrap_err().starts_with("it has a login or a fragment"));
    }
    assert!(Callback::parse("mailto:a@b").is_err() && Callback::parse("app").is_err());
    let query = callback().query_of(" http://127.0.0.1:8899/callback?code=a&state=b#x\n");
    assert_eq!(query.as_deref(), Some("code=a&state=b"));
    assert_eq!(callback().query_of("http://127.0.0.1:8898/callback?code=a"), None);
    assert_eq!(callback().query_of("code=a"), None);
}

#[test]
fn an_address_with_its_parameters_elsewhere_is_refused() {
    for name in ["request", "request_uri"] {
        let address = format!("{ADDRESS}&scope=x&{name}=https://evil.example/x");
        let refused = checked(&address, &Way::Second, Some("x")).unwrap_err();
        assert!(refused.starts_with("it has its parameters in "), "{refused}");
    }
}
