//! What goes through the pipe: lists of byte strings, each with its length before it.

use std::io::{self, Read, Write};

/// Writes one message.
pub(crate) fn put(to: &mut impl Write, parts: &[&[u8]]) -> io::Result<()> {
    number(to, parts.len())?;
    for part in parts {
        number(to, part.len())?;
        to.write_all(part)?;
    }
    to.flush()
}

fn number(to: &mut impl Write, number: usize) -> io::Result<()> {
    to.write_all(&u32::try_from(number).map_err(io::Error::other)?.to_le_bytes())
}

/// Reads one message of so many parts.
pub(crate) fn get<const PARTS: usize>(from: &mut impl Read) -> io::Result<[Vec<u8>; PARTS]> {
    let parts = list(from)?;
    parts.try_into().map_err(|_| io::Error::other("a message of another kind"))
}

/// Reads one message.
pub(crate) fn list(from: &mut impl Read) -> io::Result<Vec<Vec<u8>>> {
    let count = length(from)?;
    let part = |_| {
        let mut part = vec![0; length(from)?];
        from.read_exact(&mut part)?;
        Ok(part)
    };
    (0..count).map(part).collect()
}

fn length(from: &mut impl Read) -> io::Result<usize> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    usize::try_from(u32::from_le_bytes(bytes)).map_err(io::Error::other)
}

/// A part that is text.
pub(crate) fn text(part: &[u8]) -> io::Result<&str> {
    std::str::from_utf8(part).map_err(io::Error::other)
}

/// A part that is a number, or empty.
pub(crate) fn count(part: &[u8]) -> io::Result<Option<u64>> {
    let text = text(part)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(io::Error::other) }
}
