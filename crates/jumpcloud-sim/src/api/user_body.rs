//! What a request says of a user: read, checked against the tables, and then written at once.

use serde_json::{Map, Value};

use super::user_json::text_record;
use crate::world::user_fields::{Flag, TextField};
use crate::world::users::{Attribute, Restriction, RestrictionKind, State, TextRecord, User};

/// A change of a user. What is not in it stays \[observed\].
#[derive(Debug, Default)]
pub(crate) struct UserWrite {
    pub(crate) email: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) state: Option<State>,
    pub(crate) suspended: Option<bool>,
    pub(crate) password: Option<String>,
    /// Replaces all of them \[observed\].
    pub(crate) attributes: Option<Vec<(String, String)>>,
    firstname: Option<String>,
    lastname: Option<String>,
    /// Replaces all of them \[inferred\].
    restrictions: Option<Vec<Restriction>>,
    texts: Vec<(TextField, String)>,
    flags: Vec<(Flag, bool)>,
    records: Vec<(Record, Vec<TextRecord>)>,
    delegated_authority: Option<Option<TextRecord>>,
    mfa_exclusion: Option<bool>,
}

#[derive(Debug, Clone, Copy)]
enum Record {
    Addresses,
    PhoneNumbers,
    SshKeys,
    Relationships,
}

/// The fields that can have another owner than the user \[spec\].
const RESTRICTABLE: [&str; 18] = [
    "addresses",
    "company",
    "costCenter",
    "department",
    "description",
    "displayname",
    "email",
    "employeeIdentifier",
    "employeeType",
    "firstname",
    "jobTitle",
    "lastname",
    "location",
    "middlename",
    "password",
    "phoneNumbers",
    "sudo",
    "username",
];

impl UserWrite {
    /// Reads a body; keys that nobody knows are ignored. The error is the text of a 400.
    pub(crate) fn parse(body: &Map<String, Value>) -> Result<UserWrite, String> {
        let mut write = UserWrite::default();
        for (name, value) in body {
            write.read(name, value)?;
        }
        Ok(write)
    }

    fn read(&mut self, name: &str, value: &Value) -> Result<(), String> {
        match name {
            "email" => self.email = Some(text(name, value)?),
            "username" => self.username = Some(text(name, value)?),
            "firstname" => self.firstname = Some(text(name, value)?),
            "lastname" => self.lastname = Some(text(name, value)?),
            "password" => self.password = Some(text(name, value)?).filter(|password| !password.is_empty()),
            "state" => {
                let state = State::from_name(value.as_str().unwrap_or("")).ok_or("state is not valid")?;
                self.state = Some(state);
            }
            "suspended" => self.suspended = Some(truth(name, value)?),
            "attributes" => self.attributes = Some(attributes(value)?),
            "restrictedFields" => self.restrictions = Some(restrictions(value)?),
            "addresses" => self.records.push((Record::Addresses, records(name, value)?)),
            "phoneNumbers" => self.records.push((Record::PhoneNumbers, records(name, value)?)),
            "ssh_keys" => self.records.push((Record::SshKeys, records(name, value)?)),
            "relationships" => self.records.push((Record::Relationships, records(name, value)?)),
            "delegatedAuthority" => {
                self.delegated_authority = Some((!value.is_null()).then(|| text_record(value)));
            }
            "mfa" => self.mfa_exclusion = value.get("exclusion").and_then(Value::as_bool),
            _ => return self.read_from_tables(name, value),
        }
        Ok(())
    }

    fn read_from_tables(&mut self, name: &str, value: &Value) -> Result<(), String> {
        if let Some(field) = TextField::from_name(name).filter(|field| field.writable()) {
            self.texts.push((field, text(name, value)?));
        } else if let Some(flag) = Flag::from_name(name).filter(|flag| flag.writable()) {
            self.flags.push((flag, truth(name, value)?));
            if flag == Flag::ExternallyManaged {
                // Deprecated: it overwrites what says who owns the password [spec].
                let authority =
                    Restriction { field: "password".into(), kind: RestrictionKind::ActiveDirectory, id: None };
                self.restrictions = Some(if truth(name, value)? { vec![authority] } else { Vec::new() });
            }
        }
        Ok(())
    }

    /// Whether it names a federated owner of a field, with or without the owner's id.
    pub(crate) fn has_federated_authority(&self, with_id: bool) -> bool {
        let federated = |entry: &Restriction| entry.kind == RestrictionKind::FederatedIdentityProvider;
        self.restrictions.iter().flatten().any(|entry| federated(entry) && entry.id.is_some() == with_id)
    }

    /// Whether it takes the password from the directory that owns it.
    pub(crate) fn takes_over_password(&self, user: &User) -> bool {
        let owner = user.password_authority();
        let owned = matches!(owner, Some(RestrictionKind::ActiveDirectory | RestrictionKind::Scim));
        let kept = |entry: &Restriction| &*entry.field == "password" && Some(entry.kind) == owner;
        owned && self.restrictions.as_ref().is_some_and(|all| !all.iter().any(kept))
    }

    /// The employee identifier, if it sets one.
    pub(crate) fn employee_identifier(&self) -> Option<&str> {
        let set = self.texts.iter().find(|(field, text)| *field == TextField::EmployeeIdentifier && !text.is_empty());
        set.map(|(_, text)| text.as_str())
    }

    /// Writes everything but e-mail and username into a user; `attributes` are made by the world.
    pub(crate) fn write(self, user: &mut User, attributes: Option<Vec<Attribute>>, now_ms: u64) {
        if let Some(firstname) = self.firstname {
            user.firstname = firstname.into();
        }
        if let Some(lastname) = self.lastname {
            user.lastname = lastname.into();
        }
        if let Some(attributes) = attributes {
            user.attributes = attributes;
        }
        if let Some(password) = &self.password {
            user.set_password(password, now_ms);
        }
        for (field, text) in self.texts {
            user.texts.set(field, &text);
        }
        for (flag, value) in self.flags {
            user.flags.set(flag, value);
        }
        user.state = next_state(user.state, self.state, self.suspended);
        if let Some(restrictions) = self.restrictions {
            user.rare_mut().restrictions = restrictions;
        }
        if let Some(authority) = self.delegated_authority {
            user.rare_mut().delegated_authority = authority;
        }
        if let Some(exclusion) = self.mfa_exclusion {
            user.rare_mut().mfa_exclusion = exclusion;
        }
        for (record, rows) in self.records {
            let rare = user.rare_mut();
            match record {
                Record::Addresses => rare.addresses = rows,
                Record::PhoneNumbers => rare.phone_numbers = rows,
                Record::SshKeys => rare.ssh_keys = rows,
                Record::Relationships => rare.relationships = rows,
            }
        }
    }
}

/// `suspended` and `state` say one thing twice; `suspended` has the last word.
fn next_state(now: State, state: Option<State>, suspended: Option<bool>) -> State {
    let next = state.unwrap_or(now);
    match suspended {
        Some(true) => State::Suspended,
        Some(false) if next == State::Suspended => State::Activated,
        Some(false) | None => next,
    }
}

fn text(name: &str, value: &Value) -> Result<String, String> {
    if value.is_null() {
        return Ok(String::new());
    }
    let text = value.as_str().ok_or_else(|| format!("{name} must be a string"))?;
    let max = if name == "employeeIdentifier" { 256 } else { 1024 };
    if text.chars().count() > max { Err(format!("{name} is too long")) } else { Ok(text.to_owned()) }
}

fn truth(name: &str, value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("{name} must be a boolean"))
}

fn list<'a>(name: &str, value: &'a Value) -> Result<&'a [Value], String> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| format!("{name} must be an array"))
}

fn records(name: &str, value: &Value) -> Result<Vec<TextRecord>, String> {
    Ok(list(name, value)?.iter().map(text_record).collect())
}

/// Names of letters and digits, fewer than 32 of them, each once \[doc\].
fn attributes(value: &Value) -> Result<Vec<(String, String)>, String> {
    let mut attributes: Vec<(String, String)> = Vec::new();
    for entry in list("attributes", value)? {
        let name = entry.get("name").and_then(Value::as_str).ok_or("attributes: name is required")?;
        let value = entry.get("value").and_then(Value::as_str).ok_or("attributes: value is required")?;
        let fits = !name.is_empty() && name.len() < 32 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !fits {
            return Err("attributes: name must be alphanumeric and shorter than 32 characters".to_owned());
        }
        if value.chars().count() > 1024 {
            return Err("attributes: value is too long".to_owned());
        }
        if attributes.iter().any(|(known, _)| known == name) {
            return Err("attributes: name must be unique".to_owned());
        }
        attributes.push((name.to_owned(), value.to_owned()));
    }
    Ok(attributes)
}

fn restrictions(value: &Value) -> Result<Vec<Restriction>, String> {
    let mut restrictions = Vec::new();
    for entry in list("restrictedFields", value)? {
        let field = entry.get("field").and_then(Value::as_str).unwrap_or("");
        if !RESTRICTABLE.contains(&field) {
            return Err("restrictedFields: field is not valid".to_owned());
        }
        let kind = match entry.get("type").and_then(Value::as_str) {
            Some("active_directory") => RestrictionKind::ActiveDirectory,
            Some("federated_identity_provider") => RestrictionKind::FederatedIdentityProvider,
            Some("scim") => RestrictionKind::Scim,
            _ => return Err("restrictedFields: type is not valid".to_owned()),
        };
        let id = entry.get("id").filter(|id| !id.is_null());
        let id = id
            .map(|id| id.as_str().filter(|id| id.len() <= 24).ok_or("restrictedFields: id is not valid"))
            .transpose()?;
        restrictions.push(Restriction { field: field.into(), kind, id: id.map(Into::into) });
    }
    Ok(restrictions)
}
