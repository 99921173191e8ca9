use std::ops::Range;

use taosha_core::FactKind;

use crate::comparison::{Part, Tie, change_verb};
use crate::figure::Figure;
use crate::line::{Line, is_han};
use crate::names::Statement;
use crate::unit::Measure;

/// What a figure counts, in words of the line: one range, or a verb and its object (取缔 … 看护点).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Indicator {
    pub(crate) words: Vec<Range<usize>>,
    /// Where the words begin, when that is before the figure's clause.
    pub(crate) reaches_back_to: Option<usize>,
    /// Where the words were taken from, for who asks.
    pub(crate) why: &'static str,
}

/// A reader's name for a figure seldom needs more.
const MAX_WORDS: usize = 28;
/// How far back a quotation may have been opened.
const MAX_QUOTED: usize = 80;
/// How far from where a name is cut a border between phrases is looked for.
const BORDER_REACH: usize = 10;
/// A name this short is completed by its topic. With 3 as before, 59 of 83 names of the captures held
/// half of a reader's characters.
const FEW_WORDS: usize = 6;
/// The things of a list that share a noun are seldom named by more: 国家、省、市、县四级课题.
const SHORT_WORDS: usize = 3;
/// How far behind its colon a list still belongs to what was announced.
const MAX_ANNOUNCED: usize = 120;
/// Behind so many characters a list of things is cut.
const LONG_LIST: usize = 12;
/// A topic is a phrase, not a sentence.
const MAX_TOPIC: usize = 18;
/// Below this a phrase names nothing.
const MIN_WORDS: usize = 2;

/// Names every figure of a line.
pub(crate) fn name_all(
    line: &Line,
    figures: &[Figure],
    ties: &[Tie],
    statements: &[Statement],
) -> Vec<Indicator> {
    let mut names: Vec<Indicator> = Vec::with_capacity(figures.len());
    for (index, figure) in figures.iter().enumerate() {
        let around = Around::new(line, figures, statements, index);
        // 分别为3、6、12: one name for all.
        if let Some(last) = names
            .last()
            .filter(|_| is_listed(line, figures, index))
            .cloned()
        {
            names.push(last.because("one name for all of a list"));
            continue;
        }
        let name = match ties[index].part {
            Part::Change => {
                change(line, figure, &around, &names).because("what changes, and the verb")
            }
            Part::Base => risen_from(line, &around)
                .or_else(|| {
                    Some(
                        inherited(&names, figures, index)?
                            .because("the figure before it, to which it is the base"),
                    )
                })
                .unwrap_or_else(|| plain(line, figures, index, &around, &names)),
            Part::Value if ties[index].base.is_some_and(|base| base < index) => {
                let last = names.last().cloned().unwrap_or_default();
                last.because("the figure before it, from which it rose or fell")
            }
            Part::Value => share(line, figures, index, &names)
                .unwrap_or_else(|| plain(line, figures, index, &around, &names)),
        };
        names.push(name);
    }
    distribute(line, figures, ties, &mut names);
    names
}

/// 死亡、受伤分别下降12%、25%: each figure has the noun in its place.
fn distribute(line: &Line, figures: &[Figure], ties: &[Tie], names: &mut [Indicator]) {
    let mut first = 0;
    while let Some(figure) = figures.get(first) {
        let clause = line.clause(figure.number.start);
        let count = figures.iter().skip(first);
        let n = count
            .take_while(|f| f.number.start < clause.end)
            .count()
            .max(1);
        let words = line.slice(clause.start..figure.number.start);
        let cue = words.windows(2).rposition(|pair| pair == ['分', '别']);
        if let Some(cue) = cue.map(|at| clause.start + at) {
            let nouns = listed_nouns(line, clause.start..cue);
            let verb = change_verb(line, figure).filter(|_| ties[first].part == Part::Change);
            if nouns.len() == n && n > 1 {
                let whole = whole_nouns(line, &nouns);
                for (name, noun) in names.iter_mut().skip(first).zip(whole) {
                    *name = Indicator::of(noun.into_iter().chain(verb.clone()).collect())
                        .because("its noun of the list before 分别");
                }
            }
        }
        first += n;
    }
}

/// 适龄儿童入学率、巩固率 share their head, 小学、初中巩固率 their tail.
fn whole_nouns(line: &Line, nouns: &[Range<usize>]) -> Vec<Vec<Range<usize>>> {
    let (Some(first), Some(last)) = (nouns.first(), nouns.last()) else {
        return Vec::new();
    };
    let ending = |noun: &Range<usize>| line.char(noun.end.saturating_sub(1));
    // What the last noun begins with is as long as the shortest of the others.
    let heads = nouns.iter().take(nouns.len() - 1).map(Range::len);
    let head = level_end(line, last)
        .or_else(|| heads.min())
        .unwrap_or_default();
    let one = |noun: &Range<usize>| {
        if noun != first && first.len() > noun.len() + 1 && ending(noun) == ending(first) {
            return vec![first.start..first.end - noun.len(), noun.clone()];
        }
        let open = noun != last && last.len() > head + 1 && noun.len() <= SHORT_WORDS;
        if open && ending(noun) != ending(last) {
            return vec![noun.clone(), last.start + head..last.end];
        }
        vec![noun.clone()]
    };
    nouns.iter().map(one).collect()
}

/// Where 级 divides 国家级骨干教师, and 县四级课题 before its number.
fn level_end(line: &Line, noun: &Range<usize>) -> Option<usize> {
    let words = line.slice(noun.clone());
    let level = words
        .iter()
        .take(SHORT_WORDS + 1)
        .position(|&c| c == '级')
        .filter(|at| *at > 0)?;
    let counted = words
        .get(level - 1)
        .is_some_and(|&c| taosha_core::han_digit(c).is_some());
    Some(level - usize::from(counted && level > 1))
}

/// The nouns of 小学、初中和高中.
fn listed_nouns(line: &Line, range: Range<usize>) -> Vec<Range<usize>> {
    let end = match line.until(range.end) {
        [.., '同' | '环', '比'] => range.end - 2,
        _ => range.end,
    };
    let mut nouns = Vec::new();
    let head = skip_leads(line, line.trim(range.start..end));
    let mut start = head;
    for at in head..=end {
        if at == end || matches!(line.char(at), '、' | '和') {
            nouns.push(start..at);
            start = at + 1;
        }
    }
    nouns.retain(|noun| !noun.is_empty());
    nouns
}

/// True for the second and later figures of 3、6、12.
fn is_listed(line: &Line, figures: &[Figure], index: usize) -> bool {
    let (Some(previous), Some(figure)) = (
        index.checked_sub(1).and_then(|i| figures.get(i)),
        figures.get(index),
    ) else {
        return false;
    };
    let between = line.slice(previous.whole.end..figure.whole.start);
    matches!(between, ['、'] | ['和'])
        && previous.unit == figure.unit
        && n_han(line, &previous.whole) <= 1
}

/// 合格率由上年的92%提高到96%: what rises stands before 由.
fn risen_from(line: &Line, around: &Around) -> Option<Indicator> {
    let words = line.slice(around.before.clone());
    let at = words.iter().rposition(|&c| matches!(c, '由' | '从'))?;
    let name = tidy_before(line, around.before.start..around.before.start + at);
    (n_han(line, &name) >= MIN_WORDS)
        .then(|| Indicator::of(vec![name]).because("what stands before 由"))
}

/// 外地学生26人占5%: the share is of what was counted just before.
fn share(line: &Line, figures: &[Figure], index: usize, names: &[Indicator]) -> Option<Indicator> {
    let (previous, figure) = (figures.get(index.checked_sub(1)?)?, &figures[index]);
    let between = line.trim(previous.whole.end..figure.whole.start.max(previous.whole.end));
    if figure.kind != FactKind::Rate || line.slice(between.clone()) != ['占'] {
        return None;
    }
    let mut name = names.last()?.clone();
    name.words.push(between);
    Some(name)
}

/// The words of the clause on both sides of a figure, up to the next figure, date or bracket.
struct Around {
    clause: Range<usize>,
    /// Where the figure before ends, or the clause begins.
    left: usize,
    /// The last figure of the clauses before: its index and place.
    whole: Option<(usize, usize)>,
    before: Range<usize>,
    after: Range<usize>,
}

impl Around {
    fn new(line: &Line, figures: &[Figure], statements: &[Statement], index: usize) -> Self {
        let figure = &figures[index];
        let clause = line.clause(figure.number.start);
        let mut from = clause.start;
        let mut to = clause.end;
        if let Some(previous) = index.checked_sub(1).and_then(|i| figures.get(i)) {
            from = from.max(previous.whole.end.min(figure.whole.start));
        }
        if let Some(next) = figures.get(index + 1) {
            to = to.min(next.whole.start.max(figure.whole.end));
        }
        let left = from;
        for period in &line.periods {
            if period.range.end <= figure.whole.start {
                from = from.max(period.range.end);
            }
        }
        for statement in statements
            .iter()
            .filter(|s| matches!(s.kind, FactKind::Date | FactKind::Rank))
        {
            if statement.range.end <= figure.whole.start {
                from = from.max(statement.range.end);
            }
            if statement.range.start >= figure.whole.end {
                to = to.min(statement.range.start);
            }
        }
        let stop = |c: char| matches!(c, '(' | ')' | '[' | ']' | '【' | '】' | '\n');
        if let Some(at) = open_bracket(line.slice(from..figure.whole.start)) {
            from += at + 1;
        }
        let after = line
            .slice(figure.whole.end..to)
            .iter()
            .position(|&c| stop(c));
        if let Some(at) = after {
            to = figure.whole.end + at;
        }
        Around {
            before: tidy_before(line, from..figure.whole.start),
            after: tidy_after(line, figure.whole.end..to),
            whole: figures
                .partition_point(|figure| figure.number.start < clause.start)
                .checked_sub(1)
                .and_then(|i| Some((i, figures.get(i)?.number.start))),
            clause,
            left,
        }
    }
}

/// The name of a figure that stands for itself.
fn plain(
    line: &Line,
    figures: &[Figure],
    index: usize,
    around: &Around,
    names: &[Indicator],
) -> Indicator {
    let own = own_words(line, &figures[index], around);
    complete(line, figures, index, own, around, names)
}

/// The words around a figure, in its own clause if they say anything.
fn own_words(line: &Line, figure: &Figure, around: &Around) -> Indicator {
    let (before, after) = (around.before.clone(), around.after.clone());
    // 男56人、女30人: in a list one character may name.
    let listed = before.len() == 1 && "男女城乡省市县死伤".contains(line.char(before.start));
    if listed && !is_han(line.char(figure.whole.end)) {
        return Indicator::of(vec![before]);
    }
    let named_before = n_han(line, &before) >= MIN_WORDS && !is_scope(line, &before);
    // 12个村: behind a measure word one character names.
    let least = if figure.measure == Some(Measure::Count) {
        1
    } else {
        MIN_WORDS
    };
    let named_after = n_han(line, &after) >= least && is_noun_start(line, after.start);
    let verb = line.rules.verbs.at_end(line.slice(before.clone()));
    let bare_verb = named_before && verb == Some(before.len());
    if let Some(name) = spent(line, figure, around) {
        return name;
    }
    let noun_follows = line.char(figure.whole.end) != '、'
        && match figure.measure {
            Some(Measure::Count) => !matches!(
                figure.unit_base.as_deref(),
                Some("人次" | "人" | "次" | "节次")
            ),
            Some(Measure::Time) => false,
            _ => line.char(figure.whole.end) == '的' || figure.masked,
        };
    if named_after && noun_follows {
        let verb = verb.map(|len| before.end - len..before.end);
        return Indicator::of(verb.into_iter().chain([after]).collect())
            .because("the words behind it, with the verb before");
    }
    if named_before && !(bare_verb && named_after) {
        return Indicator::of(vec![before]);
    }
    if named_after {
        let verb = Some(before).filter(|_| bare_verb);
        return Indicator::of(verb.into_iter().chain([after]).collect())
            .because("the words behind it, with the verb before");
    }
    let aside = line
        .slice(around.clause.start..figure.whole.start)
        .iter()
        .rposition(|&c| c == '(');
    if let Some(at) = aside.filter(|at| around.clause.start + at > around.left) {
        // 获“集体成就奖”(全市共15名): what stands before the bracket is counted in it.
        let words = tidy_before(line, around.left..around.clause.start + at);
        if n_han(line, &words) >= MIN_WORDS {
            return Indicator::of(vec![words]);
        }
    }
    previous_clause(line, around)
}

/// 花64万元新建宿舍: a sum is named by the verb that spends it and what it bought.
fn spent(line: &Line, figure: &Figure, around: &Around) -> Option<Indicator> {
    if figure.measure != Some(Measure::Amount) || line.char(figure.whole.end) == '、' {
        return None;
    }
    let verb = line
        .rules
        .spending
        .at_end(line.slice(around.before.clone()))?;
    let bought = tidy_after(line, figure.whole.end..around.clause.end);
    let named = n_han(line, &bought) >= MIN_WORDS && is_noun_start(line, bought.start);
    let verb = around.before.end - verb..around.before.end;
    named.then(|| {
        Indicator::of(vec![verb, bought]).because("the verb that spends, and what was bought")
    })
}

/// 全县, 我市: says where, not what.
fn is_scope(line: &Line, range: &Range<usize>) -> bool {
    let mut start = range.start;
    while let Some(len) = line.rules.scopes.at_start(line.slice(start..range.end)) {
        start += len;
    }
    start >= range.end
}

/// 其中骨干17个, 共救助186人: so few words need what they are about, which stands before.
fn complete(
    line: &Line,
    figures: &[Figure],
    index: usize,
    own: Indicator,
    around: &Around,
    names: &[Indicator],
) -> Indicator {
    let n = own
        .words
        .iter()
        .map(|range| n_han(line, range))
        .sum::<usize>();
    let share = own
        .words
        .last()
        .is_some_and(|range| line.slice(range.clone()).ends_with(&['率']));
    let of_itself = |range: &Range<usize>| {
        line.rules.indicators.at_end(line.slice(range.clone())) == Some(range.len())
    };
    let of_itself = own.words.last().is_some_and(of_itself);
    if n > FEW_WORDS || of_itself || own.words.is_empty() || own.reaches_back_to.is_some() {
        return own;
    }
    let part_of = line.has(line.trim(around.clause.clone()).start, "其中");
    // 实施项目23个,总投资1.86亿元,其中新建学校3所: schools are no part of a sum.
    let is_whole = |at: usize| {
        figures
            .get(at)
            .is_some_and(|whole| whole.unit_base == figures[index].unit_base)
    };
    let whole = around.whole.filter(|(at, _)| is_whole(*at));
    let whole = whole.and_then(|(at, _)| names.get(at));
    let topic = match whole {
        Some(whole) if part_of => Some(Indicator {
            words: whole.words.clone(),
            reaches_back_to: None,
            why: "the whole before 其中, and its own words",
        }),
        _ => beside(figures, index, &own, names)
            .or_else(|| announced(line, around).filter(|_| n <= 4))
            .or_else(|| of_clause_before(line, around, &own, names))
            .or_else(|| as_topic(line, previous_clause(line, around)).filter(|_| !share)),
    };
    let Some(mut topic) = topic else {
        return own;
    };
    // 面点小吃培训,累计培训80人: the topic says it already.
    let said = |range: &Range<usize>| {
        let last = topic
            .words
            .last()
            .map_or(&[][..], |words| line.slice(words.clone()));
        last.ends_with(line.slice(range.clone()))
    };
    if !own.words.iter().all(said) {
        topic.words.extend(own.words);
    }
    topic
}

/// `topic` as a phrase, not a sentence: without figures of its own, and short beside many words.
fn as_topic(line: &Line, topic: Indicator) -> Option<Indicator> {
    let mut topic = topic;
    let words = topic.words.last_mut()?;
    words.start = keep_end(line, words.clone(), MAX_TOPIC);
    while words.len() > MIN_WORDS && "中后时上下内间".contains(line.char(words.end - 1)) {
        words.end -= 1;
    }
    let numbers = line.slice(words.clone()).iter().any(char::is_ascii_digit);
    let range = words.clone();
    topic.words = vec![range.clone()];
    (!numbers && n_han(line, &range) >= MIN_WORDS).then_some(topic)
}

/// 新建校舍3所,投资80万元: a word that says only what kind of figure it is speaks of what was
/// counted in the clause before.
fn of_clause_before(
    line: &Line,
    around: &Around,
    own: &Indicator,
    names: &[Indicator],
) -> Option<Indicator> {
    let (index, at) = around.whole?;
    let before = line.clause(around.clause.start.checked_sub(1)?);
    let [words] = own.words.as_slice() else {
        return None;
    };
    let closing = matches!(line.before(around.clause.start), ',' | ':');
    let bare = line.rules.bare.at_end(line.slice(words.clone()));
    let alone = bare.is_some_and(|len| words.len() <= len + MIN_WORDS);
    let name = names.get(index)?;
    let len: usize = name.words.iter().map(Range::len).sum();
    let near = at >= before.start && closing && alone && (1..=MAX_TOPIC).contains(&len);
    near.then(|| Indicator {
        words: name.words.clone(),
        reaches_back_to: Some(before.start),
        why: "what was counted in the clause before, and its own words",
    })
}

/// 资助学生105人学费8.9万元: the fees are those of the students counted just before.
fn beside(
    figures: &[Figure],
    index: usize,
    own: &Indicator,
    names: &[Indicator],
) -> Option<Indicator> {
    let (previous, figure) = (figures.get(index.checked_sub(1)?)?, &figures[index]);
    let glued = own.words.first()?.start == previous.whole.end;
    let sum = figure.measure == Some(Measure::Amount) && previous.measure == Some(Measure::Count);
    let name = names.last()?;
    let len: usize = name.words.iter().map(Range::len).sum();
    (glued && sum && len <= MAX_TOPIC).then(|| name.clone())
}

/// 经费标准:小学30元/生,初中40元/生: what a colon announces is said of all that follows it.
fn announced(line: &Line, around: &Around) -> Option<Indicator> {
    let from = around.clause.start.checked_sub(1)?;
    let reach = from.saturating_sub(MAX_ANNOUNCED);
    let back = line.slice(reach..from + 1);
    let colon = reach
        + back
            .iter()
            .rposition(|&c| matches!(c, ':' | '。' | ';' | '\n'))?;
    if line.char(colon) != ':' {
        return None;
    }
    let clause = line.clause(colon.checked_sub(1)?);
    let words = tidy_before(line, clause.start..colon);
    let topic = Indicator {
        reaches_back_to: Some(clause.start),
        words: vec![words.clone()],
        why: "what the colon before announces, and its own words",
    };
    as_topic(line, topic).filter(|_| n_han(line, &words) >= MIN_WORDS)
}

/// 推荐的候选人,96%通过了评审: the clause before names what this one counts.
fn previous_clause(line: &Line, around: &Around) -> Indicator {
    let closing = line.before(around.clause.start);
    if around.clause.start == 0 || !matches!(closing, ',' | ':') {
        return Indicator::default();
    }
    let clause = line.clause(around.clause.start - 1);
    // 培训教师80人,捐款2万元: a clause with a figure of its own is no topic.
    if around.whole.is_some_and(|(_, at)| at >= clause.start) {
        return Indicator::default();
    }
    let words = tidy_before(line, clause.start..clause.end - 1);
    if n_han(line, &words) < MIN_WORDS {
        return Indicator::default();
    }
    Indicator {
        reaches_back_to: Some(clause.start),
        words: vec![words],
        why: "the clause before, and its own words",
    }
}

/// A change is named by what changes and the verb: 普通高中招生 增加.
fn change(line: &Line, figure: &Figure, around: &Around, names: &[Indicator]) -> Indicator {
    let verb = change_verb(line, figure);
    let end = verb.as_ref().map_or(figure.whole.start, |verb| verb.start);
    let start = around.before.start.min(end);
    let compared = line
        .slice(start..end)
        .iter()
        .position(|&c| matches!(c, '比' | '较'));
    // 同比, 环比 and 相比 begin one character earlier.
    let compared = compared.map(|at| match line.before(start + at) {
        '同' | '环' | '相' => start + at - 1,
        _ => start + at,
    });
    let own = tidy_before(line, start..compared.unwrap_or(end).max(start));
    let mut name = match names.last() {
        _ if n_han(line, &own) >= MIN_WORDS => Indicator::of(vec![own]),
        Some(last) => Indicator {
            words: last.words.iter().take(1).cloned().collect(),
            reaches_back_to: last.reaches_back_to,
            why: last.why,
        },
        None => previous_clause(line, around),
    };
    name.words.extend(verb);
    name
}

/// What stands before a rank in its clause: 教学质量居全县第二名.
pub(crate) fn before(line: &Line, at: usize) -> Option<Range<usize>> {
    let words = tidy_before(line, line.clause(at).start..at);
    (n_han(line, &words) >= MIN_WORDS).then_some(words)
}

/// A base is of the same thing as the figure before it.
fn inherited(names: &[Indicator], figures: &[Figure], index: usize) -> Option<Indicator> {
    let value = index.checked_sub(1)?;
    (figures[value].unit_base == figures[index].unit_base).then(|| names[value].clone())
}

impl Indicator {
    fn of(words: Vec<Range<usize>>) -> Self {
        Indicator {
            words,
            reaches_back_to: None,
            why: "the words before it",
        }
    }

    fn because(self, why: &'static str) -> Self {
        Indicator { why, ..self }
    }
}

/// Where the last bracket that is not closed again stands.
fn open_bracket(words: &[char]) -> Option<usize> {
    let mut closed = 0usize;
    for (at, c) in words.iter().enumerate().rev() {
        match c {
            '\n' => return Some(at),
            ')' | ']' | '】' => closed += 1,
            '(' | '[' | '【' if closed == 0 => return Some(at),
            '(' | '[' | '【' => closed -= 1,
            _ => {}
        }
    }
    None
}

fn n_han(line: &Line, range: &Range<usize>) -> usize {
    line.slice(range.clone())
        .iter()
        .filter(|&&c| is_han(c))
        .count()
}

/// Words behind a figure that go on with something else than what was counted.
fn is_noun_start(line: &Line, at: usize) -> bool {
    let c = line.char(at);
    (is_han(c) || matches!(c, '“' | '《'))
        && !matches!(c, '和' | '与' | '及' | '并' | '且' | '比' | '以')
}

/// Takes words that only link off both ends, and keeps the end of what is too long.
fn tidy_before(line: &Line, range: Range<usize>) -> Range<usize> {
    let Range { mut start, mut end } = line.trim(range);
    while let Some(len) = line.rules.links.at_end(line.slice(start..end)) {
        if line
            .rules
            .no_approx
            .at_end(line.slice(start..end))
            .is_some()
        {
            break;
        }
        end -= len;
    }
    start = behind_open_quotes(line, start.max(end.saturating_sub(MAX_QUOTED))..end);
    start = keep_end(line, start..end, MAX_WORDS);
    start = behind_open_quotes(line, start..end);
    start = skip_leads(line, start..end);
    let scoped = start;
    while let Some(len) = line
        .rules
        .scopes
        .at_start(line.slice(start..end))
        .filter(|len| *len > 1)
    {
        start = skip_leads(line, start + len..end);
    }
    // 全县教师: where is kept only when nothing else is said.
    if n_han(line, &(start..end)) < MIN_WORDS {
        start = scoped;
    }
    start.min(end)..end
}

/// The start of the last `most` characters of `range`, from a border between phrases where there is
/// one near.
fn keep_end(line: &Line, range: Range<usize>, most: usize) -> usize {
    if range.len() <= most {
        return range.start;
    }
    let from = range.end - most;
    let border = |&at: &usize| "、的和及与对向在”》".contains(line.char(at));
    let near = from..(from + BORDER_REACH).min(range.end - MIN_WORDS);
    near.into_iter().find(border).map_or(from, |at| at + 1)
}

/// 不惟资历”的原则评定骨干教师: what closes here was opened in another clause.
fn behind_open_quotes(line: &Line, range: Range<usize>) -> usize {
    let (mut open, mut start) = (0usize, range.start);
    for at in range {
        match line.char(at) {
            '“' | '《' | '(' => open += 1,
            '”' | '》' | ')' if open == 0 => start = at + 1,
            '”' | '》' | ')' => open -= 1,
            _ => {}
        }
    }
    start
}

fn tidy_after(line: &Line, range: Range<usize>) -> Range<usize> {
    let Range { mut start, mut end } = line.trim(range);
    while start < end && matches!(line.char(start), '的' | ' ' | '为' | '是' | '均') {
        start += 1;
    }
    if end > start + MAX_WORDS {
        end = start + MAX_WORDS;
    }
    let list = start + LONG_LIST;
    let cut = |&at: &usize| match line.char(at) {
        '《' | ',' | '。' | ';' | '(' => at > start + 1,
        '、' => at > list,
        _ => false,
    };
    end = (start..end).find(cut).unwrap_or(end);
    while let Some(len) = line.rules.links.at_end(line.slice(start..end)) {
        end -= len;
    }
    while end > start && "和与及并、".contains(line.char(end - 1)) {
        end -= 1;
    }
    start..end.max(start)
}

/// Behind times, numbers and words that only introduce what follows.
pub(crate) fn skip_leads(line: &Line, range: Range<usize>) -> usize {
    let Range { mut start, end } = range;
    while start < end {
        let head = line.slice(start..end);
        let figures = head.iter().take_while(|c| c.is_ascii_digit()).count();
        let masks = (start..end).take_while(|&at| line.is_mask(at)).count();
        if let Some(len) = list_number(head) {
            start += len;
            continue;
        }
        let kept = line.rules.no_leads.at_start(head).is_some();
        let lead = line.rules.leads.at_start(head).filter(|_| !kept);
        let len = lead.unwrap_or(figures.max(masks));
        if len == 0 {
            break;
        }
        start += len;
    }
    start.min(end)
}

/// The （三）, 3. or 三、 that a list item opens with.
fn list_number(head: &[char]) -> Option<usize> {
    let open = usize::from(head.first() == Some(&'('));
    let digits = head
        .iter()
        .skip(open)
        .take_while(|c| is_list_digit(**c))
        .count();
    let behind = head.get(open + digits + 1);
    let closed = match head.get(open + digits) {
        Some(')') => true,
        // 3.5 is no item.
        Some('.' | '、') => open == 0 && !behind.is_some_and(|c| is_list_digit(*c)),
        _ => false,
    };
    ((1..=3).contains(&digits) && closed).then_some(open + digits + 1)
}

fn is_list_digit(c: char) -> bool {
    c.is_ascii_digit() || c == '十' || taosha_core::han_digit(c).is_some()
}
