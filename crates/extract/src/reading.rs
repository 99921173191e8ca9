//! Numbers, shares, sums and days of any text, without indicator, period or evidence.
//!
//! [`Extract`](crate::Extract) reads with the same functions; here they say what a text holds where
//! no report is around it.

use std::ops::Range;

use taosha_core::{Period, simplify};

use crate::calendar;
use crate::line::fold;
use crate::money;
use crate::percent;
use crate::rules::RULES;
use crate::scan;

/// A number with what it measures, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// Bytes of the text: the number with its sign and unit, without 约 or 以上.
    pub range: Range<usize>,
    /// What it says: 28000 for 2.8万, 95 for 百分之九十五.
    pub value: f64,
    /// `%`, `百分点` or the ISO 4217 code of a currency; `None` for a bare number.
    pub unit: Option<String>,
}

/// A day that is named, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedDay {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// The day, when the words alone tell it: not for 明天, 上周三, 5月3日.
    pub day: Option<Period>,
}

/// The numbers of `text`, in order, whatever they count: 两千三百, 1.2e6, 三分之二, 7万5千.
///
/// ```
/// let numbers = taosha_extract::numbers("请准备两万三千份,余下的四分之一下周再发");
/// assert_eq!(numbers.iter().map(|n| n.value).collect::<Vec<_>>(), [23000.0, 0.25]);
/// ```
pub fn numbers(text: &str) -> Vec<Quantity> {
    let text = Folded::new(text);
    let found = scan::numbers(&RULES, &text.chars).into_iter();
    found
        .map(|number| text.quantity(number.range, number.value, None))
        .collect()
}

/// The shares of a hundred in `text`: 95%, 百分之九十五, 六成, 八五折, 3.2个百分点.
///
/// ```
/// let shares = taosha_extract::percents("入园率达百分之九十一点五,同比提高2个百分点");
/// assert_eq!(shares[0].value, 91.5);
/// assert_eq!(shares[1].unit.as_deref(), Some("百分点"));
/// ```
pub fn percents(text: &str) -> Vec<Quantity> {
    let text = Folded::new(text);
    let found = percent::percents(&RULES, &text.chars).into_iter();
    let unit = |points: bool| Some(if points { "百分点" } else { "%" }.to_owned());
    found
        .map(|share| text.quantity(share.range, share.value, unit(share.points)))
        .collect()
}

/// The sums of money in `text`, in whole units of their currency: 3万元, 五元三角, US$20, 一千日元.
///
/// ```
/// let sums = taosha_extract::amounts("捐款人民币3万元和500美元");
/// assert_eq!((sums[0].value, sums[0].unit.as_deref()), (30000.0, Some("CNY")));
/// assert_eq!((sums[1].value, sums[1].unit.as_deref()), (500.0, Some("USD")));
/// ```
pub fn amounts(text: &str) -> Vec<Quantity> {
    let text = Folded::new(text);
    let found = money::amounts(&RULES, &text.chars).into_iter();
    found
        .map(|sum| text.quantity(sum.range, sum.value, Some(sum.currency)))
        .collect()
}

/// The days that `text` names: by date, by the week, or from today.
///
/// ```
/// let days = taosha_extract::days("2019年3月5日发文,下周三开会");
/// assert_eq!(days[0].day.map(|day| day.to_string()).as_deref(), Some("2019-03-05"));
/// assert_eq!(days[1].day, None);
/// ```
pub fn days(text: &str) -> Vec<NamedDay> {
    let text = Folded::new(text);
    let found = calendar::days(&text.chars).into_iter();
    found
        .map(|day| NamedDay {
            range: text.bytes(day.range),
            day: day.day,
        })
        .collect()
}

/// A text as rules see it, with the way back.
struct Folded {
    chars: Vec<char>,
    offsets: Vec<usize>,
}

impl Folded {
    fn new(text: &str) -> Self {
        let mut offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        offsets.push(text.len());
        Folded {
            chars: simplify(text).chars().map(fold).collect(),
            offsets,
        }
    }

    fn bytes(&self, range: Range<usize>) -> Range<usize> {
        let last = self.offsets.last().copied().unwrap_or_default();
        let offset = |at: usize| self.offsets.get(at).copied().unwrap_or(last);
        offset(range.start)..offset(range.end)
    }

    fn quantity(&self, range: Range<usize>, value: f64, unit: Option<String>) -> Quantity {
        Quantity {
            range: self.bytes(range),
            value,
            unit,
        }
    }
}
