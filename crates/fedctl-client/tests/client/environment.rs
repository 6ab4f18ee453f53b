//! The environment decides nothing: no proxy comes from it.

use fedctl_client::{Client, Host, Hosts, Key, Options, Region, Request, SharedHost};

use crate::server::{ORGANIZATION, Reply, Server, alone, answered, not_sent};

#[test]
fn proxies_of_the_environment_are_ignored() {
    // Nobody listens at port 1.
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    alone("environment::behind_a_proxy_of_the_environment", &names.map(|name| (name, "http://127.0.0.1:1")));
}

#[tokio::test]
#[ignore = "run by the test above, in a process with proxies in its environment"]
async fn behind_a_proxy_of_the_environment() {
    let server = Server::always(Reply::json(200, "{}")).await;
    assert_eq!(answered(server.get("/api/x").await).status, 200);
    // The control: an ordinary client does take them.
    assert!(reqwest::get(server.base().clone()).await.is_err());
}

#[tokio::test]
async fn a_proxy_of_the_operator_is_used_and_sees_no_key() {
    let proxy = Server::always(Reply::new(502, &[], "")).await;
    let key = Key::bind("0123456789abcdef0123".into(), Hosts::of(Region::Eu), ORGANIZATION).unwrap();
    let options = Options { proxy: Some(proxy.base().clone()), ..Options::for_key(&key) };
    let shared = SharedHost::new(options.limits.host);
    let client = Client::new(key, options, shared).unwrap();
    not_sent(client.send(Request::get(Host::Console, "/api/x")).await);
    let sent = &proxy.log()[0];
    assert_eq!(sent.line, "CONNECT console.eu.jumpcloud.com:443 HTTP/1.1");
    assert!(sent.header("x-api-key").is_none());
}
