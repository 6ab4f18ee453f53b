//! Answers as they are kept: added page by page, sorted when the question ends.

use crate::decode;
use crate::decode::{Fed, Undecoded};
use crate::live::{Known, Point, Seen, Told};
use crate::object_id::ObjectId;

/// An edge: `{"to":{"id":…}}` of associations and direct members, or `{"id":…}` of effective members. `[spec]`
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum EdgeWire {
    To { to: IdWire },
    Bare(IdWire),
}

#[derive(serde::Deserialize)]
struct IdWire {
    id: ObjectId,
}

type Slot<'a, K> = std::collections::btree_map::Entry<'a, K, Known<Vec<ObjectId>>>;

pub(super) fn edges<K: Ord>(slot: Slot<'_, K>, page: &[u8]) -> Result<Fed, Undecoded> {
    let (ids, fed) = other_ends(page)?;
    if let Ok(list) = slot.or_insert_with(|| Ok(Vec::new())) {
        list.extend(ids);
    }
    Ok(fed)
}

/// The same, where an object is asked by itself.
pub(super) fn ends(
    slot: std::collections::btree_map::Entry<'_, Point, Known<Seen>>,
    page: &[u8],
) -> Result<Fed, Undecoded> {
    let (ids, fed) = other_ends(page)?;
    let Ok(Seen::Ids(list)) = slot.or_insert_with(|| Ok(Seen::Ids(Vec::new()))) else { return Ok(fed) };
    // A server that gives the same page again would be asked for ever.
    let is_new = ids.iter().any(|id| !list.contains(id));
    list.extend(ids);
    Ok(if is_new { fed } else { Fed { rows: 0, ..fed } })
}

fn other_ends(page: &[u8]) -> Result<(Vec<ObjectId>, Fed), Undecoded> {
    let (rows, total) = decode::list::<EdgeWire>(page)?;
    let ids = rows.into_iter().map(|edge| match edge {
        EdgeWire::To { to } => to.id,
        EdgeWire::Bare(bare) => bare.id,
    });
    let ids: Vec<ObjectId> = ids.collect();
    let fed = Fed { rows: ids.len(), total };
    Ok((ids, fed))
}

pub(super) fn settle_point(map: &mut std::collections::BTreeMap<Point, Known<Seen>>, point: Point, end: Known<()>) {
    match end {
        Err(why) => drop(map.insert(point, Err(why))),
        Ok(()) if point.is_list() => drop(map.entry(point).or_insert_with(|| Ok(Seen::Ids(Vec::new())))),
        Ok(()) => {}
    }
}

pub(super) fn extend<T: serde::de::DeserializeOwned>(
    slot: &mut Option<Known<Vec<T>>>,
    page: &[u8],
    organization: impl Fn(&T) -> Option<&str>,
    pinned: &str,
) -> Result<Fed, Undecoded> {
    let (rows, total) = decode::list::<T>(page)?;
    if let Some(other) = rows.iter().filter_map(organization).find(|other| *other != pinned && !other.is_empty()) {
        return Err(Undecoded::OtherOrganization(other.into()));
    }
    let count = rows.len();
    if let Ok(list) = slot.get_or_insert_with(|| Ok(Vec::new())) {
        list.extend(rows);
    }
    Ok(Fed { rows: count, total })
}

pub(super) fn settle<T>(slot: &mut Option<Known<T>>, end: Known<()>) {
    if let Err(why) = end {
        *slot = Some(Err(why));
    }
}

pub(super) fn settle_list<T>(slot: &mut Option<Known<Vec<T>>>, end: Known<()>, id: impl Fn(&T) -> ObjectId) {
    match end {
        Err(why) => *slot = Some(Err(why)),
        Ok(()) => {
            if let Ok(list) = slot.get_or_insert_with(|| Ok(Vec::new())) {
                list.sort_by_key(&id);
                list.dedup_by_key(|row| id(row));
            }
        }
    }
}

pub(super) fn settle_ids<K: Ord>(
    map: &mut std::collections::BTreeMap<K, Known<Vec<ObjectId>>>,
    key: K,
    end: Known<()>,
) {
    let slot = map.entry(key).or_insert_with(|| Ok(Vec::new()));
    match end {
        Err(why) => *slot = Err(why),
        Ok(()) => {
            if let Ok(list) = slot {
                list.sort_unstable();
                list.dedup();
            }
        }
    }
}

/// Adds a page of a log of which so many events are wanted at most.
pub(super) fn log<E>(
    slot: &mut Known<Told<E>>,
    most: usize,
    feed: impl FnOnce(&mut Vec<E>, &[u8]) -> Result<Fed, Undecoded>,
    page: &[u8],
) -> Result<Fed, Undecoded> {
    let Ok(told) = slot else { return Ok(Fed { rows: 0, total: None }) };
    let fed = feed(&mut told.events, page)?;
    told.rows += fed.rows;
    told.is_cut = told.rows >= most;
    Ok(fed)
}

pub(super) fn settle_log<E: Ord>(slot: &mut Known<Told<E>>, end: Known<()>) {
    match end {
        Err(why) => *slot = Err(why),
        Ok(()) => {
            if let Ok(told) = slot {
                told.events.sort_unstable();
                told.events.dedup();
            }
        }
    }
}
