use encoding_rs::GBK;

/// GBK bytes, each with the character it was written for.
///
/// Inserted bytes belong to no character; they carry the number of their insertion instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    bytes: Vec<u8>,
    owners: Vec<Owner>,
    /// Bytes of each character of the text.
    widths: Vec<usize>,
    /// One entry per insertion: true where it stands on a border between two characters.
    insertions: Vec<bool>,
}

/// Why a byte is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// It is part of the character with this number in the text.
    Character(usize),
    /// It came with this insertion.
    Insertion(usize),
}

impl Stream {
    /// Step 2: `text` in GBK. What GBK lacks becomes `?`, one for each character.
    pub fn of(text: &str) -> Self {
        let mut stream = Stream::default();
        for (n, c) in text.chars().enumerate() {
            let bytes = encode(c);
            stream
                .owners
                .extend(bytes.iter().map(|_| Owner::Character(n)));
            stream.widths.push(bytes.len());
            stream.bytes.extend(bytes);
        }
        stream
    }

    /// The bytes as the site stores them: a page of these is read as GBK by a browser.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn owner(&self, at: usize) -> Option<Owner> {
        self.owners.get(at).copied()
    }

    /// How many bytes character `n` was written with.
    pub(super) fn width(&self, n: usize) -> usize {
        self.widths.get(n).copied().unwrap_or(0)
    }

    /// True when insertion `n` stands behind a whole character.
    pub(super) fn is_on_border(&self, n: usize) -> bool {
        self.insertions.get(n).copied().unwrap_or(false)
    }

    /// Adds the bytes of `other` in `range`, with their owners.
    pub(super) fn push(&mut self, other: &Stream, range: std::ops::Range<usize>) {
        self.bytes.extend_from_slice(&other.bytes[range.clone()]);
        self.owners.extend_from_slice(&other.owners[range]);
    }

    /// Adds bytes that belong to no character. `next` is the owner of the byte that will follow.
    pub(super) fn insert(&mut self, bytes: &[u8], next: Option<Owner>) {
        let on_border = self.owners.last().copied() != next;
        let owner = Owner::Insertion(self.insertions.len());
        self.insertions.push(on_border);
        self.bytes.extend_from_slice(bytes);
        self.owners.extend(bytes.iter().map(|_| owner));
    }

    /// An empty stream over the same text, which goes on counting insertions.
    pub(super) fn fork(&self) -> Stream {
        Stream {
            widths: self.widths.clone(),
            insertions: self.insertions.clone(),
            ..Stream::default()
        }
    }
}

/// The GBK bytes of `c`, or `?`.
pub(super) fn encode(c: char) -> Vec<u8> {
    let mut buffer = [0; 4];
    let (bytes, _, has_unmappable) = GBK.encode(c.encode_utf8(&mut buffer));
    if has_unmappable {
        return vec![b'?'];
    }
    bytes.into_owned()
}
