//! Marks: what proves that an object is ours. There is no state file; losing every local file loses nothing.

use std::fmt;

use crate::object_id::ObjectId;

/// The custom attribute that carries the mark of a secondary account.
pub const USER_ATTRIBUTE: &str = "fedctl";

/// The custom attribute by which the rule of a routing group finds its accounts; its value is the federation's name.
pub const ROUTE_ATTRIBUTE: &str = "fedctlRoute";

const PREFIX: &str = "managed by fedctl: ";
/// What stands behind the mark of an object that somebody else made.
const ADOPTED: &str = ", adopted";
/// What stands there of an app that took the place of another.
const GENERATION: &str = ", generation ";
/// What stands there of an app that another took the place of.
const RETIRED: &str = ", retired";

/// What an object with a description is for, within its federation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectRole {
    /// The group of the secondary organisation whose members are routed.
    RoutingGroup,
    /// The group of the primary organisation for people who are named by e-mail.
    AccessGroup,
    /// The OIDC app.
    App,
    /// The routing policy.
    Policy,
}

impl ObjectRole {
    fn as_str(self) -> &'static str {
        match self {
            ObjectRole::RoutingGroup => "routing-group",
            ObjectRole::AccessGroup => "access-group",
            ObjectRole::App => "app",
            ObjectRole::Policy => "policy",
        }
    }
}

/// How an object carries a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectMark<'n> {
    /// The federation, by the name it has or had.
    pub federation: &'n str,
    /// Made by us, or taken over.
    pub origin: Origin,
    /// Of an app: which of those that followed each other; the first is 1.
    pub generation: u32,
    /// Of an app: it was made inactive when another took its place.
    pub retired: Option<Retired>,
}

/// That an app was made inactive when another took its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Retired {
    /// The day in UTC, where a clock of the service was seen.
    pub on: Option<jiff::civil::Date>,
}

/// What stands behind the role of an app that is not the first of its federation, or that was made inactive.
pub fn of_app(generation: u32, retired: Option<Retired>) -> String {
    let number = if generation > 1 { format!("{GENERATION}{generation}") } else { String::new() };
    match retired {
        None => number,
        Some(Retired { on: None }) => format!("{number}{RETIRED}"),
        Some(Retired { on: Some(day) }) => format!("{number}{RETIRED} {day}"),
    }
}

/// The line that marks a group, an app or a policy.
pub fn line(federation: &str, role: ObjectRole, origin: Origin) -> String {
    let origin = match origin {
        Origin::Created => "",
        Origin::Adopted => ADOPTED,
    };
    format!("{PREFIX}{federation}/{}{origin}", role.as_str())
}

/// The mark that a description carries for this role on a line of its own, of whichever of these federations.
pub fn find<'n>(description: &str, federations: &[&'n str], role: ObjectRole) -> Option<ObjectMark<'n>> {
    description.lines().find_map(|written| mark_of_line(written, federations, role))
}

/// A description with this mark: in the place of one of these federations for this role, else behind what stands there.
pub fn marked(description: &str, federations: &[&str], role: ObjectRole, line: &str) -> String {
    let mut lines: Vec<&str> = description.lines().collect();
    let at = lines.iter().position(|written| mark_of_line(written, federations, role).is_some());
    let mark = at.and_then(|at| mark_of_line(lines[at], federations, role));
    let line = match mark {
        // Which of several apps it is stays.
        Some(mark)
            if role == ObjectRole::App && mark_of_line(line, federations, role).is_some_and(|new| new.is_plain()) =>
        {
            format!("{line}{}", of_app(mark.generation, mark.retired))
        }
        Some(_) | None => line.to_owned(),
    };
    match at {
        Some(at) => lines[at] = &line,
        None => lines.push(&line),
    }
    lines.join("\n")
}

/// A description without the mark of these federations for this role; whatever else stands there stays.
pub fn unmarked(description: &str, federations: &[&str], role: ObjectRole) -> String {
    let is_ours = |line: &&str| mark_of_line(line, federations, role).is_some();
    description.lines().filter(|line| !is_ours(line)).collect::<Vec<_>>().join("\n")
}

/// A label that carries the mark, where the kind keeps no description.
pub fn in_label(label: &str, line: &str) -> String {
    format!("{label} [{line}]")
}

/// What of a label is a mark.
pub fn of_label(label: &str) -> Option<&str> {
    let inner = label.strip_suffix(']')?;
    inner.rfind(PREFIX).filter(|at| inner[..*at].ends_with(" [")).map(|at| &inner[at..])
}

/// The federation whose mark a description carries, whatever its role.
pub fn federation_of(description: &str) -> Option<&str> {
    description.lines().find_map(|written| written.trim().strip_prefix(PREFIX)?.split_once('/').map(|(name, _)| name))
}

fn mark_of_line<'n>(written: &str, federations: &[&'n str], role: ObjectRole) -> Option<ObjectMark<'n>> {
    let rest = written.trim().strip_prefix(PREFIX)?;
    let (federation, rest) = rest.split_once('/')?;
    let rest = rest.strip_prefix(role.as_str())?;
    let (origin, rest) = match rest.strip_prefix(ADOPTED) {
        Some(rest) => (Origin::Adopted, rest),
        None => (Origin::Created, rest),
    };
    let (generation, retired) = behind(rest).filter(|behind| role == ObjectRole::App || *behind == (1, None))?;
    let federation = federations.iter().find(|name| **name == federation)?;
    Some(ObjectMark { federation, origin, generation, retired })
}

/// Which app it is of those that followed each other, and whether another took its place.
fn behind(rest: &str) -> Option<(u32, Option<Retired>)> {
    let (number, retired) = match rest.split_once(RETIRED) {
        None => (rest, None),
        Some((number, "")) => (number, Some(Retired { on: None })),
        Some((number, day)) => (number, Some(Retired { on: Some(day.strip_prefix(' ')?.parse().ok()?) })),
    };
    let generation = match number {
        "" => 1,
        number => number.strip_prefix(GENERATION)?.parse().ok().filter(|number| *number > 1)?,
    };
    Some((generation, retired))
}

impl ObjectMark<'_> {
    /// Whether it says nothing but whose it is.
    fn is_plain(&self) -> bool {
        self.generation == 1 && self.retired.is_none()
    }
}

/// How a marked object or account came under management.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// fedctl made it.
    Created,
    /// Somebody else made it, and the spec took it over by name.
    Adopted,
}

/// The mark of a secondary account: which primary user it belongs to, and since when it is ours.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UserMark {
    /// The federation's name.
    pub federation: Box<str>,
    /// The user of the primary organisation.
    pub person: ObjectId,
    /// Made by us, or taken over.
    pub origin: Origin,
    /// What later runs appended, such as the day on which the person left; empty, or it begins with `/`.
    pub rest: Box<str>,
}

/// What fedctl did to an account when its person left, and when; it stands behind the mark, and proves that it was not a human.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Departure {
    /// What was done.
    pub how: HowLeft,
    /// The day in UTC, where a clock of the service was seen.
    pub on: Option<jiff::civil::Date>,
}

/// The day in UTC of a clock of the service, seconds since 1970.
pub(crate) fn day(as_of: Option<u64>) -> Option<jiff::civil::Date> {
    let time = jiff::Timestamp::from_second(i64::try_from(as_of?).ok()?).ok()?;
    Some(jiff::tz::Offset::UTC.to_datetime(time).date())
}

/// What fedctl did to an account when its person left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HowLeft {
    /// It suspended the account.
    Suspended,
    /// It took back what it had given: the account is not routed any more.
    Released,
}

impl Departure {
    /// Today, by the clock of the service: seconds since 1970.
    pub fn now(how: HowLeft, as_of: Option<u64>) -> Self {
        Self { how, on: day(as_of) }
    }

    /// How many days ago it was, by the clock of the service: seconds since 1970. Not known without either day.
    pub fn days(self, as_of: Option<u64>) -> Option<i32> {
        let today = Self::now(self.how, as_of).on?;
        self.on?.until(today).ok().map(|span| span.get_days())
    }

    fn parse(rest: &str) -> Option<Self> {
        let (word, day) =
            rest.strip_prefix('/')?.split_once(' ').map_or((&rest[1..], None), |(word, day)| (word, Some(day)));
        let how = match word {
            "suspended" => HowLeft::Suspended,
            "left" => HowLeft::Released,
            _ => return None,
        };
        Some(Self { how, on: day.and_then(|day| day.parse().ok()) })
    }
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.how {
            HowLeft::Suspended => "/suspended",
            HowLeft::Released => "/left",
        })?;
        self.on.map_or(Ok(()), |day| write!(f, " {day}"))
    }
}

impl UserMark {
    /// What fedctl did to the account when its person left, if it did.
    pub fn departure(&self) -> Option<Departure> {
        Departure::parse(&self.rest)
    }

    /// Reads the value of the attribute; `None` if it is not one of ours.
    pub fn parse(value: &str) -> Option<Self> {
        let mut parts = value.splitn(4, '/');
        let federation = parts.next().filter(|name| !name.is_empty())?.into();
        let person = ObjectId::parse(parts.next()?)?;
        let origin = match parts.next()? {
            "created" => Origin::Created,
            "adopted" => Origin::Adopted,
            _ => return None,
        };
        let rest = parts.next().map(|rest| format!("/{rest}").into()).unwrap_or_default();
        Some(Self { federation, person, origin, rest })
    }
}

impl fmt::Display for UserMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = match self.origin {
            Origin::Created => "created",
            Origin::Adopted => "adopted",
        };
        write!(f, "{}/{}/{origin}{}", self.federation, self.person, self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_mark_reads_back_and_keeps_what_later_versions_append() {
        let text = "acme-to-beta/61aa0d3e9b1e8a0001a1b2c3/created";
        let mark = UserMark::parse(text).unwrap();
        assert_eq!(mark.to_string(), text);
        let left = format!("{text}/suspended 2026-11-24");
        let later = UserMark::parse(&left).unwrap();
        assert_eq!((later.person, &*later.rest, later.to_string()), (mark.person, "/suspended 2026-11-24", left));
        assert_eq!(UserMark::parse("ann@acme.com"), None);
    }

    #[test]
    fn a_mark_says_what_was_done_when_somebody_left_and_on_which_day() {
        let of = |rest: &str| {
            UserMark::parse(&format!("acme-to-beta/61aa0d3e9b1e8a0001a1b2c3/created{rest}")).unwrap().departure()
        };
        let written = Departure::now(HowLeft::Suspended, Some(1_795_500_000));
        assert_eq!(
            (written.to_string().as_str(), of("/suspended 2026-11-24")),
            ("/suspended 2026-11-24", Some(written))
        );
        assert_eq!(of("/left"), Some(Departure { how: HowLeft::Released, on: None }));
        assert_eq!(
            (of(""), of("/somewhere 2026-11-24"), of("/left soon").and_then(|left| left.on)),
            (None, None, None)
        );
        assert_eq!(Departure::now(HowLeft::Released, None).to_string(), "/left");
        let days = |seconds| written.days(Some(seconds));
        assert_eq!([days(1_795_500_000), days(1_795_500_000 + 40 * 86_400)], [Some(0), Some(40)]);
        assert_eq!((days(1_795_500_000 - 2 * 86_400), written.days(None)), (Some(-2), None));
    }

    #[test]
    fn the_mark_is_a_whole_line_of_its_federation() {
        let ours = line("acme", ObjectRole::App, Origin::Created);
        let of = |description: &str, names: &[&'static str]| {
            find(description, names, ObjectRole::App).map(|mark| (mark.federation, mark.origin))
        };
        assert_eq!(of(&format!("for the auditors\n{ours}"), &["acme"]), Some(("acme", Origin::Created)));
        assert_eq!(of(&format!("{ours}-2"), &["acme"]), None);
        assert_eq!(of(&ours, &["acm"]), None);
        assert_eq!(
            of(&line("old", ObjectRole::App, Origin::Adopted), &["acme", "old"]),
            Some(("old", Origin::Adopted))
        );
        assert_eq!(find(&ours, &["acme"], ObjectRole::Policy), None);
        assert_eq!((federation_of(&ours), federation_of("managed by hand")), (Some("acme"), None));
    }

    #[test]
    fn an_app_says_which_of_those_it_is_that_followed_each_other() {
        let ours = line("acme", ObjectRole::App, Origin::Created);
        let of = |line: &str| {
            find(line, &["acme"], ObjectRole::App).map(|mark| (mark.generation, mark.retired.map(|one| one.on)))
        };
        let day = jiff::civil::Date::constant(2026, 11, 24);
        let second = format!("{ours}{}", of_app(2, None));
        let first = format!("{ours}{}", of_app(1, Some(Retired { on: Some(day) })));
        assert_eq!(second, "managed by fedctl: acme/app, generation 2");
        assert_eq!(first, "managed by fedctl: acme/app, retired 2026-11-24");
        assert_eq!(
            (of(&ours), of(&second), of(&first)),
            (Some((1, None)), Some((2, None)), Some((1, Some(Some(day)))))
        );
        let both = format!("{ours}{}", of_app(3, Some(Retired { on: None })));
        assert_eq!(of(&both), Some((3, Some(None))));
        for other in [", generation 1", ", generation x", ", generation", ", retired soon", ", older"] {
            assert_eq!(of(&format!("{ours}{other}")), None, "{other}");
        }
        let adopted = line("acme", ObjectRole::App, Origin::Adopted);
        assert_eq!(of(&format!("{adopted}{}", of_app(1, Some(Retired { on: None })))), Some((1, Some(None))));
        // A name that the federation had before is all that changes.
        let old = format!("{}{}", line("old", ObjectRole::App, Origin::Created), of_app(2, None));
        assert_eq!(marked(&old, &["acme", "old"], ObjectRole::App, &ours), second);
        let policy = format!("{}{}", line("acme", ObjectRole::Policy, Origin::Created), of_app(2, None));
        assert_eq!(find(&policy, &["acme"], ObjectRole::Policy), None);
    }

    #[test]
    fn a_label_carries_a_mark_in_brackets_at_its_end() {
        let ours = line("acme", ObjectRole::App, Origin::Created);
        assert_eq!(of_label(&in_label("OIDC [for Beta]", &ours)), Some(&*ours));
        for label in ["OIDC", "OIDC [x]", &ours, &format!("{ours}]"), &format!("{} and more", in_label("x", &ours))] {
            assert_eq!(of_label(label), None, "{label}");
        }
    }

    #[test]
    fn a_mark_is_appended_and_replaces_only_one_of_its_own() {
        let new = line("acme", ObjectRole::Policy, Origin::Adopted);
        let marked = |description: &str| marked(description, &["acme", "old"], ObjectRole::Policy, &new);
        assert_eq!(marked("for the auditors"), format!("for the auditors\n{new}"));
        assert_eq!(marked(""), new);
        let old = line("old", ObjectRole::Policy, Origin::Created);
        assert_eq!(marked(&format!("a\n{old}\nb")), format!("a\n{new}\nb"));
    }
}
