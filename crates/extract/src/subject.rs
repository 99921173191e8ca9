use taosha_core::{FactKind, Report, SpanKind};

use crate::comparison::{Part, Tie};
use crate::figure::Figure;
use crate::finder::Found;
use crate::indicator::Indicator;
use crate::line::Line;
use crate::unit::Measure;

/// What the line before told of: 较上年提高2.1个百分点 at the head of a sentence is of the rate in the one before.
#[derive(Default)]
pub(crate) struct Subjects {
    levels: Vec<Level>,
    /// Where that line ends in the reading.
    end: usize,
}

/// A figure that may change.
struct Level {
    indicator: String,
    kind: FactKind,
    unit_base: Option<String>,
    /// Where the words that prove it begin in the reading.
    start: usize,
}

impl Subjects {
    /// Names the changes of `line` that have no subject, and keeps what the line tells of for the next one.
    pub(crate) fn pass(
        &mut self,
        report: &Report,
        line: &Line,
        (figures, ties, names): (&[Figure], &[Tie], &[Indicator]),
        found: &mut [Found],
    ) {
        let reading = report.reading();
        let here = line.bytes(0..line.len());
        let between = reading.text().get(self.end..here.start);
        let goes_on = between.is_some_and(str::is_empty);
        let lacking: Vec<usize> = (0..figures.len().min(names.len()))
            .filter(|&at| names[at].lacks_subject)
            .collect();
        let each = each_its_own(line, figures, &lacking);
        for (nth, &at) in lacking.iter().enumerate() {
            // 同比分别增长12%和15.3%: as many levels as changes, in their order.
            let nth = self
                .levels
                .len()
                .checked_sub(lacking.len() - nth)
                .filter(|_| each);
            let level = nth.map_or_else(|| self.of(&figures[at]), |nth| self.levels.get(nth));
            let (Some(level), Some(found)) = (level.filter(|_| goes_on), found.get_mut(at)) else {
                continue;
            };
            let own = found.fact.indicator.take().unwrap_or_default();
            found.fact.indicator = Some([level.indicator.as_str(), &own].concat());
            let evidence = reading.range(found.fact.evidence);
            found.fact.evidence = reading.span(level.start..evidence.end, SpanKind::Evidence);
        }
        let told = figures.iter().zip(ties).zip(found.iter());
        let told = told.filter(|((_, tie), _)| tie.part == Part::Value);
        let levels = told.filter_map(|((figure, _), found)| {
            Some(Level {
                indicator: found.fact.indicator.clone()?,
                kind: figure.kind,
                unit_base: figure.unit_base.clone(),
                start: reading.range(found.fact.evidence).start,
            })
        });
        let levels: Vec<Level> = levels.collect();
        // A line of changes alone is of what was told before it, and so may be the next.
        if !levels.is_empty() || figures.is_empty() || !goes_on {
            self.levels = levels;
        }
        // The break of a line ends what was spoken of.
        let ends = reading
            .text()
            .get(..here.end)
            .is_some_and(|text| text.ends_with('\n'));
        self.end = if ends { usize::MAX } else { here.end };
    }

    /// The last level that `change` may be of.
    fn of(&self, change: &Figure) -> Option<&Level> {
        let mut levels = self.levels.iter().rev();
        levels.find(|level| match change.measure {
            Some(Measure::Points) => level.kind == FactKind::Rate,
            Some(Measure::Rate) => true,
            _ => level.unit_base == change.unit_base,
        })
    }
}

/// True where `lacking` are the changes of one clause behind 分别.
fn each_its_own(line: &Line, figures: &[Figure], lacking: &[usize]) -> bool {
    let (Some(&first), Some(&last)) = (lacking.first(), lacking.last()) else {
        return false;
    };
    let start = figures[first].whole.start;
    let clause = line.clause(start);
    let words = line.slice(clause.start..start);
    last > first
        && clause.contains(&figures[last].number.start)
        && words.windows(2).any(|pair| pair == ['分', '别'])
}
