use std::fmt;

use taosha_core::Position;

/// Where in a file that holds many an item begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Counts the items of the file from 1: the line, the member. 0 stands for the file itself.
    pub(crate) number: u64,
    /// The byte of the file from which it can be read: its own, or the first of the packed member
    /// that it lies in.
    pub(crate) start: u64,
    /// Bytes of that member in front of it, as unpacked; of Parquet, rows of the row group.
    pub(crate) skip: u64,
}

impl Place {
    /// The position of the item that stands here in the file called `uri`.
    pub(crate) fn position(self, uri: &str) -> Position {
        Position(format!("{uri}#{}@{}+{}", self.number, self.start, self.skip).into())
    }

    /// The file and the place that [`position`](Self::position) was made of.
    pub(crate) fn of(position: &Position) -> Option<(&str, Place)> {
        let (rest, skip) = position.0.rsplit_once('+')?;
        let (rest, start) = rest.rsplit_once('@')?;
        let (uri, number) = rest.rsplit_once('#')?;
        let place = Place {
            number: number.parse().ok()?,
            start: start.parse().ok()?,
            skip: skip.parse().ok()?,
        };
        Some((uri, place))
    }
}

/// As people find it with `tail -c +N`: the byte, and what must be unpacked before it.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.skip {
            0 => write!(f, "{}", self.start),
            skip => write!(f, "{}+{skip}", self.start),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_leads_back_to_its_place() {
        let place = Place {
            number: 3,
            start: 70,
            skip: 9,
        };
        let position = place.position("a#1@2+3.warc");
        assert_eq!(Place::of(&position), Some(("a#1@2+3.warc", place)));
        assert_eq!(Place::of(&Position("a.html".into())), None);
    }
}
