//! What leaves, to where, and what is known of it afterwards.

use std::time::Duration;

use fedctl_client::{
    BuildError, Extra, Host, HostError, HostUrls, Hosts, Key, KeyError, Method, Region, Request, SendError, Url,
};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use crate::server::{KEY, ORGANIZATION, Reply, Server, answered, chain, client, not_sent, unknown};

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn post(path: &str) -> Request {
    Request::json(Host::Console, Method::POST, path, Zeroizing::new(b"{}".to_vec()))
}

#[tokio::test]
async fn an_answer_brings_status_headers_and_body() {
    let headers = [
        ("content-type", "application/json"),
        ("date", "Thu, 01 Oct 2026 00:00:10 GMT"),
        ("x-total-count", "7"),
        ("location", "/there?x=1"),
    ];
    let server = Server::always(Reply::simulated(200, &headers, "[]")).await;
    let answer = answered(server.get("/api/v2/usergroups?limit=1&filter=email%3Aeq%3Aann@acme.com").await);
    assert_eq!((answer.status, answer.date, answer.total_count), (200, Some(1_790_812_810), Some(7)));
    assert_eq!((answer.location.as_deref(), answer.simulated), (Some("/there?x=1"), true));
    assert_eq!(answer.json().unwrap(), b"[]");
    assert_eq!(answer.target().to_string(), "GET /api/v2/usergroups?limit&filter");
    let sent = &server.log()[0];
    assert_eq!(sent.line, "GET /api/v2/usergroups?limit=1&filter=email%3Aeq%3Aann@acme.com HTTP/1.1");
    assert_eq!(sent.header("user-agent"), Some(concat!("fedctl/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(
        (sent.header("accept"), sent.header("cookie"), sent.header("referer")),
        (Some("application/json"), None, None)
    );
}

#[tokio::test]
async fn bodies_and_listed_headers_go_out() {
    let server = Server::always(Reply::json(200, "{}")).await;
    let mut request = post("/api/v2/usergroups");
    request.extra = vec![Extra::QueryDslV2, Extra::EventuallyConsistent, Extra::UnfilteredTotalCount];
    answered(server.client().send(request).await);
    let sent = &server.log()[0];
    assert_eq!((sent.header("content-type"), sent.body.as_slice()), (Some("application/json"), b"{}".as_slice()));
    assert_eq!(sent.header("x-query-dsl"), Some("v2"));
    assert_eq!(sent.header("x-eventually-consistent"), Some("true"));
    assert_eq!(sent.header("x-unfiltered-total-count"), Some("true"));
}

#[tokio::test]
async fn the_key_goes_to_console_and_insights_and_never_to_the_issuer() {
    let server = Server::always(Reply::json(200, "{}")).await;
    for host in [Host::Console, Host::Insights, Host::Issuer] {
        answered(server.client().send(Request::get(host, "/x")).await);
    }
    let log = server.log();
    for sent in &log[..2] {
        assert_eq!((sent.header("x-api-key"), sent.header("x-org-id")), (Some(KEY), Some(ORGANIZATION)));
    }
    assert_eq!((log[2].header("x-api-key"), log[2].header("x-org-id")), (None, None));
    assert!(log[2].headers.iter().all(|(_, value)| !value.contains(KEY)));
}

#[tokio::test]
async fn client_authentication_goes_to_issuers_alone() {
    let server = Server::always(Reply::json(200, "{}")).await;
    let request = |host| {
        let mut request = Request::get(host, "/oauth2/token");
        request.extra.push(Extra::ClientBasic { client_id: "id".to_owned(), client_secret: "secret".into() });
        request
    };
    answered(server.client().send(request(Host::Issuer)).await);
    assert_eq!(server.log()[0].header("authorization"), Some("Basic aWQ6c2VjcmV0"));
    assert!(matches!(not_sent(server.client().send(request(Host::Console)).await), SendError::Invalid { .. }));
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn the_organization_is_named_except_where_that_is_refused() {
    let server = Server::always(Reply::json(200, "{}")).await;
    let without = [
        "/api/search/organizations",
        "/api/organizations",
        "/api/organizations?limit=2",
        "/api/organizations/5f0c0d3e9b1e8a0001a1b2c3",
        "/api/users/getSelf",
        "/api/v2/organizations/x/cases",
        "/api/v2/administrators/x/organizationlinks",
        "/api/v2/providers/x",
        "/api/v2/integrations/x/connectwise",
    ];
    let with =
        ["/api/systemusers", "/api/v2/usergroups", "/api/usersandmore", "/api/v2/providersother", "/api/settings"];
    for path in without.iter().chain(&with) {
        answered(server.get(path).await);
    }
    let log = server.log();
    assert!(
        log[..without.len()].iter().all(|sent| sent.header("x-org-id").is_none() && sent.header("x-api-key").is_some())
    );
    assert!(log[without.len()..].iter().all(|sent| sent.header("x-org-id") == Some(ORGANIZATION)));
}

#[tokio::test]
async fn only_exact_paths_leave() {
    let server = Server::always(Reply::json(200, "{}")).await;
    let wrong = [
        "",
        "api/x",
        "//other.example/api",
        "/api/../x",
        "/api/%2e%2e/x",
        "/api/./x",
        "/api\\x",
        "/api/a b",
        "/api/x#y",
        "/api/x\r\nx-evil: 1",
        "@other.example/",
        ":81/x",
        "/api/é",
    ];
    for path in wrong {
        assert!(matches!(not_sent(server.get(path).await), SendError::Invalid { .. }), "{path:?}");
    }
    assert!(server.log().is_empty());
    answered(server.get("/api/a%20b?filter=x%3A%24eq%3Ay").await);
}

#[tokio::test]
async fn a_refused_connection_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = url(&format!("http://{}", listener.local_addr().unwrap()));
    drop(listener);
    let error = not_sent(client(&base, |_| {}).send(post("/api/systemusers")).await);
    assert!(matches!(error, SendError::Connect { .. }));
    assert!(!chain(&error).contains("127.0.0.1:0/api"), "no url in errors: {}", chain(&error));
}

#[tokio::test]
async fn a_connection_cut_before_or_in_the_answer_is_unknown() {
    for reply in
        [Reply::nothing(), Reply::half(), Reply(b"HTTP/1.1 200 OK\r\nconte".to_vec()), Reply(b"not http".to_vec())]
    {
        let server = Server::always(reply).await;
        assert!(matches!(unknown(server.client().send(post("/api/systemusers")).await), SendError::Interrupted { .. }));
        assert_eq!(server.log().len(), 1, "a write is never sent again");
    }
}

#[tokio::test]
async fn no_answer_in_time_is_unknown() {
    // The kernel accepts the connection; nobody ever answers.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = url(&format!("http://{}", listener.local_addr().unwrap()));
    let client = client(&base, |options| options.timeout = Duration::from_millis(50));
    assert!(matches!(unknown(client.send(post("/api/systemusers")).await), SendError::TimedOut { .. }));
}

#[tokio::test]
async fn an_endless_answer_is_unknown() {
    let server = Server::always(Reply::json(200, &"x".repeat(101))).await;
    let client = server.client_with(|options| options.longest_answer = 100);
    let error = unknown(client.send(Request::get(Host::Console, "/api/x")).await);
    assert!(matches!(error, SendError::TooLong { limit: 100, status: 200, .. }));
    let server = Server::always(Reply::json(200, &"x".repeat(100))).await;
    let client = server.client_with(|options| options.longest_answer = 100);
    assert_eq!(answered(client.send(Request::get(Host::Console, "/api/x")).await).body.len(), 100);
}

#[tokio::test]
async fn an_answer_that_is_not_simulated_is_refused_by_a_sandbox() {
    let server = Server::always(Reply::new(200, &[("content-type", "application/json")], "{}")).await;
    let error = unknown(server.get("/api/systemusers").await);
    assert!(matches!(error, SendError::Mixed { simulated: false, .. }));
    assert!(error.to_string().contains("simulated and real mixed"));
}

#[test]
fn simulated_keys_and_real_hosts_do_not_mix() {
    let sandbox = || Hosts::sandbox(&url("http://127.0.0.1:8480")).unwrap();
    let bind = |key: &str, hosts| Key::bind(key.to_owned().into(), hosts, ORGANIZATION);
    assert!(matches!(bind(KEY, Hosts::of(Region::Us)), Err(KeyError::SimulatedKeyForRealHosts)));
    assert!(matches!(bind("0123456789abcdef", sandbox()), Err(KeyError::RealKeyForSandbox)));
    assert!(bind(KEY, sandbox()).is_ok() && bind("0123456789abcdef", Hosts::of(Region::Eu)).is_ok());
    for malformed in ["", "sim_ x", "sim_x\n", "sim_é"] {
        assert!(matches!(bind(malformed, sandbox()), Err(KeyError::Malformed)), "{malformed:?}");
    }
    for organization in ["", "5f0c", "5f0c0d3e9b1e8a0001a1b2cg", "5f0c0d3e9b1e8a0001a1b2c3 "] {
        assert!(matches!(Key::bind(KEY.into(), sandbox(), organization), Err(KeyError::Organization { .. })));
    }
}

#[test]
fn a_sandbox_is_at_a_loopback_literal() {
    for fine in ["http://127.0.0.1:8480", "http://127.8.9.1", "http://[::1]:1", "https://127.0.0.1"] {
        assert!(Hosts::sandbox(&url(fine)).unwrap().is_sandbox(), "{fine}");
    }
    let wrong = [
        "http://localhost:8480",
        "http://example.com",
        "http://10.0.0.1",
        "http://127.0.0.1.example.com",
        "http://0.0.0.0",
        "http://[::ffff:10.0.0.1]",
    ];
    for wrong in wrong {
        assert!(matches!(Hosts::sandbox(&url(wrong)), Err(HostError::NotLoopback { .. })), "{wrong}");
    }
    for wrong in ["http://127.0.0.1/x", "http://127.0.0.1/?x", "http://127.0.0.1/#x", "ftp://127.0.0.1"] {
        assert!(matches!(Hosts::sandbox(&url(wrong)), Err(HostError::NotABase { .. })), "{wrong}");
    }
    assert!(matches!(Hosts::sandbox(&url("http://a:b@127.0.0.1")), Err(HostError::Credentials)));
}

#[test]
fn other_hosts_must_be_https() {
    let real = Hosts::of(Region::In);
    let urls = |console: &str| HostUrls {
        console: url(console),
        issuer: real.base(Host::Issuer).clone(),
        insights: real.base(Host::Insights).clone(),
        oauth: real.base(Host::Oauth).clone(),
        callback: real.callback().clone(),
        other_callback: None,
    };
    assert!(Hosts::custom(urls("https://gateway.example.com")).is_ok_and(|hosts| !hosts.is_sandbox()));
    assert!(matches!(Hosts::custom(urls("http://console.jumpcloud.com")), Err(HostError::NotHttps { .. })));
    assert!(matches!(Hosts::custom(urls("http://127.0.0.1:1")), Err(HostError::NotHttps { .. })));
    assert!(matches!(Hosts::custom(urls("https://127.0.0.1:1")), Err(HostError::Loopback { .. })));
}

#[test]
fn every_region_has_its_hosts() {
    let hosts = |region| {
        let hosts = Hosts::of(region);
        [Host::Console, Host::Issuer, Host::Insights, Host::Oauth].map(|host| hosts.base(host).to_string()).join(" ")
            + " "
            + hosts.callback().as_str()
    };
    assert_eq!(
        hosts(Region::Us),
        "https://console.jumpcloud.com/ https://oauth.id.jumpcloud.com/ https://api.jumpcloud.com/ https://admin-oauth.id.jumpcloud.com/ https://login.jumpcloud.com/oauth/callback"
    );
    assert_eq!(
        hosts(Region::Eu),
        "https://console.eu.jumpcloud.com/ https://oauth.id.eu.jumpcloud.com/ https://api.eu.jumpcloud.com/ https://admin-oauth.id.eu.jumpcloud.com/ https://login.eu.jumpcloud.com/oauth/callback"
    );
    assert!(hosts(Region::In).contains("https://oauth.id.in.jumpcloud.com/"));
}

#[tokio::test]
async fn a_compressed_answer_is_read() {
    let zipped =
        [31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 139, 54, 212, 49, 210, 49, 142, 5, 0, 233, 179, 109, 253, 7, 0, 0, 0];
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let mut reply = Reply::simulated(200, &headers, "").0;
    let length = b"content-length: 0";
    let at = reply.windows(length.len()).position(|window| window == length).unwrap() + length.len() - 1;
    reply.splice(at..=at, zipped.len().to_string().into_bytes());
    reply.extend(zipped);
    let server = Server::always(Reply(reply)).await;
    assert_eq!(answered(server.get("/api/x").await).json(), Ok(&b"[1,2,3]"[..]));
    assert_eq!(server.log()[0].header("accept-encoding"), Some("gzip"));
}

#[tokio::test]
async fn a_sibling_is_another_organization_on_the_same_connections() {
    let server = Server::always(Reply::json(200, "{}")).await;
    let other = "61aa0d3e9b1e8a0001a1b2c3";
    let key = Key::bind("sim_other".into(), Hosts::sandbox(server.base()).unwrap(), other).unwrap();
    let sibling = server.client().sibling(key).unwrap();
    answered(sibling.send(Request::get(Host::Console, "/api/x")).await);
    let sent = &server.log()[0];
    assert_eq!((sent.header("x-api-key"), sent.header("x-org-id")), (Some("sim_other"), Some(other)));
    let real = Key::bind("0123456789abcdef".into(), Hosts::of(Region::Us), other).unwrap();
    assert!(matches!(server.client().sibling(real), Err(BuildError::Mixed)));
}
