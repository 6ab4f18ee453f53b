//! A user as JSON, field by field, as recordings have it.

use serde_json::{Map, Value, json};

use crate::clock::rfc3339;
use crate::json::{ObjectWriter, write};
use crate::query::v1::Fields;
use crate::world::user_fields::{Flag, TextField};
use crate::world::users::{Rare, Restriction, User};

/// The fields that are neither a text nor a flag of the tables.
const OWN_FIELDS: [&str; 25] = [
    "_id",
    "id",
    "account_locked_date",
    "activated",
    "addresses",
    "admin",
    "attributes",
    "created",
    "delegatedAuthority",
    "email",
    "firstname",
    "lastname",
    "mfa",
    "organization",
    "password_date",
    "password_expiration_date",
    "phoneNumbers",
    "relationships",
    "restrictedFields",
    "ssh_keys",
    "state",
    "suspended",
    "unix_guid",
    "unix_uid",
    "username",
];

/// Whether a user has a field of that name.
pub(crate) fn is_field(name: &str) -> bool {
    OWN_FIELDS.contains(&name) || TextField::from_name(name).is_some() || Flag::from_name(name).is_some()
}

/// Appends a user; both ids are always in it \[observed\].
pub(crate) fn render(user: &User, fields: &Fields, out: &mut Vec<u8>) {
    let mut object = ObjectWriter::open(out, fields);
    object.field("activated", &user.is_activated());
    object.field("email", &*user.email);
    object.field("username", &*user.username);
    object.field("firstname", &*user.firstname);
    object.field("lastname", &*user.lastname);
    object.field("state", user.state.name());
    object.field("suspended", &user.is_suspended());
    object.field_with("attributes", |out| write_attributes(user, out));
    object.field_with("restrictedFields", |out| write_restrictions(user.restrictions(), out));
    for flag in Flag::ALL {
        object.field(flag.name(), &user.flag(*flag));
    }
    for field in TextField::ALL {
        let text = user.text(*field);
        // Unset texts are empty, but for this one [observed].
        let null = *field == TextField::EmployeeIdentifier && text.is_empty();
        object.field(field.name(), &(!null).then_some(text));
    }
    object.field("unix_guid", &user.unix_id);
    object.field("unix_uid", &user.unix_id);
    object.field_with("created", |out| write(out, &rfc3339(user.created)));
    object.field_with("organization", |out| write(out, &user.organization));
    object.field_with("password_date", |out| write(out, &user.password_date.map(rfc3339)));
    object.field("password_expiration_date", &());
    render_rare(&mut object, user.rare.as_deref().unwrap_or(&Rare::default()));
    object.field_with("_id", |out| write(out, &user.id));
    object.field_with("id", |out| write(out, &user.id));
    object.close();
}

fn render_rare(object: &mut ObjectWriter<'_>, rare: &Rare) {
    object.field_with("account_locked_date", |out| write(out, &rare.account_locked_date.map(rfc3339)));
    object.field("addresses", &rare.addresses);
    object.field("phoneNumbers", &rare.phone_numbers);
    object.field("ssh_keys", &rare.ssh_keys);
    object.field("relationships", &rare.relationships);
    object.field("admin", &rare.admin);
    object.field("delegatedAuthority", &rare.delegated_authority);
    let mut mfa = json!({"exclusion": rare.mfa_exclusion, "configured": false});
    if let Some(until) = rare.mfa_exclusion_until {
        mfa["exclusionUntil"] = json!(rfc3339(until));
    }
    object.field_with("mfa", |out| write(out, &mfa));
}

/// Each attribute has an id of its own \[observed\].
fn write_attributes(user: &User, out: &mut Vec<u8>) {
    write_list(out, &user.attributes, |object, attribute| {
        object.field_with("_id", |out| write(out, &attribute.id));
        object.field("name", &*attribute.name);
        object.field("value", &*attribute.value);
    });
}

fn write_restrictions(restrictions: &[Restriction], out: &mut Vec<u8>) {
    write_list(out, restrictions, |object, entry| {
        object.field("field", &*entry.field);
        object.field("type", &entry.kind);
        object.field("id", &entry.id);
    });
}

fn write_list<T>(out: &mut Vec<u8>, rows: &[T], row: impl Fn(&mut ObjectWriter<'_>, &T)) {
    out.push(b'[');
    for (index, entry) in rows.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let mut object = ObjectWriter::open(out, &Fields::All);
        row(&mut object, entry);
        object.close();
    }
    out.push(b']');
}

/// A user as a tree, for answers with one user.
pub(crate) fn bytes(user: &User, fields: &Fields) -> Vec<u8> {
    let mut out = Vec::with_capacity(2048);
    render(user, fields, &mut out);
    out
}

/// Reads a record of texts; what is not a text is written as one.
pub(crate) fn text_record(value: &Value) -> crate::world::users::TextRecord {
    let empty = Map::new();
    let object = value.as_object().unwrap_or(&empty);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    object
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (key.as_str().into(), text(value).into()))
        .collect()
}
