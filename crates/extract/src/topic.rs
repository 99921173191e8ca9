use std::ops::Range;

use taosha_core::{FactKind, han_digit};

use crate::around::{Around, is_by_the_way};
use crate::figure::Figure;
use crate::indicator::Indicator;
use crate::line::{Line, is_han};
use crate::phrase::{MIN_WORDS, keep_end, n_han, tidy_after, tidy_before};
use crate::unit::Measure;

/// A name this short is completed by its topic. With 3 as before, 59 of 83 names of the captures held
/// half of a reader's characters.
pub(crate) const FEW_WORDS: usize = 6;
/// A name of no more characters goes on with what stands before its time.
const SHORT_NAME: usize = 4;
/// A verb with an object of so many characters names by itself.
const MIN_OBJECT: usize = 2;
/// How many figures back the object of a verb is looked for.
const MAX_BACK: usize = 4;
/// How far behind its colon a list still belongs to what was announced.
pub(crate) const MAX_ANNOUNCED: usize = 120;
/// A topic is a phrase, not a sentence.
const MAX_TOPIC: usize = 18;

/// 其中骨干17个, 共救助186人: so few words need what they are about, which stands before.
pub(crate) fn complete(
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
    if let Some(contest) = contest(line, around, &own) {
        return contest;
    }
    if let Some(whole) = before_time(line, around, &own).filter(|_| n <= SHORT_NAME) {
        return whole;
    }
    if n > FEW_WORDS || of_itself || own.words.is_empty() || own.reaches_back_to.is_some() {
        return own;
    }
    if let Some(name) = subject_before(figures, index, &own, around, names) {
        return name;
    }
    if let Some(name) = with_object(line, figures, index, &own, names) {
        return name;
    }
    if names_itself(line, &own) {
        return own;
    }
    let topic = beside(line, figures, index, &own, names)
        .or_else(|| announced(line, around).filter(|_| n <= 4))
        .or_else(|| of_clause_before(line, figures, around, &own, names))
        .or_else(|| of_same_verb(line, around, &own))
        .or_else(|| as_topic(line, previous_clause(line, around)).filter(|_| !share));
    let Some(mut topic) = topic else {
        return own;
    };
    let mut own = own;
    if let Some(rest) = behind_said(line, &topic, &own) {
        let bare = line.rules.bare.at_end(line.slice(rest.clone())).is_some();
        if n_han(line, &rest) >= MIN_OBJECT && !bare {
            return own;
        }
        own.words[0] = rest;
    }
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

/// 对企业进行监测,监测企业85家; 办理助学贷款,贷款金额5万元: what stands behind the word that ends the topic and
/// opens the name.
fn behind_said(line: &Line, topic: &Indicator, own: &Indicator) -> Option<Range<usize>> {
    let (last, first) = (topic.words.last()?, own.words.first()?);
    let word = line.slice(first.start..first.start + MIN_WORDS);
    let again = first.len() > MIN_WORDS && line.slice(last.clone()).ends_with(word);
    again.then_some(first.start + MIN_WORDS..first.end)
}

/// 参加全市教师演讲比赛,获一等奖3名: a prize is named by where it was won.
fn contest(line: &Line, around: &Around, own: &Indicator) -> Option<Indicator> {
    let prize = |range: &Range<usize>| {
        let words = line.slice(range.clone());
        words.iter().any(|&c| matches!(c, '奖' | '冠' | '牌'))
    };
    if !own.words.iter().any(prize) {
        return None;
    }
    let mut at = around.clause.start;
    while at > 0 && matches!(line.before(at), ',' | '、') {
        let clause = line.clause(at - 1);
        let words = tidy_before(line, clause.start..clause.end - 1);
        let end = words.end - usize::from(matches!(line.before(words.end), '中' | '上'));
        let mut start = words.start;
        let took_part = line.slice(start..end).windows(2);
        if let Some(at) = took_part
            .clone()
            .rposition(|pair| matches!(pair, ['参', '加' | '与']))
        {
            start += at + 2;
            start = behind_particle(line, start);
        }
        while let Some(len) = line.rules.verbs.at_start(line.slice(start..end)) {
            start = behind_particle(line, start + len);
        }
        if line.rules.contests.at_end(line.slice(start..end)).is_some() {
            let start = keep_end(line, start..end, MAX_TOPIC);
            let words = std::iter::once(start..end).chain(own.words.clone());
            return Some(Indicator {
                words: words.collect(),
                reaches_back_to: Some(clause.start),
                why: "where it was won, and its own words",
                plan: None,
                lacks_subject: false,
            });
        }
        at = clause.start;
    }
    None
}

/// 高中阶段学校2024年秋季在校学生1420人: a short name goes on with what stands before its time.
fn before_time(line: &Line, around: &Around, own: &Indicator) -> Option<Indicator> {
    let [words] = own.words.as_slice() else {
        return None;
    };
    let from = around.left.max(around.clause.start);
    let time = line
        .periods
        .iter()
        .find(|period| from < period.range.start && period.range.end <= words.start)?;
    let near = line.slice(time.range.end..words.start).iter();
    let whose = tidy_before(line, from..time.range.start);
    let office =
        "局委厅院办县市区镇乡省会校部年度在至到于从自比较".contains(line.before(whose.end));
    let noun =
        line.before(whose.end) == '校' && line.rules.places.within(line.slice(whose.clone()));
    let office = office && (line.before(whose.end) != '校' || noun);
    if office || n_han(line, &whose) < MIN_WORDS || near.filter(|c| is_han(**c)).count() > MIN_WORDS
    {
        return None;
    }
    Some(Indicator {
        words: vec![whose, words.clone()],
        reaches_back_to: None,
        why: "the words before its time, and its own",
        plan: None,
        lacks_subject: false,
    })
}

/// 享受补助的学生3200人;…秋季享受人数为3100人: who is counted was said where the verb stood first.
fn of_same_verb(line: &Line, around: &Around, own: &Indicator) -> Option<Indicator> {
    let [words] = own.words.as_slice() else {
        return None;
    };
    let people = ["人数", "人次"]
        .iter()
        .any(|word| words.len() == 4 && line.has(words.end - 2, word));
    if !people {
        return None;
    }
    let verb: Vec<char> = line.slice(words.start..words.start + 2).to_vec();
    let from = around.clause.start.saturating_sub(MAX_ANNOUNCED);
    let back = line.slice(from..around.clause.start);
    let at = from + back.windows(2).rposition(|pair| pair == verb)? + 2;
    let object = tidy_after(line, at..line.clause(at).end);
    let figures = line.slice(object.clone()).iter().any(char::is_ascii_digit);
    let named = n_han(line, &object) >= MIN_WORDS && !figures;
    named.then(|| Indicator {
        words: vec![object, words.clone()],
        reaches_back_to: None,
        why: "the object that its verb has before, and its own words",
        plan: None,
        lacks_subject: false,
    })
}

/// 拆除违章建筑: a verb with its object needs no topic. Who takes part or gets something does.
fn names_itself(line: &Line, own: &Indicator) -> bool {
    // 投资购置设备: what was bought names the sum.
    if let [verb, bought] = own.words.as_slice() {
        let spends = line.rules.spending.at_end(line.slice(verb.clone())) == Some(verb.len());
        let buys = line.rules.verbs.at_start(line.slice(bought.clone()));
        return spends && buys.is_some_and(|len| bought.len() >= len + MIN_OBJECT);
    }
    let [words] = own.words.as_slice() else {
        return false;
    };
    let verb = line.rules.verbs.at_start(line.slice(words.clone()));
    let takes_part = "参获受接收通".contains(line.char(words.start));
    // 投入资金: says what kind of figure it is, and not of what. 返还资金 says so.
    let comes_back = line.rules.coming_back.at_start(line.slice(words.clone()));
    let bare = line.rules.bare.at_end(line.slice(words.clone())).is_some();
    let bare = bare && comes_back.is_none();
    !bare && verb.is_some_and(|len| words.len() >= len + MIN_OBJECT) && !takes_part
}

/// 受理治安案件2315起,查处2190起: a verb alone has the object of the figure before it that counts
/// the same.
fn with_object(
    line: &Line,
    figures: &[Figure],
    index: usize,
    own: &Indicator,
    names: &[Indicator],
) -> Option<Indicator> {
    let [words] = own.words.as_slice() else {
        return None;
    };
    let slice = line.slice(words.clone());
    if line.rules.bare.at_end(slice).is_some() {
        return None;
    }
    let adverb = [
        "成功", "依法", "当场", "按时", "及时", "累计", "基本", "全部", "正式", "共", "已",
    ];
    let adverb = adverb.iter().find(|word| line.has(words.start, word));
    let from = adverb.map_or(0, |word| word.chars().count());
    let verb = line.rules.verbs.at_start(slice.get(from..)?)?;
    let rest: String = slice.get(from + verb..)?.iter().collect();
    if !matches!(rest.as_str(), "" | "到位" | "完毕" | "成功" | "完成") {
        return None;
    }
    let (unit, here) = (&figures[index].unit_base, figures[index].whole.start);
    let before = (0..index).rev().take(MAX_BACK);
    let before = before.filter(|&at| !is_by_the_way(line, &figures[at], here));
    let mut alike = before.filter(|&at| figures[at].unit_base == *unit);
    let object = alike.find_map(|at| object_of(line, names.get(at)?))?;
    Some(Indicator {
        words: vec![words.clone(), object],
        reaches_back_to: None,
        why: "the verb before it, and the object of the figure before",
        plan: None,
        lacks_subject: false,
    })
}

/// 推荐候选人13位,100%通过了评审: the share is of those just counted.
fn subject_before(
    figures: &[Figure],
    index: usize,
    own: &Indicator,
    around: &Around,
    names: &[Indicator],
) -> Option<Indicator> {
    let figure = &figures[index];
    let behind = own.words.first()?.start >= figure.whole.end;
    let (whole, at) = around.whole?;
    let opens = figure.whole.start == around.clause.start;
    let near = at + MAX_ANNOUNCED > figure.whole.start;
    if figure.kind != FactKind::Rate || !behind || !opens || !near || whole + 1 != index {
        return None;
    }
    let mut name = names.get(whole)?.clone();
    name.words.extend(own.words.clone());
    Some(name.because("what was counted before, and the words behind it"))
}

/// What a name speaks of behind its verb: the 治安案件 of 受理治安案件.
fn object_of(line: &Line, name: &Indicator) -> Option<Range<usize>> {
    let words = name.words.last()?;
    // 云溪区法院受理案件: an office stands in front of the verb.
    let office = |at: &usize| "院局庭关队署所".contains(line.before(*at));
    let does = |at: &usize| {
        office(at)
            && line
                .rules
                .verbs
                .at_start(line.slice(*at..words.end))
                .is_some()
    };
    let mut places = words.start + MIN_WORDS..words.end;
    let mut start = places.find(does).unwrap_or(words.start);
    while let Some(len) = line.rules.verbs.at_start(line.slice(start..words.end)) {
        start = behind_particle(line, start + len);
    }
    (n_han(line, &(start..words.end)) >= MIN_WORDS).then_some(start..words.end)
}

/// Where the words behind a verb begin, without what belongs to the verb: 加强了敬老院建设, 排查出隐患.
fn behind_particle(line: &Line, at: usize) -> usize {
    /// 出租车, 出入境: words that begin so.
    const WORDS: &str = "租入境生口版行厂席资台勤警院栏国访差让";
    let is_word = match line.char(at) {
        '了' => line.rules.no_leads.at_start(line.from(at)).is_some(),
        '出' => WORDS.contains(line.char(at + 1)),
        _ => true,
    };
    at + usize::from(!is_word)
}

/// `topic` as a phrase, not a sentence: without figures of its own, and short beside many words.
fn as_topic(line: &Line, topic: Indicator) -> Option<Indicator> {
    let mut topic = topic;
    let words = topic.words.last_mut()?;
    let mut start = words.start;
    while let Some(len) = line.rules.no_topics.at_start(line.slice(start..words.end)) {
        start = behind_particle(line, start + len);
    }
    if start > words.start {
        // 大力推进“校校通”工程: the verb is left out, its object is a topic.
        line.rules
            .undertakings
            .at_end(line.slice(start..words.end))?;
        words.start = start;
    }
    for suffix in ["工作方面", "方面", "情况"] {
        let len = suffix.chars().count();
        if words.len() > len + MIN_WORDS && line.has(words.end - len, suffix) {
            words.end -= len;
        }
    }
    // 连续三年居全县前列: for how long, which is a figure of its own.
    if words.clone().any(|at| line.has(at, "连续")) {
        return None;
    }
    words.start = keep_end(line, words.clone(), MAX_TOPIC);
    while words.len() > MIN_WORDS && "中后时上下内间".contains(line.char(words.end - 1)) {
        words.end -= 1;
    }
    let numbers = line.slice(words.clone()).iter().any(char::is_ascii_digit);
    let range = words.clone();
    (!numbers && n_han(line, &range) >= MIN_WORDS).then_some(topic)
}

/// 教学质量居全县第二名 without the rank, which is a figure of its own.
fn without_rank(line: &Line, words: Range<usize>) -> Range<usize> {
    let is_digit = |at: usize| {
        let c = line.char(at);
        c.is_ascii_digit() || c == '十' || han_digit(c).is_some()
    };
    let is_part = |&at: &usize| is_digit(at) || matches!(line.char(at), '名' | '位');
    let at = words.clone().rev().find(|at| !is_part(at));
    let rank = at.filter(|&at| matches!(line.char(at), '第' | '前') && is_digit(at + 1));
    words.start..rank.unwrap_or(words.end)
}

/// 在县委的坚强领导下, 在落实政策的基础上: under what, and not of what.
fn is_circumstance(line: &Line, words: &Range<usize>) -> bool {
    /// 的 and what stands between it and 下: 关心支持.
    const REACH: usize = 6;
    let near = words.start.max(words.end.saturating_sub(REACH + 1))..words.end;
    matches!(line.before(words.end), '下' | '上' | '中') && line.slice(near).contains(&'的')
}

/// 新建校舍3所,投资80万元: a word that says only what kind of figure it is speaks of what was
/// counted in the clause before.
fn of_clause_before(
    line: &Line,
    figures: &[Figure],
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
    let attends = line.rules.attending.at_start(line.slice(words.clone()));
    // 利润总额 and 图书生均 say of what, 救助金额 does not.
    let ends = |words: &Range<usize>, word: &str| line.has_before(words.end, word);
    let total = ["总额", "总数"].iter().any(|word| ends(words, word));
    let per_head = line.before(words.end) == '均';
    let more = if total || per_head { 0 } else { MIN_WORDS };
    let alone = bare.is_some_and(|len| words.len() <= len + more)
        || attends.is_some() && words.len() <= FEW_WORDS;
    let name = names.get(index)?;
    // 占地面积3亩,建筑面积2亩: beside each other.
    let kind: String = bare.map_or(String::new(), |len| {
        line.slice(words.end - len..words.end).iter().collect()
    });
    if words.len() > kind.chars().count()
        && !kind.is_empty()
        && name.words.last().is_some_and(|last| ends(last, &kind))
    {
        return None;
    }
    let counts = figures.get(index)?.kind != FactKind::Rate;
    let near = at >= before.start && closing && alone && counts && !name.words.is_empty();
    let mut topic = shortened(line, name);
    if total {
        without_added(line, &mut topic);
    }
    near.then_some(Indicator {
        words: topic,
        reaches_back_to: Some(before.start),
        why: "what was counted in the clause before, and its own words",
        plan: None,
        lacks_subject: false,
    })
}

/// 新增市场主体820户,总数达到6215户: all there are, and not only the new ones.
pub(crate) fn without_added(line: &Line, words: &mut [Range<usize>]) {
    const ADDED: &[&str] = &[
        "新增",
        "新建",
        "新设",
        "新登记",
        "新发展",
        "净增",
        "增加",
        "增设",
    ];
    let Some(first) = words.first_mut() else {
        return;
    };
    let added = ADDED.iter().find(|word| line.has(first.start, word));
    let n = added.map_or(0, |word| word.chars().count());
    if first.len() >= n + MIN_WORDS {
        first.start += n;
    }
}

/// 资助学生105人学费8.9万元: the fees are those of the students counted just before.
fn beside(
    line: &Line,
    figures: &[Figure],
    index: usize,
    own: &Indicator,
    names: &[Indicator],
) -> Option<Indicator> {
    let (previous, figure) = (figures.get(index.checked_sub(1)?)?, &figures[index]);
    let glued = own.words.first()?.start == previous.whole.end;
    let sum = figure.measure == Some(Measure::Amount) && previous.measure == Some(Measure::Count);
    let name = names.last()?;
    (glued && sum).then(|| Indicator {
        words: shortened(line, name),
        ..name.clone()
    })
}

/// The words of a name as a topic of another; of a long one the end, which says what it is.
fn shortened(line: &Line, name: &Indicator) -> Vec<Range<usize>> {
    let len: usize = name.words.iter().map(Range::len).sum();
    match name.words.last() {
        Some(last) if len > MAX_TOPIC => {
            let end = keep_end(line, last.clone(), MAX_TOPIC)..last.end;
            vec![end]
        }
        _ => name.words.clone(),
    }
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
        plan: None,
        lacks_subject: false,
    };
    as_topic(line, topic).filter(|_| n_han(line, &words) >= MIN_WORDS)
}

/// 推荐的候选人,96%通过了评审: the clause before names what this one counts.
pub(crate) fn previous_clause(line: &Line, around: &Around) -> Indicator {
    let closing = line.before(around.clause.start);
    if around.clause.start == 0 || !matches!(closing, ',' | ':') {
        return Indicator::default();
    }
    let clause = line.clause(around.clause.start - 1);
    // 培训教师80人,捐款2万元: a clause with a figure of its own is no topic.
    if around.whole.is_some_and(|(_, at)| at >= clause.start) {
        return Indicator::default();
    }
    let words = tidy_before(line, without_rank(line, clause.start..clause.end - 1));
    if n_han(line, &words) < MIN_WORDS || is_circumstance(line, &words) {
        return Indicator::default();
    }
    Indicator {
        reaches_back_to: Some(clause.start),
        words: done_to(line, &clause, &words).unwrap_or(vec![words]),
        why: "the clause before, and its own words",
        plan: None,
        lacks_subject: false,
    }
}

/// 对干部进行轮训 without the words that join both: 干部, 轮训.
fn done_to(line: &Line, clause: &Range<usize>, words: &Range<usize>) -> Option<Vec<Range<usize>>> {
    // 对 leads to a name and is taken off, 就 is not.
    let about = usize::from(line.char(words.start) == '就');
    let is_about = about > 0 || line.slice(clause.start..words.start).contains(&'对');
    let words = words.start + about..words.end;
    let at = words.clone().find(|&at| line.has(at, "进行"))?;
    let deed = at + "进行".chars().count()..words.end;
    let deed = deed.start + usize::from(line.char(deed.start) == '了')..deed.end;
    let is_said = n_han(line, &(words.start..at)) >= MIN_WORDS && n_han(line, &deed) >= MIN_WORDS;
    (is_about && is_said).then(|| vec![words.start..at, deed])
}
