use super::*;

fn shown(hosts: &[Host]) -> String {
    hosts.iter().map(Host::to_string).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_url_names_the_host_that_every_reader_would_ask() {
    for (text, host) in [
        ("https://API.example/path", "`api.example`"),
        (" https://api.example:8443?x=1", "`api.example:8443`"),
        ("sftp://files.example#x", "`files.example`"),
        ("https://provider.example@evil.example/", "`evil.example`"),
        ("https://api.example/?next=https://other.example", "`api.example`"),
        ("https://[::1]:80/", "`[::1]:80`"),
        (r#"{"contacts":{"url":"https://api.example/x"},"b":["/y"]}"#, "`api.example`"),
    ] {
        assert_eq!(shown(&Host::of_urls_in(text)), host, "{text}");
    }
}

#[test]
fn a_url_of_any_scheme_names_its_real_host() {
    let both = "`good.example`, `evil.example`";
    for (text, host) in [
        ("https:evil.example", "`evil.example`"),
        ("https:/evil.example", "`evil.example`"),
        ("HTTPS:\\\\evil.example\\x", "`evil.example`"),
        ("https:///evil.example", "`evil.example`"),
        ("//evil.example/x", "`evil.example`"),
        ("//user@evil.example", "`evil.example`"),
        ("https://ev\til.example/", "`evil.example`"),
        ("https://a@b@evil.example/", "`evil.example`"),
        ("https://provider.example:443@evil.example:8443/", "`evil.example:8443`"),
        ("https://prövider.example/", "`xn--prvider-b1a.example`"),
        ("https://good.example/x,https://evil.example/", both),
        ("\u{1}https://evil.example/", "`evil.example`"),
        (
            "https://evil.example\\@${{ env.P }}/",
            "`evil.example`, a host in a secret, which cannot be shown",
        ),
        (r#"{"url":"https://evil.example","url":"https://good.example"}"#, both),
        (r#"{"k":${{ env.K }},"url":"https:\/\/evil.example/x"}"#, "`evil.example`"),
        (r#"{"https://evil.example/x":1}"#, "`evil.example`"),
    ] {
        assert_eq!(shown(&Host::of_urls_in(text)), host, "{text}");
    }
}

#[test]
fn a_url_of_a_database_or_file_server_names_its_real_host() {
    let both = "`good.example`, `evil.example`";
    for (text, host) in [
        ("jdbc:mysql://db.example:3306/crm?user=a", "`db.example:3306`"),
        ("jdbc:mysql:loadbalance://a.example,b.example/x", "`a.example`, `b.example`"),
        ("jdbc:sqlserver://db.example;user=a", "`db.example`"),
        ("jdbc:oracle:thin:@db.example:1521:sid", "`db.example:1521:sid`"),
        ("jdbc:oracle:thin:@tcps://evil.example:1521/x", "`evil.example:1521`"),
        ("jdbc:oracle:thin:scott/${{ env.P }}@//evil.example:1521/x", "`evil.example:1521`"),
        ("jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(HOST=evil.example)(PORT=1)))", "`evil.example`"),
        ("jdbc:sqlserver://good.example;serverName=evil.example;password=${{ env.P }}", both),
        (
            "jdbc:sybase:Tds:evil.example:2638",
            "an unknown host in `jdbc:sybase:Tds:evil.example:2638`",
        ),
        ("sftp://good.example;${{ env.P }}@evil.example/in", "`evil.example`"),
        ("ldap://good.example/x ldap://evil.example/x", both),
        ("jdbc:oracle:thin:@//db.example:1521/sid", "`db.example:1521`"),
        ("jdbc:postgresql://good.example@evil.example/x", "`evil.example`"),
        ("mongodb+srv://u:p@a.example/x", "`a.example`"),
    ] {
        assert_eq!(shown(&Host::of_urls_in(text)), host, "{text}");
    }
}

#[test]
fn what_readers_could_take_for_different_hosts_names_all_or_is_unclear() {
    let either = "`provider.example` or `evil.example` (URL parsers disagree)";
    for text in
        ["https://provider.example\\@evil.example/", "https:\\\\provider.example\\@evil.example"]
    {
        assert_eq!(shown(&Host::of_urls_in(text)), either, "{text}");
    }
    for text in [
        "https://provider.example\u{202e}/",
        "https://$${{ env.A }}.example/",
        "https://${{ instance.id }}.example/",
        "https://",
    ] {
        let hosts = Host::of_urls_in(text);
        assert!(matches!(hosts.as_slice(), [Host::Unclear(_)]), "{text:?}: {hosts:?}");
    }
}

#[test]
fn a_secret_in_the_host_hides_itself_and_not_the_rest() {
    let whole = "a host in a secret, which cannot be shown";
    for (text, host) in [
        ("https://${{ env.HOST }}/", whole),
        ("https://a.${{ file.a/b }}:80/", "`a.(secret):80`, a host with a secret in its name"),
        (
            "https://${{ env.PASSWORD }}.evil.example/",
            "`(secret).evil.example`, a host with a secret in its name",
        ),
        ("jdbc:mysql://${{ env.HOST }}/x", whole),
        ("//${{ env.HOST }}/x", whole),
    ] {
        assert_eq!(shown(&Host::of_urls_in(text)), host, "{text}");
    }
    for text in ["https://a.example/?k=${{ env.K }}", "https://u:${{ file.a/b@c }}@a.example/"] {
        assert_eq!(shown(&Host::of_urls_in(text)), "`a.example`", "{text}");
    }
}

#[test]
fn other_texts_are_not_urls() {
    for text in ["", "/contacts", "a: b", "urn:x", "urn:a:b", "yes", "${{ env.A }}", "12:30:45"] {
        assert_eq!(Host::of_urls_in(text), [], "{text}");
    }
}

#[test]
fn under_a_key_for_hosts_a_word_is_a_part_of_a_name_and_anything_more_a_name() {
    let of = |text: &str| shown(&Host::of_stored(text));
    assert_eq!(of("dev12345"), "the host for `dev12345`");
    assert_eq!(of("sftp.example"), "`sftp.example`");
    assert_eq!(of("shop.example/eu"), "`shop.example`");
    assert_eq!(of("https://shop.example/eu"), "`shop.example`");
    assert_eq!(of("evil.example/#"), "`evil.example`");
    assert_eq!(of("evil.example#"), "an unknown host in `evil.example#`");
    assert_eq!(of(""), "");
}
