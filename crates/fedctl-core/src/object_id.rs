//! Ids as the service gives them: 24 hexadecimal digits, twelve bytes in memory.

use std::fmt;

/// The id of an object in an organisation. `[spec]`: every id is an ObjectId but that of an OIDC client, a UUID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId([u8; 12]);

impl ObjectId {
    /// Reads 24 hexadecimal digits of either case; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 24 {
            return None;
        }
        let mut bytes = [0; 12];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// When the object was made, seconds since 1970: the first four bytes. `[observed]`: recorded ids agree with `created`.
    pub fn made(self) -> u64 {
        self.0[..4].iter().fold(0, |seconds, byte| seconds << 8 | u64::from(*byte))
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for ObjectId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for ObjectId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = ObjectId;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("24 hexadecimal digits")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<ObjectId, E> {
                ObjectId::parse(text).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_when_its_object_was_made() {
        // 2023-09-29T12:09:34Z, as `created` of that recording says.
        assert_eq!(ObjectId::parse("6516be7eac1f57664752c607").map(ObjectId::made), Some(1_695_989_374));
    }

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        let text = "61aa0d3e9b1e8a0001a1b2c3";
        assert_eq!(ObjectId::parse(text).map(|id| id.to_string()), Some(text.to_owned()));
        for wrong in ["", "61aa", "61aa0d3e9b1e8a0001a1b2cg", "61aa0d3e9b1e8a0001a1b2c3c3"] {
            assert_eq!(ObjectId::parse(wrong), None, "{wrong}");
        }
    }
}
