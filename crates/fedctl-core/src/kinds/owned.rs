//! How an object that stands in a place of the federation comes to be ours: by our mark, or by the spec's word.

use crate::address::Address;
use crate::kinds::context::Builder;
use crate::live::{Confirmed, Doubt};
use crate::mark::{self, ObjectMark, ObjectRole, Origin};
use crate::object_id::ObjectId;
use crate::plan::action::{Because, Change, Field};
use crate::plan::guard::{Guard, Refusal};
use crate::plan::{Action, Verb};
use crate::planted::planted;
use crate::spec::Spec;

/// How an object is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owned {
    /// Made by us, or taken over.
    pub origin: Origin,
    /// What its mark says.
    pub mark: MarkState,
}

/// What the mark of an object that is ours says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkState {
    /// What it is to say.
    Right,
    /// A name that the federation had before.
    OldName,
    /// There is none yet: this plan takes the object over.
    Missing,
    /// Somebody took it out, and what is ours refers to the object.
    Lost,
}

impl Owned {
    /// Of an object with a mark.
    pub fn by(mark: ObjectMark<'_>, spec: &Spec) -> Self {
        let is_right = mark.federation == spec.federation.as_str();
        Self { origin: mark.origin, mark: if is_right { MarkState::Right } else { MarkState::OldName } }
    }

    /// Of an object that the spec takes over now.
    pub const ADOPTING: Self = Self { origin: Origin::Adopted, mark: MarkState::Missing };

    /// Of an object whose mark somebody took out. It may have been made by hand, so fedctl takes back only what it added.
    pub const LOST: Self = Self { origin: Origin::Adopted, mark: MarkState::Lost };

    /// What is done to give the object its mark and its other fields, and why.
    pub fn verb(self) -> (Verb, Because) {
        match self.mark {
            MarkState::Right => (Verb::Update, Because::Differs),
            MarkState::OldName => (Verb::Update, Because::Renamed),
            MarkState::Lost => (Verb::Update, Because::MarkLost),
            MarkState::Missing => (Verb::Adopt, Because::Adopted),
        }
    }

    /// The change that gives a description its mark, if it has another one or none.
    pub fn description(self, spec: &Spec, role: ObjectRole, before: &str) -> Option<Change> {
        let line = mark::line(spec.federation.as_str(), role, self.origin);
        let after = mark::marked(before, &spec.names(), role, &line);
        (after != before).then(|| changed("description", before, &after))
    }

    /// The change of a name or label. What somebody else made keeps the one it has, and a name that an answer leaves out
    /// is not one that somebody changed: everything has a name.
    pub fn name(self, key: &'static str, before: &str, desired: &str) -> Option<Change> {
        (self.origin == Origin::Created && !before.is_empty() && before != desired)
            .then(|| changed(key, before, desired))
    }

    /// What is said of a name that is left as it is.
    pub fn kept_name(self, before: &str, desired: &str) -> Option<String> {
        (self.origin == Origin::Adopted && before != desired).then(|| {
            format!("its name is `{before}`, and the spec says `{desired}`; it was made by hand, so that stays")
        })
    }
}

/// A change of a text. `[observed]`: a text that is not set is empty.
pub(crate) fn changed(key: &'static str, before: &str, after: &str) -> Change {
    let field = Field::Key(key);
    if before.is_empty() { Change::new(field, after) } else { Change::of(field, before, after) }
}

/// What stands in a place of ours and is not ours.
pub(crate) struct Foreign<'a> {
    /// What it is, in words.
    pub(crate) what: &'a str,
    /// Its name.
    pub(crate) name: &'a str,
    /// Its id.
    pub(crate) id: ObjectId,
    /// Its description.
    pub(crate) description: &'a str,
    /// The word under `adopt.objects` that takes it over; empty if none does.
    pub(crate) adopt: &'static str,
}

impl Foreign<'_> {
    /// Whether it carries the mark of another federation: then nobody takes it over.
    pub(crate) fn is_of_another(&self) -> bool {
        mark::federation_of(self.description).is_some()
    }

    /// The refusal.
    pub(crate) fn refusal(&self, address: &Address) -> Refusal {
        let Foreign { what, name, id, .. } = self;
        if let Some(federation) = mark::federation_of(self.description) {
            return Refusal::new(
                Guard::Foreign,
                address,
                format!("the {what} `{name}` ({id}) stands in its place and belongs to federation `{federation}`"),
                format!(
                    "if this federation had that name before, add `formerly: [{federation}]`; else choose other names in the spec"
                ),
            );
        }
        let way_out = if self.adopt.is_empty() {
            "choose another name in the spec, or rename that one".to_owned()
        } else {
            format!(
                "take it over with `adopt: {{objects: [{}]}}`, or choose another name in the spec, or rename that one",
                self.adopt
            )
        };
        let why = format!("the {what} `{name}` ({id}) stands in its place and does not carry our mark");
        Refusal::new(Guard::Foreign, address, why, way_out)
    }
}

/// Two objects of which only one can be meant.
pub(crate) fn ambiguous(address: &Address, what: &str, one: ObjectId, two: ObjectId) -> Refusal {
    Refusal::new(
        Guard::Ambiguous,
        address,
        format!("two {what} can be meant, and both are in use: {one} and {two}"),
        "remove or rename one of them in the console, or take the mark out of its description",
    )
}

/// Whether an object that nobody uses says that we took it over. We never make one that says so: somebody copied it.
pub(crate) fn is_copy(description: &str, spec: &Spec, role: ObjectRole) -> bool {
    mark::find(description, &spec.names(), role).is_some_and(|mark| mark.origin == Origin::Adopted)
}

/// What is said of such a copy.
pub(crate) const COPY: &str =
    "it says that it was taken over, and another one was; nobody uses it, and it was made by hand, so it is left";

/// An object of ours that a list proposes to remove, and what it says by itself.
#[derive(Debug, Clone)]
pub struct Proposed<'a, T, R> {
    /// The object.
    pub object: &'a T,
    /// What was confirmed, or why it was not; `None` while nobody asked.
    pub verdict: Option<Result<Confirmed<R>, Doubt>>,
}

impl<'a, T, R: Copy> Proposed<'a, T, R> {
    pub(crate) fn of(object: &'a T) -> Self {
        Self { object, verdict: None }
    }

    /// Plans the removal, if it was confirmed; else says why it is left for now.
    pub(crate) fn plan(
        &self,
        plan: &mut Builder,
        target: Address,
        remove: impl FnOnce(Address, &'a T, Confirmed<R>) -> Action,
    ) {
        match self.verdict {
            Some(Ok(confirmed)) => plan.act(remove(target, self.object, confirmed)),
            Some(Err(doubt)) => plan.note(target, format!("it is not removed now: {}", doubt.as_str())),
            None => {}
        }
    }
}

/// The object that is kept, and the others.
pub(crate) type Kept<'a, T> = (Option<&'a T>, Vec<&'a T>);

/// Of several objects with one mark the one to keep: the one in use, else the one with the smallest id. `Err` if several
/// are in use.
pub(crate) fn keep<T>(
    mut objects: Vec<&T>,
    id: impl Fn(&T) -> ObjectId,
    in_use: impl Fn(&T) -> bool,
) -> Result<Kept<'_, T>, (ObjectId, ObjectId)> {
    objects.sort_by_key(|object| id(object));
    let used: Vec<usize> = (0..objects.len()).filter(|at| in_use(objects[*at])).collect();
    match used[..] {
        [one, two, ..] => Err((id(objects[one]), id(objects[two]))),
        _ if objects.is_empty() => Ok((None, objects)),
        [] => Ok((Some(objects.remove(0)), objects)),
        [at] => Ok((
            Some(objects.remove(planted!(WrongDuplicate => usize::from(at == 0 && objects.len() > 1), at))),
            objects,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_the_one_in_use_is_kept_and_two_in_use_are_an_error() {
        let ids: Vec<ObjectId> = (1..4).filter_map(|number| ObjectId::parse(&format!("{number:024x}"))).collect();
        let kept = |used: &[usize]| {
            keep(ids.iter().rev().collect(), |id| *id, |id| used.iter().any(|at| ids[*at] == *id))
                .map(|(kept, others)| (kept.copied(), others.len()))
        };
        assert_eq!(kept(&[]), Ok((Some(ids[0]), 2)));
        assert_eq!(kept(&[2]), Ok((Some(ids[2]), 2)));
        assert_eq!(kept(&[0, 2]), Err((ids[0], ids[2])));
    }
}
