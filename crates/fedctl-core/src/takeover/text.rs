//! A draft as the text of a spec, with what was guessed, what cannot be known and what is left as comments.

use std::fmt::Write as _;

use super::address::Taken;
use super::{Draft, Objects};
use crate::plan::{Plan, Verb};
use crate::spec::template::{PersonFacts, Template};
use crate::spec::{Name, RoutingMembers, Word};
use crate::text::quote::{comment, scalar};

/// What a spec begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The name of the federation.
    pub federation: Box<str>,
    /// The organisation where people authenticate.
    pub primary: Place,
    /// The organisation where they want to sign in.
    pub secondary: Place,
    /// The simulator that plays both.
    pub sandbox: Option<Box<str>>,
}

/// One of the two organisations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name of the credentials that open it.
    pub credentials: Box<str>,
    /// Its id.
    pub organization: Box<str>,
    /// Where it is hosted, if not where most are.
    pub region: Option<Box<str>>,
}

/// Who is written where nobody is known yet: a spec needs somebody.
const NOBODY: &str = "people: {from: {emails: [nobody@example.com]}}\n";

impl Head {
    /// The lines of it.
    fn lines(&self) -> String {
        let side = |place: &Place| {
            let region = place.region.as_ref().map(|region| format!(", region: {}", scalar(region)));
            let (id, credentials) = (scalar(&place.organization), scalar(&place.credentials));
            format!("{{organization: {id}{}, credentials: {credentials}}}", region.unwrap_or_default())
        };
        let sandbox = self.sandbox.as_ref().map(|sandbox| format!("sandbox: {}\n", scalar(sandbox)));
        format!(
            "version: 1\nfederation: {}\n{}primary: {}\nsecondary: {}\n",
            scalar(&self.federation),
            sandbox.unwrap_or_default(),
            side(&self.primary),
            side(&self.secondary)
        )
    }

    /// A spec that names the two organisations and nobody, to read objects with.
    pub fn text(&self) -> String {
        self.lines() + NOBODY
    }
}

impl Objects {
    /// A spec that names these objects and nobody, to read people with.
    pub fn text(&self, head: &Head) -> String {
        let nobody = NOBODY.trim_end().trim_end_matches('}');
        format!("{}{nobody}}}, mapping: {{attribute: {}}}}}\n", head.lines(), scalar(&self.attribute))
    }

    fn sections(&self) -> String {
        let mut text = format!("app:\n{}", name("label", &self.app));
        if let Some(hidden) = self.hidden {
            let _: std::fmt::Result = writeln!(text, "  hidden: {hidden}");
        }
        let group = &self.group.0;
        let _: std::fmt::Result = write!(text, "\nrouting_group:\n  name: {}\n", scalar(group));
        text.push_str(&match &self.members {
            RoutingMembers::EmailEndsWith(end) => {
                format!("  members: {{email_ends_with: {}, accept_capture: true}}  # as its rule says\n", scalar(end))
            }
            RoutingMembers::Managed | RoutingMembers::ByMark => "  members: managed\n".to_owned(),
        });
        let _: std::fmt::Result = write!(text, "\nidentity_provider:\n{}", name("name", &self.provider));
        let _: std::fmt::Result = write!(text, "\nrouting_policy:\n{}", name("name", &self.policy));
        text.push_str(match self.enabled {
            Some(false) => "  enabled: false  # it is off, and a plan leaves it so\n",
            Some(true) => "  enabled: true\n",
            None => "  # whether it is on does not show in a way that is known\n",
        });
        text
    }
}

/// A name that a spec can say. Whatever was made by hand keeps the one it has.
fn name(key: &str, text: &str) -> String {
    match Name::parse(text) {
        Ok(_) if !text.is_empty() => format!("  {key}: {}\n", scalar(text)),
        Ok(_) | Err(_) => format!("  # its name, {}, cannot be written here, and stays\n", scalar(text)),
    }
}

impl Draft {
    /// The spec.
    pub fn text(&self, head: &Head) -> String {
        let template = self.template.as_ref().map(|(template, count)| (template.as_str(), *count));
        let people = self.people(template, &head.federation);
        let objects = self.objects.sections();
        format!("{}{}\n{people}\n{objects}\n{}", self.preamble(template), head.lines(), self.adopt())
    }

    fn preamble(&self, template: Option<(&str, usize)>) -> String {
        let mut text = String::from(
            "# A federation that was made by hand, as it stood when this was written: `fedctl plan` shows what taking it over\n\
             # changes. What was made by hand keeps its names, its settings and its people.\n#\n\
             # Cannot be known:\n\
             #   - the client secret: the service shows it once, to whoever made it. A sign-in in the log of both\n\
             #     organisations proves it (`fedctl verify`); `fedctl rotate` replaces it by one that nobody has seen.\n\
             #   - who is to come next, and whether accounts that are made from now on are to be suspended when people leave\n\
             #     (`people.on_leave`, by default: yes; what was made by hand is only released).\n#\n# Guessed:\n",
        );
        text.push_str(&match template {
            Some((_, count)) if count == self.taken.len() => {
                "#   - `people.mapping.email`: the addresses of all accounts are so; new ones would be.\n".to_owned()
            }
            Some((_, 0)) | None => {
                "#   - no template gives anybody the address that they have: see what new ones would get.\n".to_owned()
            }
            Some((_, count)) => format!(
                "#   - `people.mapping.email`: the addresses of {count} of {} accounts are so; new ones would be.\n",
                self.taken.len()
            ),
        });
        text.push_str("#   - `people.from.groups`: whoever may use the app is meant to.\n");
        if !self.domains.is_empty() {
            text.push_str(
                "#   - `people.mapping.domains`: accounts are under them, so they are taken to be yours. Whoever owns one\n\
                 #     receives the mail of these accounts.\n",
            );
        }
        text
    }

    fn people(&self, template: Option<(&str, usize)>, federation: &str) -> String {
        let mut text = String::from("people:\n  from:\n    groups:\n");
        self.objects.sources.iter().for_each(|(name, _)| text.push_str(&format!("      - {}\n", scalar(name))));
        if self.waiting > 0 {
            text.push_str(&format!(
                "  # {} more in these groups have no such account. These go first, and nothing is made for anybody else;\n  \
                 # without this key everybody in the groups is federated.\n  pilot:\n",
                self.waiting
            ));
            self.taken.iter().for_each(|one| text.push_str(&format!("    - {}\n", scalar(&one.email))));
        }
        let attribute = scalar(&self.objects.attribute);
        text.push_str(&format!("  mapping:\n    attribute: {attribute}  # the app takes its claim `email` from it\n"));
        if let Some((template, _)) = template {
            text.push_str(&format!("    email: {}\n", scalar(template)));
        }
        if !self.domains.is_empty() {
            let domains: Vec<String> = self.domains.iter().map(|domain| scalar(domain)).collect();
            text.push_str(&format!("    domains: [{}]\n", domains.join(", ")));
        }
        let others = self.others(template.map(|(template, _)| template), federation);
        if !others.is_empty() {
            text.push_str("  overrides:\n");
        }
        for Taken { email, account, .. } in others {
            text.push_str(&format!("    - {{person: {}, email: {}}}\n", scalar(email), scalar(account)));
        }
        text
    }

    /// Whose address is another than the template gives.
    fn others(&self, template: Option<&str>, federation: &str) -> Vec<&Taken> {
        let template = template.and_then(|template| Template::parse(template).ok());
        let gives = |one: &&Taken| {
            let facts = PersonFacts { email: &one.email, username: &one.username, federation };
            template.as_ref().is_some_and(|template| template.render(&facts) == *one.account)
        };
        self.taken.iter().filter(|one| !gives(one)).collect()
    }

    fn adopt(&self) -> String {
        let objects = "objects: [app, identity-provider, routing-policy, routing-group]";
        let mut text = format!("adopt:\n  {objects}\n  people:\n");
        for Taken { email, account, .. } in &self.taken {
            text.push_str(&format!("    - {}  # opens {}\n", scalar(email), comment(account)));
        }
        if !self.left.is_empty() {
            text.push_str("\n# Left as they are:\n");
        }
        for (who, why) in &self.left {
            text.push_str(&format!("#   - {} {}\n", comment(who), comment(why)));
        }
        text
    }
}

/// What a plan of the spec comes to, as comments below it: what is in the objects beyond the spec, and what else than marks
/// it would write.
pub fn said(plan: &Plan) -> String {
    let list = |title: &str, lines: Vec<String>| {
        let lines: String = lines.iter().map(|line| format!("#   - {}\n", comment(line))).collect();
        if lines.is_empty() { lines } else { format!("\n# {title}\n{lines}") }
    };
    let beyond = plan.notes.iter().map(|note| format!("{}: {}", note.about, note.text)).collect();
    let others = plan.actions.iter().filter(|action| action.verb != Verb::Adopt);
    let others = others.map(|action| format!("{} {}", action.verb.as_str(), action.target)).collect();
    let refused =
        plan.refusals.iter().map(|refusal| format!("{}: {}: {}", refusal.guard, refusal.why, refusal.way_out));
    list("Beyond this spec, and left:", beyond)
        + &list("A plan does more than take over:", others)
        + &list("A plan is refused:", refused.collect())
}
