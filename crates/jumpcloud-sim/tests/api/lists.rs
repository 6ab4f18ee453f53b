//! Lists against a model of them that knows nothing of the simulator: what passes, in which order, on which page.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::{Request, World};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::{Client, text, with_client};

/// Fields that are texts for everybody.
const FIELDS: [&str; 4] = ["email", "username", "department", "location"];
const WORDS: [&str; 8] = ["", "IT", "it", "Sales", "Sal", "a|b", "2", "10"];

/// A user of the model: the fields above, and the id.
type Row = BTreeMap<String, String>;

fn organization(people: &[(usize, usize)]) -> (World, String, Vec<Row>) {
    let Pair { mut world, primary_key, .. } = fixture::pair(1);
    let rows = people.iter().enumerate().map(|(number, (department, location))| {
        let mut row: Row = [("department", WORDS[*department]), ("location", WORDS[*location])]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        row.insert("email".to_owned(), format!("p{number}@acme.com"));
        row.insert("username".to_owned(), format!("P{}", number * 7 % 30));
        let mut client = Client { world: &mut world, key: &primary_key };
        let made = client.post("/api/systemusers", &json!(row));
        assert_eq!(made.status, 200, "{}", made.json());
        row.insert("_id".to_owned(), text(&made.json(), "_id"));
        row
    });
    let rows = rows.collect();
    (world, primary_key, rows)
}

/// A comparison, as the grammar writes it.
#[derive(Debug, Clone)]
struct Test {
    field: &'static str,
    op: &'static str,
    values: Vec<&'static str>,
}

impl Test {
    fn written(&self) -> String {
        let bars = |value: &&str| value.replace('|', "\\|");
        let one = |value: &&str| (*value).to_owned();
        let takes_many = !matches!(self.op, "eq" | "ne" | "gt" | "gte" | "lt" | "lte");
        let values: Vec<String> =
            self.values.iter().map(|value| if takes_many { bars(value) } else { one(value) }).collect();
        format!("{}:${}:{}", self.field, self.op, values.join("|"))
    }

    fn holds(&self, row: &Row) -> bool {
        let have = &row[self.field];
        let any = |passes: &dyn Fn(&str) -> bool| self.values.iter().any(|value| passes(value));
        match self.op {
            "eq" | "in" => any(&|value| have == value),
            "ne" | "nin" => !any(&|value| have == value),
            "gt" => any(&|value| compare(have, value) == Ordering::Greater),
            "gte" => any(&|value| compare(have, value) != Ordering::Less),
            "lt" => any(&|value| compare(have, value) == Ordering::Less),
            "lte" => any(&|value| compare(have, value) != Ordering::Greater),
            "sw" => any(&|value| have.starts_with(value)),
            "ew" => any(&|value| have.ends_with(value)),
            "co" => any(&|value| have.contains(value)),
            "nco" => !any(&|value| have.contains(value)),
            other => panic!("no operator {other}"),
        }
    }
}

/// Numbers as numbers, all else as text.
fn compare(one: &str, other: &str) -> Ordering {
    match (one.parse::<i64>(), other.parse::<i64>()) {
        (Ok(one), Ok(other)) => one.cmp(&other),
        _ => one.cmp(other),
    }
}

fn test() -> impl Strategy<Value = Test> {
    let single = (prop::sample::select(&["eq", "ne", "gt", "gte", "lt", "lte"][..]), 1..2_usize);
    let many = (prop::sample::select(&["in", "nin", "sw", "ew", "co", "nco"][..]), 1..3_usize);
    (prop::sample::select(&FIELDS[..]), prop_oneof![single, many]).prop_flat_map(|(field, (op, count))| {
        let values = prop::collection::vec(prop::sample::select(&WORDS[..]), count);
        values.prop_map(move |values| Test { field, op, values })
    })
}

/// What is asked of a list.
#[derive(Debug, Clone)]
struct Asked {
    all: Vec<Test>,
    one: Vec<Test>,
    sort: Vec<(&'static str, bool)>,
    skip: usize,
    limit: usize,
}

impl Asked {
    fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (at, test) in self.all.iter().enumerate() {
            query.append_pair(&format!("filter[{at}]"), &test.written());
        }
        for (at, test) in self.one.iter().enumerate() {
            query.append_pair(&format!("filter[or][{at}]"), &test.written());
        }
        query.append_pair("sort", &self.sort());
        query.append_pair("skip", &self.skip.to_string()).append_pair("limit", &self.limit.to_string());
        query.finish()
    }

    /// The same, as the body of a search.
    fn body(&self) -> Value {
        let written = |tests: &[Test]| tests.iter().map(Test::written).collect::<Vec<_>>();
        let mut filter = json!({"and": written(&self.all)});
        if !self.one.is_empty() {
            filter["or"] = json!(written(&self.one));
        }
        json!({"filter": filter, "sort": self.sort(), "skip": self.skip, "limit": self.limit})
    }

    fn sort(&self) -> String {
        let name = |(name, descends): &(&str, bool)| format!("{}{name}", if *descends { "-" } else { "" });
        self.sort.iter().map(name).collect::<Vec<_>>().join(" ")
    }

    /// How many there are, and the addresses of the page.
    fn expected(&self, rows: &[Row]) -> (usize, Vec<String>) {
        let passes = |row: &&Row| {
            self.all.iter().all(|test| test.holds(row))
                && (self.one.is_empty() || self.one.iter().any(|test| test.holds(row)))
        };
        let mut passing: Vec<&Row> = rows.iter().filter(passes).collect();
        passing.sort_by(|a, b| {
            let by_name = self.sort.iter().map(|(name, descends)| {
                let ascending = compare(&a[*name], &b[*name]);
                if *descends { ascending.reverse() } else { ascending }
            });
            by_name.fold(Ordering::Equal, Ordering::then).then_with(|| a["_id"].cmp(&b["_id"]))
        });
        let page = passing.iter().skip(self.skip).take(self.limit).map(|row| row["email"].clone());
        (passing.len(), page.collect())
    }
}

fn asked() -> impl Strategy<Value = Asked> {
    let all = prop::collection::vec(test(), 0..3);
    let one = prop::collection::vec(test(), 0..3);
    let sort = prop::collection::vec((prop::sample::select(&FIELDS[..]), any::<bool>()), 0..3);
    (all, one, sort, 0..12_usize, 1..12_usize).prop_map(|(all, one, sort, skip, limit)| Asked {
        all,
        one,
        sort,
        skip,
        limit,
    })
}

fn found(list: &Value) -> (usize, Vec<String>) {
    let emails = list["results"].as_array().expect("a list").iter().map(|row| text(row, "email")).collect();
    (list["totalCount"].as_u64().and_then(|total| total.try_into().ok()).expect("a total"), emails)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lists_and_searches_find_what_a_plain_model_finds(
        people in prop::collection::vec((0..WORDS.len(), 0..WORDS.len()), 0..25),
        asked in prop::collection::vec(asked(), 1..6),
    ) {
        let (mut world, key, rows) = organization(&people);
        for asked in asked {
            let listed = Request::api("GET", &format!("/api/systemusers?{}", asked.query()))
                .with_header("x-api-key", &key)
                .with_header("x-eventually-consistent", "true");
            let searched =
                Request::api("POST", "/api/search/systemusers").with_header("x-api-key", &key).with_json(&asked.body());
            for request in [listed, searched] {
                let answer = world.answer(&request);
                prop_assert_eq!(answer.status, 200, "{}", answer.json());
                prop_assert_eq!(found(&answer.json()), asked.expected(&rows), "{} {:?}", request.method, asked);
            }
        }
    }
}

#[test]
fn a_page_past_the_end_is_empty_and_still_says_how_many_there_are() {
    with_client(|client| {
        client.post("/api/v2/usergroups", &json!({"name": "Contractors"}));
        let users = client.get("/api/systemusers?skip=100");
        assert_eq!((users.status, users.json()), (200, json!({"totalCount": 0, "results": []})));
        let groups = client.get("/api/v2/usergroups?skip=100");
        assert_eq!((groups.status, groups.json()), (200, json!([])));
        assert_eq!(groups.header("x-total-count"), Some("2"));
    });
}

#[test]
fn organisations_are_a_list_like_any_other() {
    let Pair { mut world, primary, secondary, .. } = fixture::pair(1);
    let key = world.add_key(&[primary, secondary]);
    let mut client = Client { world: &mut world, key: &key };
    let mut names = |query: &str| -> Vec<String> {
        let list = client.get(&format!("/api/organizations?{query}")).json();
        list["results"].as_array().expect("a list").iter().map(|row| text(row, "displayName")).collect()
    };
    let all = names("sort=displayName");
    assert_eq!(all.len(), 2);
    assert_eq!(names("sort=-displayName"), all.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(names("sortIgnoreCase=-displayName"), all.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(names(&format!("search[fields]=displayName&search[searchTerm]={}", all[0].to_uppercase())), all[..1]);
    let rows = client.get("/api/organizations?fields=displayName").json();
    assert_eq!(rows["results"][0].as_object().map(serde_json::Map::len), Some(3), "two ids and the name: {rows}");
}

#[test]
fn a_sort_takes_case_into_account_unless_it_is_told_not_to() {
    with_client(|client| {
        for (number, name) in ["b", "C", "a"].iter().enumerate() {
            client.post("/api/systemusers", &json!({"email": format!("{number}@acme.com"), "username": name}));
        }
        let mut names = |query: &str| -> Vec<String> {
            let list = client.get(&format!("/api/systemusers?{query}")).json();
            list["results"].as_array().expect("a list").iter().map(|row| text(row, "username")).collect()
        };
        assert_eq!(names("sort=username"), ["C", "a", "b"]);
        assert_eq!(names("sortIgnoreCase=username"), ["a", "b", "C"]);
    });
}
