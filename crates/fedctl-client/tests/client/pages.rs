//! Lists that are whole, short, shrinking, or not what they say.

use std::collections::BTreeSet;

use fedctl_client::{Host, Listing, PageCount, Request, Totals, Window, count, end_of_list};

use crate::server::{Received, Reply, Server, answered};

/// A list of `records`, of which a page has at most `most`, and which says it has `total`.
fn slice(sent: &Received, records: usize, most: usize) -> String {
    let skip = sent.number("skip").min(records);
    let end = (skip + sent.number("limit").min(most)).min(records);
    (skip..end).map(|number| number.to_string()).collect::<Vec<_>>().join(",")
}

async fn v1(records: usize, most: usize, total: u64) -> Server {
    Server::start(move |sent| {
        Reply::json(200, &format!(r#"{{"totalCount":{total},"results":[{}]}}"#, slice(sent, records, most)))
    })
    .await
}

async fn v2(records: usize) -> Server {
    Server::start(move |sent| Reply::json(200, &format!("[{}]", slice(sent, records, 100)))).await
}

fn ask(window: Window) -> Request {
    Request::get(Host::Console, format!("/api/x?sort=_id&skip={}&limit={}", window.skip, window.limit))
}

/// Reads a list to its end: which pages came, and what they said.
async fn read(mut list: Listing<'_>) -> (BTreeSet<usize>, Totals) {
    let mut indices = BTreeSet::new();
    while let Some(page) = list.next().await {
        assert!(indices.insert(page.index));
    }
    (indices, list.totals())
}

fn totals(total: Option<u64>, returned: usize) -> Totals {
    Totals { first: total, last: total, returned, failed: false }
}

#[tokio::test]
async fn a_list_with_a_total_is_read_together() {
    let server = v1(95, 100, 95).await;
    let (pages, said) = read(server.client().list(10, ask)).await;
    assert_eq!((pages.len(), said), (10, totals(Some(95), 95)));
}

#[tokio::test]
async fn a_list_without_a_total_ends_at_a_short_page() {
    let server = v2(25).await;
    assert_eq!(read(server.client().list(10, ask)).await.1, totals(None, 25));
    assert_eq!(server.log().len(), 3);
    let server = v2(20).await;
    assert_eq!(read(server.client().list(10, ask)).await.1, totals(None, 20));
    assert_eq!(server.log().len(), 3, "a full page is never the end");
    let server = v2(0).await;
    assert_eq!(read(server.client().list(10, ask)).await.1, totals(None, 0));
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn a_total_that_is_too_low_hides_nothing() {
    let server = v1(57, 100, 20).await;
    assert_eq!(read(server.client().list(10, ask)).await.1, totals(Some(20), 57));
}

#[tokio::test]
async fn a_total_that_is_too_high_ends_at_an_empty_page() {
    let server = v1(57, 100, u64::MAX / 2).await;
    assert_eq!(read(server.client().list(10, ask)).await.1.returned, 57);
    assert!(server.log().len() <= 6 + 17, "{}", server.log().len());
}

#[tokio::test]
async fn a_service_that_gives_less_than_asked_is_not_skipped_over() {
    let server = v1(23, 5, 23).await;
    assert_eq!(read(server.client().list(10, ask)).await.1, totals(Some(23), 23));
}

#[tokio::test]
async fn a_failed_page_is_given_and_ends_the_list() {
    let server = Server::start(|sent| match sent.number("skip") {
        0 => Reply::json(200, r#"{"totalCount":5000,"results":[1,2]}"#),
        _ => Reply::json(404, r#"{"message":"Not Found"}"#),
    })
    .await;
    let (pages, said) = read(server.client().list(2, ask)).await;
    assert!(said.failed && pages.len() <= 17, "{pages:?}");
    let server = Server::always(Reply::json(200, r#"{"no":"list"}"#)).await;
    let mut list = server.client().list(2, ask);
    assert!(list.next().await.unwrap().count.unwrap().is_err());
    assert!(list.next().await.is_none());
}

#[tokio::test]
async fn a_caller_may_send_while_pages_are_in_flight() {
    let server = v1(400, 100, 400).await;
    let client = server.client_with(|options| options.limits.organization.in_flight = 1);
    let mut list = client.list(10, ask);
    while list.next().await.is_some() {
        answered(client.send(Request::get(Host::Console, "/api/x?skip=0&limit=1")).await);
    }
    assert_eq!(list.totals().returned, 400);
}

#[tokio::test]
async fn records_are_counted_in_every_shape() {
    let of = async |headers: &[(&str, &str)], body: &str| {
        let headers = [headers, &[("content-type", "application/json")]].concat();
        let server = Server::always(Reply::simulated(200, &headers, body)).await;
        count(&answered(server.get("/api/x").await)).ok()
    };
    let page = |returned, total| Some(PageCount { returned, total });
    assert_eq!(of(&[], r#"[{"a":[1,2]},{},3]"#).await, page(3, None));
    assert_eq!(of(&[("x-total-count", "9")], "[]").await, page(0, Some(9)));
    assert_eq!(of(&[], r#"{"totalCount":2,"results":[{"tags":["x"]}],"more":[1,2]}"#).await, page(1, Some(2)));
    assert_eq!(
        of(&[], r#"{"identityProviders":[{"a":1}],"totalCount":1,"x":null,"y":-1,"z":"t","b":{"c":[]}}"#).await,
        page(1, Some(1))
    );
    assert_eq!(of(&[], r#"{"results":null,"totalCount":0}"#).await, page(0, Some(0)));
    for no_list in ["{}", "7", r#"{"a":[],"b":[]}"#, "[", ""] {
        assert_eq!(of(&[], no_list).await, None, "{no_list}");
    }
}

#[test]
fn a_short_page_is_the_end() {
    assert!(end_of_list(0, 10) && end_of_list(9, 10) && !end_of_list(10, 10) && !end_of_list(11, 10));
}
