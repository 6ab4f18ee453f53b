//! What is asked, and what single answers mean for it.

use std::collections::BTreeMap;

use serde_json::Value;
use zeroize::Zeroizing;

use super::settle::{ends, extend, settle_list, settle_point};
use super::*;
use crate::live::PAGE;
use crate::object_id::ObjectId;

fn id(last: u8) -> ObjectId {
    ObjectId::parse(&format!("65000000000000000000{last:04x}")).unwrap()
}

fn reader() -> Reader {
    let text = "version: 1\nfederation: f\nprimary: {organization: 650000000000000000000001, credentials: a}\n\
                secondary: {organization: 650000000000000000000002, credentials: b}\npeople: {from: {groups: [G]}}\n";
    Reader::new(&crate::spec::parse(text).spec.unwrap())
}

fn answer(status: u16, body: &str) -> Answer {
    let body = Zeroizing::new(body.as_bytes().to_vec());
    Answer { status, body, total: None, date: None, retry_after: None, said: None }
}

fn body(ask: &crate::request::Ask) -> Value {
    serde_json::from_slice(&ask.request().body.as_ref().unwrap().1).unwrap()
}

#[test]
fn a_search_says_where_it_begins_how_much_it_wants_and_of_whom() {
    let page = body(&ask(&Query::Users(Org::Primary, Scope::Everybody), 200));
    assert_eq!((&page["skip"], &page["limit"], page.get("filter")), (&200.into(), &PAGE.into(), None));
    let count = body(&ask(&Query::UserCount(Org::Primary), 0));
    assert_eq!((&count["limit"], &count["fields"]), (&1.into(), &"_id".into()), "nobody is read to be counted");
    let look = body(&search_by_ids(Org::Secondary, &[id(7)]));
    let fields: Vec<&str> = look["fields"].as_str().unwrap().split(' ').collect();
    assert!(fields.contains(&"restrictedFields") && !fields.contains(&"mfa"), "{fields:?}");
    assert!(fields.len() < page["fields"].as_str().unwrap().split(' ').count(), "a look shows less than a list");
    let look = body(&search_by_email(Org::Secondary, "ann@acme.com"));
    assert_eq!(look["filter"]["or"][0]["email"], "ann@acme.com");
}

#[test]
fn what_is_asked_of_one_object_is_one_request_but_where_it_is_a_list() {
    let fetched = |point| reader().fetch(&Query::Point(point));
    assert!(matches!(fetched(Point::User(Org::Primary, id(1))), Fetch::One(_)));
    assert!(matches!(fetched(Point::MemberOf(Org::Primary, id(1))), Fetch::Pages));
}

#[test]
fn a_refusal_of_one_object_says_that_there_is_none_and_one_of_a_list_does_not() {
    const PAGE_FOR_PEOPLE: &str = " <html>We are down</html>";
    let (user, members) = (Point::User(Org::Primary, id(1)), Point::MemberOf(Org::Primary, id(1)));
    let nothing = Ok(Took::Page(Fed { rows: 0, total: None }));
    let taken = |point: Point, status: u16, body: &str| {
        let mut reader = reader();
        let took = reader.take(&Query::Point(point), &answer(status, body));
        let is_nothing = reader.live().points.get(&point) == Some(&Ok(Seen::Nothing));
        assert_eq!(is_nothing, took == nothing, "{took:?}");
        took
    };
    assert_eq!(taken(user, 404, "{}"), nothing);
    assert_eq!(taken(user, 404, PAGE_FOR_PEOPLE), Ok(Took::Unknown(Why::NotFound)));
    assert_eq!(taken(members, 404, "{}"), Ok(Took::Unknown(Why::NotFound)));
    assert_eq!(taken(user, 200, " "), nothing);
    let refused = taken(members, 200, "").unwrap_err().to_string();
    assert!(refused.ends_with(": an empty body"), "{refused}");
    let refused = taken(members, 500, "").unwrap_err().to_string();
    assert!(refused.contains("500") && !refused.ends_with("an empty body"), "{refused}");
}

#[test]
fn a_key_that_opens_the_organisation_on_any_page_opens_it() {
    let mut reader = reader();
    let query = Query::Organization(Org::Primary);
    let page = |id: &str| answer(200, &format!(r#"{{"results":[{{"_id":"{id}"}}],"totalCount":2}}"#));
    let mut opens = |id: &str| {
        reader.take(&query, &page(id)).unwrap();
        reader.live().organizations[0] == Some(Ok(true))
    };
    assert!(!opens("650000000000000000000009") && opens("650000000000000000000001"));
    assert!(opens("650000000000000000000009"), "it stays so");
}

#[test]
fn a_page_that_comes_twice_is_the_last() {
    let point = Point::MemberOf(Org::Primary, id(1));
    let mut points = BTreeMap::new();
    let page = format!(r#"[{{"id":"{}"}},{{"id":"{}"}}]"#, id(2), id(3));
    let rows: Vec<usize> = (0..2).map(|_| ends(points.entry(point), page.as_bytes()).unwrap().rows).collect();
    assert_eq!(rows, [2, 0]);
}

#[test]
fn a_list_of_one_object_that_was_never_shown_is_empty_and_an_object_is_unknown() {
    let mut points = BTreeMap::new();
    let (user, members) = (Point::User(Org::Primary, id(1)), Point::MemberOf(Org::Primary, id(1)));
    for point in [user, members] {
        settle_point(&mut points, point, Ok(()));
    }
    assert_eq!((points.get(&user), points.get(&members)), (None, Some(&Ok(Seen::Ids(Vec::new())))));
}

#[test]
fn a_list_is_of_the_pinned_organisation_and_each_object_is_in_it_once_in_order() {
    let group = |last: u8, organization: &str| {
        format!(r#"{{"id":"{}","name":"g","organizationObjectId":"{organization}"}}"#, id(last))
    };
    let of = |group: &user_group::wire::Group| group.id;
    let mut slot = None;
    let mut feed = |rows: &[String]| {
        let page = format!("[{}]", rows.join(","));
        extend(&mut slot, page.as_bytes(), |group: &user_group::wire::Group| group.organization.as_deref(), "ours")
    };
    assert!(feed(&[group(3, "ours"), group(2, "")]).is_ok(), "one that does not say is ours");
    assert!(feed(&[group(4, "theirs")]).is_err());
    assert!(feed(&[group(1, "ours"), group(3, "ours")]).is_ok());
    settle_list(&mut slot, Ok(()), of);
    let ids: Vec<ObjectId> = slot.unwrap().unwrap().iter().map(of).collect();
    assert_eq!(ids, [id(1), id(2), id(3)]);
}
