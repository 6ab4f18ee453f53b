//! The proxy from outside: what a program sees that knows JumpCloud by its own names and trusts one authority.
#![cfg(feature = "proxy")]
#![allow(clippy::unwrap_used, reason = "what goes wrong in a test is to end it")]

mod client;
#[path = "../common/mod.rs"]
mod common;
mod federation;

use client::{Browser, connect};
use federation::{CALLBACK, Federation, federate};
use jumpcloud_sim::{Region, World, http, proxy};
use std::net::TcpListener;

/// A simulator and its proxy.
struct Running {
    simulator: http::Handle,
    proxy: proxy::Proxy,
}

fn start(world: World) -> Running {
    let any = || TcpListener::bind("127.0.0.1:0").unwrap();
    let simulator = http::serve(any(), world, http::Options::default()).unwrap();
    let proxy = proxy::serve(any(), &simulator).unwrap();
    Running { simulator, proxy }
}

impl Running {
    fn browser(&self) -> Browser<'_> {
        Browser::new(&self.proxy)
    }
}

#[tokio::test]
async fn each_region_has_an_issuer_of_its_own_name() {
    let running = start(World::new(1));
    let mut browser = running.browser();
    for issuer in
        ["https://oauth.id.jumpcloud.com/", "https://oauth.id.eu.jumpcloud.com/", "https://oauth.id.in.jumpcloud.com/"]
    {
        let discovery = browser.get(&format!("{issuer}.well-known/openid-configuration")).await.json();
        assert_eq!(discovery["issuer"], issuer);
        assert_eq!(discovery["jwks_uri"], format!("{issuer}.well-known/jwks.json"));
        let keys = browser.get(&format!("{issuer}.well-known/jwks.json")).await.json();
        assert_eq!(keys["keys"][0]["alg"], "RS256");
    }
}

#[tokio::test]
async fn the_port_itself_goes_by_its_own_name_whatever_was_asked_through_the_proxy() {
    let running = start(World::new(1));
    let callback = || running.simulator.world().lock().unwrap().login_callback().to_owned();
    running.browser().get("https://oauth.id.eu.jumpcloud.com/.well-known/openid-configuration").await;
    assert_eq!(callback(), "https://login.eu.jumpcloud.com/oauth/callback");
    let base_url = running.simulator.base_url();
    let discovery = client::plain(running.simulator.address(), "GET /.well-known/openid-configuration HTTP/1.1").await;
    assert_eq!(discovery.json()["issuer"], format!("{base_url}/"));
    assert_eq!(callback(), format!("{base_url}/oauth/callback"));
}

#[tokio::test]
async fn nothing_but_hosts_of_the_service_is_reached() {
    let running = start(World::new(1));
    for (line, why) in [
        ("CONNECT example.com:443", "hosts of JumpCloud alone"),
        ("CONNECT jumpcloud.com:443", "hosts of JumpCloud alone"),
        ("CONNECT console.jumpcloud.com.example.com:443", "hosts of JumpCloud alone"),
        ("CONNECT 127.0.0.1:443", "hosts of JumpCloud alone"),
        ("CONNECT [::1]:443", "hosts of JumpCloud alone"),
        ("CONNECT console.jumpcloud.com:80", "port 443 alone"),
        ("GET http://console.jumpcloud.com/api/organizations", "no plain http"),
        ("GET http://example.com/", "no plain http"),
        ("GET /", "no plain http"),
    ] {
        let refusal = client::plain(running.proxy.address(), &format!("{line} HTTP/1.1")).await;
        assert_eq!(refusal.status, 403, "{line}");
        assert_eq!(refusal.header("x-fedctl-sim"), Some("1"));
        assert!(refusal.text().contains(why) && refusal.reason == refusal.text().trim_end(), "{line}: {refusal:?}");
    }
    assert_eq!(running.simulator.world().lock().unwrap().requests().len(), 0);
}

#[tokio::test]
async fn a_connection_leads_to_the_one_host_that_was_asked_for() {
    let running = start(World::new(1));
    let mut stream = connect(&running.proxy, "login.jumpcloud.com").await.unwrap();
    let elsewhere = client::exchange(&mut stream, "GET /login HTTP/1.1\r\nhost: console.jumpcloud.com", "").await;
    assert_eq!(elsewhere.status, 421);
    let mut stream = connect(&running.proxy, "login.jumpcloud.com").await.unwrap();
    let right = client::exchange(&mut stream, "GET /login HTTP/1.1\r\nhost: LOGIN.jumpcloud.com:443", "").await;
    assert_eq!(right.status, 200);
}

#[tokio::test]
async fn each_host_answers_what_is_its_own() {
    let Federation { world, primary_key } = federate(Region::Us, "https://oauth.id.jumpcloud.com");
    let running = start(world);
    let mut browser = running.browser().with_header("x-api-key", &primary_key);
    for host in ["console", "api"] {
        let found = browser.get(&format!("https://{host}.jumpcloud.com/api/organizations")).await;
        assert_eq!(found.expect(200).json()["totalCount"], 1, "{host}");
    }
    let service_account = browser.get("https://admin-oauth.id.jumpcloud.com/oauth2/token").await;
    assert_eq!(service_account.status, 404, "it takes POST");
    for url in [
        // The way to the simulator itself is not under names of the service.
        "https://console.jumpcloud.com/__sim/world",
        "https://login.jumpcloud.com/__sim/world",
        "https://oauth.id.jumpcloud.com/__sim/world",
        "https://oauth.id.jumpcloud.com/api/organizations",
        "https://login.jumpcloud.com/api/organizations",
        "https://console.jumpcloud.com/oauth2/auth",
    ] {
        assert_eq!(browser.get(url).await.status, 404, "{url}");
    }
}

#[tokio::test]
async fn what_an_organisation_has_is_known_to_the_hosts_of_its_region_alone() {
    for (value, bound) in [("true", true), ("false", false)] {
        let Federation { mut world, primary_key } = federate(Region::Eu, "https://oauth.id.jumpcloud.com");
        world.set("region-bound", value).unwrap();
        let running = start(world);
        let mut browser = running.browser().with_header("x-api-key", &primary_key);
        for (host, known) in [("console.eu", true), ("console", !bound), ("api.in", !bound)] {
            let found = browser.get(&format!("https://{host}.jumpcloud.com/api/organizations")).await;
            assert_eq!(found.status, if known { 200 } else { 401 }, "{host}");
        }
        // The account is in the US; the app, to whose issuer it is sent, is not.
        let typed = [("email", "ann@acme.com.beta")];
        let here = browser.post("https://login.jumpcloud.com/login", &typed).await.expect(302);
        let judged = browser.get(here.header("location").unwrap()).await.expect(302);
        assert_eq!(judged.header("location").unwrap().contains("error=invalid_client"), bound);
        let elsewhere = browser.post("https://login.eu.jumpcloud.com/login", &typed).await;
        assert_eq!(elsewhere.text().contains("no such account"), bound);
    }
}

#[tokio::test]
async fn a_certificate_of_no_authority_that_is_known_is_not_believed() {
    let (one, other) = (start(World::new(1)), start(World::new(1)));
    assert_ne!(one.proxy.authority(), other.proxy.authority());
    assert!(!one.proxy.authority().contains("PRIVATE"));
    let stranger = client::connect_trusting(&one.proxy, other.proxy.authority(), "console.jumpcloud.com").await;
    assert!(stranger.unwrap_err().to_string().contains("invalid peer certificate"));
    // Whoever trusts it and is led elsewhere sees that the name is another.
    let misled = client::connect_as(&one.proxy, "console.jumpcloud.com", "example.com").await;
    assert!(misled.unwrap_err().to_string().contains("not valid for name"));
}

#[tokio::test]
async fn a_person_signs_in_and_sees_names_of_the_service_alone() {
    for (region, issuer) in
        [(Region::Us, "https://oauth.id.jumpcloud.com"), (Region::Eu, "https://oauth.id.eu.jumpcloud.com/")]
    {
        let running = start(federate(region, issuer).world);
        let mut browser = running.browser();
        let end = browser.sign_in("https://login.jumpcloud.com/login", "ann@acme.com.beta", "ann@acme.com").await;
        let issuer = issuer.trim_end_matches('/');
        assert!(browser.visited[1].starts_with(&format!("{issuer}/oauth2/auth?")), "{:?}", browser.visited);
        assert!(browser.visited[2].starts_with(&format!("{issuer}/login/oauth?")), "{:?}", browser.visited);
        assert!(browser.visited.last().unwrap().starts_with(&format!("{CALLBACK}?")), "{:?}", browser.visited);
        assert!(end.contains("to Beta (SIMULATED)") && end.contains("ann@acme.com.beta"), "{end}");
        assert!(!browser.read.contains("127.0.0.1") && !browser.read.contains("http://"), "{}", browser.read);
    }
}

#[tokio::test]
async fn an_issuer_of_another_name_is_not_here() {
    let running = start(federate(Region::Us, "https://oauth.example.com").world);
    let mut browser = running.browser();
    let end = browser.post("https://login.jumpcloud.com/login", &[("email", "ann@acme.com.beta")]).await;
    assert_eq!(end.status, 502);
    assert!(end.text().contains("https://oauth.id.in.jumpcloud.com/"), "{}", end.text());
}

#[tokio::test]
async fn a_proxy_stops_with_connections_open() {
    let running = start(World::new(1));
    let mut stream = connect(&running.proxy, "login.jumpcloud.com").await.unwrap();
    let answer = client::exchange(&mut stream, "GET /login HTTP/1.1\r\nhost: login.jumpcloud.com", "").await;
    assert_eq!(answer.status, 200);
    running.proxy.stop().await.unwrap();
    running.simulator.stop().await.unwrap();
}

#[tokio::test]
async fn a_proxy_is_for_this_machine_alone() {
    let running = start(World::new(1));
    let everywhere = TcpListener::bind("0.0.0.0:0").unwrap();
    assert!(matches!(proxy::serve(everywhere, &running.simulator), Err(proxy::ProxyError::Exposed(_))));
}
