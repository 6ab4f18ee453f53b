//! Ids: twelve bytes, shown as 24 hexadecimal digits; one type per kind of object.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The id of any object but an OIDC client, which has a UUID \[observed\].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectId([u8; 12]);

/// A text that is not 24 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an object id: it takes 24 hexadecimal digits")]
pub struct MalformedId;

impl ObjectId {
    /// Before all others.
    pub(crate) const FIRST: ObjectId = ObjectId([0; 12]);

    /// Puts an id together the way the service does: seconds first, so that ids made later sort later.
    pub(crate) fn assemble(seconds: u32, origin: u32, counter: u32) -> ObjectId {
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&seconds.to_be_bytes());
        bytes[4..8].copy_from_slice(&origin.to_be_bytes());
        bytes[8..].copy_from_slice(&counter.to_be_bytes());
        ObjectId(bytes)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0_u8; 24];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ObjectId {
    type Err = MalformedId;

    fn from_str(text: &str) -> Result<ObjectId, MalformedId> {
        let text = text.as_bytes();
        if text.len() != 24 {
            return Err(MalformedId);
        }
        let mut bytes = [0; 12];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = hex(pair[0])? << 4 | hex(pair[1])?;
        }
        Ok(ObjectId(bytes))
    }
}

fn hex(digit: u8) -> Result<u8, MalformedId> {
    let value = char::from(digit).to_digit(16).ok_or(MalformedId)?;
    u8::try_from(value).map_err(|_| MalformedId)
}

impl TryFrom<String> for ObjectId {
    type Error = MalformedId;

    fn try_from(text: String) -> Result<ObjectId, MalformedId> {
        text.parse()
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> String {
        id.to_string()
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub ObjectId);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;

            fn from_str(text: &str) -> Result<$name, MalformedId> {
                text.parse().map($name)
            }
        }

        impl From<$name> for ObjectId {
            fn from(id: $name) -> ObjectId {
                id.0
            }
        }

        impl From<ObjectId> for $name {
            fn from(id: ObjectId) -> $name {
                $name(id)
            }
        }
    )+};
}

ids! {
    /// The id of an organisation.
    OrgId,
    /// The id of a user.
    UserId,
    /// The id of a user group.
    GroupId,
    /// The id of an application (not its client id).
    AppId,
    /// The id of an identity provider.
    ProviderId,
    /// The id of a routing policy.
    PolicyId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_as_it_is_shown() {
        let id = ObjectId::assemble(0x6516_be7e, 0xac1f_5766, 0x4752_c607);
        assert_eq!(id.to_string(), "6516be7eac1f57664752c607");
        assert_eq!("6516be7eac1f57664752c607".parse(), Ok(id));
        assert_eq!("6516be7eac1f57664752c60".parse::<ObjectId>(), Err(MalformedId));
        assert_eq!("z516be7eac1f57664752c607".parse::<ObjectId>(), Err(MalformedId));
    }
}
