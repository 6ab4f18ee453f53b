//! JSON objects written field by field: no tree is built for what is listed by the hundred thousand.

use serde::Serialize;

use crate::query::v1::Fields;

/// An object on its way into a buffer; fields that nobody asked for are left out.
pub(crate) struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    fields: &'a Fields,
    empty: bool,
}

impl<'a> ObjectWriter<'a> {
    pub(crate) fn open(out: &'a mut Vec<u8>, fields: &'a Fields) -> ObjectWriter<'a> {
        out.push(b'{');
        ObjectWriter { out, fields, empty: true }
    }

    /// Writes a field, if it was asked for.
    pub(crate) fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        self.field_with(name, |out| write(out, value));
    }

    /// Writes a field that takes work to make, if it was asked for.
    pub(crate) fn field_with(&mut self, name: &str, value: impl FnOnce(&mut Vec<u8>)) {
        if !self.fields.wants(name) {
            return;
        }
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        write(self.out, name);
        self.out.push(b':');
        value(self.out);
    }

    pub(crate) fn close(self) {
        self.out.push(b'}');
    }
}

/// Appends a value. Writing plain data into memory cannot fail; if it did, the value would be null.
pub(crate) fn write<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let before = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(before);
        out.extend_from_slice(b"null");
    }
}
