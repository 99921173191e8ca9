//! Invented prose of annual reports. Templates hold the words, facts the county, year and figures.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Paragraph, Random};

/// Paragraphs that go round among reports.
const SET_PHRASES: usize = 120;

const ADVERBS: [&str; 36] = [
    "积极", "认真", "扎实", "全面", "深入", "稳步", "持续", "有序", "大力", "着力", "切实", "不断",
    "及时", "主动", "精心", "严格", "逐步", "有效", "统筹", "重点", "广泛", "充分", "努力", "加快",
    "坚持", "分批", "定期", "如期", "从严", "协同", "", "", "", "", "", "",
];
const VERBS: [&str; 40] = [
    "推进", "开展", "落实", "完善", "加强", "组织", "部署", "检查", "建立", "健全", "优化", "改善",
    "提升", "规范", "巩固", "拓展", "深化", "抓好", "启动", "实施", "督促", "指导", "整顿", "研究",
    "宣传", "保障", "培育", "创新", "梳理", "汇总", "公示", "评估", "验收", "对接", "承办", "筹备",
    "扩大", "压实", "细化", "补齐",
];
const MODIFIERS: [&str; 44] = [
    "校园",
    "基层",
    "农村",
    "城乡",
    "社区",
    "学前",
    "义务阶段",
    "职业",
    "乡镇",
    "机关",
    "干部",
    "青年教师",
    "医护",
    "养老",
    "困难群众",
    "留守儿童",
    "特殊群体",
    "民办",
    "公共",
    "食堂",
    "消防",
    "道路",
    "河道",
    "档案",
    "财务",
    "项目",
    "资金",
    "信访",
    "党员",
    "群团",
    "窗口",
    "网络",
    "数字",
    "图书",
    "体育",
    "艺术",
    "劳动",
    "心理",
    "家庭",
    "夜间",
    "汛期",
    "冬季",
    "重点",
    "年度",
];
const NOUNS: [&str; 56] = [
    "安全管理",
    "队伍建设",
    "教学改革",
    "质量监测",
    "隐患排查",
    "专题培训",
    "结对帮扶",
    "救助机制",
    "服务流程",
    "考核办法",
    "值班制度",
    "应急演练",
    "卫生防疫",
    "巡回指导",
    "经费使用",
    "阳光招生",
    "工程进度",
    "设备采购",
    "信息平台",
    "联席会议",
    "包保责任",
    "回访工作",
    "志愿活动",
    "主题教育",
    "法治宣传",
    "文明创建",
    "环境整治",
    "绿化工程",
    "资源共享",
    "集体备课",
    "评优评先",
    "人才引进",
    "岗位练兵",
    "问卷调查",
    "意见征集",
    "台账管理",
    "物资储备",
    "用药安全",
    "巡查制度",
    "矛盾调解",
    "作风整顿",
    "廉政教育",
    "典型培育",
    "经验交流",
    "课后服务",
    "作业管理",
    "控辍保学",
    "学籍核查",
    "营养改善",
    "寄宿条件",
    "教研活动",
    "家访制度",
    "户外活动",
    "传统文化",
    "科普讲座",
    "阅读行动",
];
const ENDS: [&str; 24] = [
    "取得阶段性成效",
    "得到群众认可",
    "形成了工作合力",
    "工作面貌焕然一新",
    "各项指标稳中向好",
    "为下步工作打下基础",
    "责任进一步明确",
    "风气明显好转",
    "基础更加牢固",
    "受到上级通报表扬",
    "短板正在补上",
    "问题逐件销号",
    "群众少跑了路",
    "孩子们有了去处",
    "条件得到改善",
    "运转总体平稳",
    "没有发生责任事故",
    "经验在全市推广",
    "任务按期办结",
    "台账清楚",
    "家长普遍满意",
    "秩序井然",
    "水平有所提高",
    "差距仍然存在",
];
const FACTS: [&str; 26] = [
    "全年投入资金{n}万元",
    "新建校舍{n}平方米",
    "改造危房{n}间",
    "惠及学生{n}人",
    "培训教师{n}人次",
    "{c}适龄儿童入学率达到{d}%",
    "排查隐患{n}处",
    "比上年增长{d}%",
    "{y}年{c}共有学校{n}所",
    "在校学生{n}人",
    "发放助学金{n}元",
    "资助困难家庭{n}户",
    "接待来访{n}批次",
    "办结事项{n}件",
    "{c}财政安排{d}亿元",
    "完成投资{d}万元",
    "新增学位{n}个",
    "招聘教师{n}名",
    "举办活动{n}场",
    "{s}中学考入重点院校{n}人",
    "{s}镇新建幼儿园{m}所",
    "巡诊{n}人次",
    "救助{n}人",
    "{y}年底完成验收{m}个项目",
    "{s}小学添置设备{n}台",
    "为{s}村修缮房屋{n}平方米",
];
const FIRST: [&str; 20] = [
    "青", "云", "临", "石", "安", "柳", "望", "河", "松", "白", "金", "清", "龙", "东", "桃", "兰",
    "宁", "长", "双", "沙",
];
const SECOND: [&str; 20] = [
    "禾", "岭", "江", "桥", "川", "溪", "海", "湾", "坪", "泉", "坝", "源", "山", "阳", "口", "原",
    "塘", "店", "岗", "滩",
];

/// The words of a report, with places for facts.
pub(super) struct Template {
    title: &'static str,
    /// Heading and paragraphs of each section.
    sections: Vec<(String, Vec<String>)>,
}

/// The words of a paragraph, with the figures that go into it.
type Filled = (String, Vec<String>);

/// A template with the facts of one year and place.
#[derive(Clone)]
pub(super) struct Report {
    pub(super) county: String,
    pub(super) year: String,
    title: String,
    /// Heading and paragraphs of each section.
    sections: Vec<(String, Vec<Filled>)>,
}

fn phrase(random: &mut Random) -> String {
    let (adverb, verb) = (random.of(&ADVERBS), random.of(&VERBS));
    format!(
        "{adverb}{verb}{}{}",
        random.of(&MODIFIERS),
        random.of(&NOUNS)
    )
}

fn sentence(random: &mut Random) -> String {
    let mut sentence = phrase(random);
    for _ in 0..random.below(3) {
        sentence += "，";
        sentence += &phrase(random);
    }
    for _ in 0..1 + random.below(2) {
        sentence += "，";
        let clauses = match random.one_in(3) {
            true => &ENDS[..],
            false => &FACTS[..],
        };
        sentence += random.of(clauses);
    }
    sentence + random.of(&["。", "。", "。", "；", "！"])
}

fn paragraph(random: &mut Random) -> String {
    let n = 2 + random.below(4);
    (0..n).map(|_| sentence(random)).collect()
}

fn place(random: &mut Random) -> String {
    format!("{}{}", random.of(&FIRST), random.of(&SECOND))
}

/// Paragraphs that stand in many reports.
pub(super) fn set_phrases(random: &mut Random) -> Vec<String> {
    (0..SET_PHRASES).map(|_| paragraph(random)).collect()
}

/// The kinds of the places for facts in `words`, in order.
fn places(words: &str) -> impl Iterator<Item = char> + '_ {
    let kinds = words.split('{').skip(1);
    kinds.filter_map(|rest| rest.chars().next())
}

/// What goes into the places of `words` that are of the report alone.
fn figures(words: &str, random: &mut Random) -> Vec<String> {
    places(words)
        .filter(|kind| "nmds".contains(*kind))
        .map(|kind| match kind {
            'n' => (11 + random.below(4000)).to_string(),
            'm' => (2 + random.below(8)).to_string(),
            'd' => format!("{}.{}", 2 + random.below(97), 1 + random.below(9)),
            _ => place(random),
        })
        .collect()
}

impl Template {
    pub(super) fn new(random: &mut Random) -> Self {
        let titles = [
            "教育局{y}年工作总结",
            "卫生局{y}年度工作报告",
            "民政局{y}年工作情况汇报",
        ];
        let n_sections = 3 + random.below(5);
        Template {
            title: random.of(&titles),
            sections: (0..n_sections)
                .map(|_| {
                    let n = 1 + random.below(7);
                    (phrase(random), (0..n).map(|_| paragraph(random)).collect())
                })
                .collect(),
        }
    }

    /// Puts a paragraph somewhere.
    pub(super) fn insert(&mut self, paragraph: &str, random: &mut Random) {
        let section = random.below(self.sections.len());
        if let Some((_, paragraphs)) = self.sections.get_mut(section) {
            let at = random.below(paragraphs.len() + 1);
            paragraphs.insert(at, paragraph.to_owned());
        }
    }

    pub(super) fn with_facts(&self, seed: u64) -> Report {
        let mut random = Random(seed);
        let mut report = Report {
            county: place(&mut random) + random.of(&["县", "市", "区"]),
            year: (1998 + random.below(26)).to_string(),
            title: self.title.to_owned(),
            sections: Vec::new(),
        };
        for (heading, paragraphs) in &self.sections {
            let paragraphs = paragraphs.iter();
            let filled = paragraphs.map(|words| (words.clone(), figures(words, &mut random)));
            report.sections.push((heading.clone(), filled.collect()));
        }
        report
    }
}

impl Report {
    /// The same words with other facts; `kind` is an index into [`super::SIBLINGS`].
    pub(super) fn sibling(&self, kind: usize, seed: u64) -> Report {
        let mut random = Random(seed);
        let mut sibling = self.clone();
        if kind != 0 && kind != 4 {
            while sibling.county == self.county {
                sibling.county = place(&mut random) + random.of(&["县", "市", "区"]);
            }
        }
        if kind != 1 && kind != 5 {
            while sibling.year == self.year {
                sibling.year = (1998 + random.below(26)).to_string();
            }
        }
        if kind >= 4 {
            return sibling;
        }
        let paragraphs = sibling.sections.iter_mut().flat_map(|(_, p)| p);
        let mut n = 0;
        for (words, old) in paragraphs {
            for (new, old) in figures(words, &mut random).into_iter().zip(old) {
                if kind != 3 || n % 3 != 0 {
                    *old = new;
                }
                n += 1;
            }
        }
        sibling
    }

    /// Takes over a paragraph of `other`, with its figures or with new ones.
    pub(super) fn copy_paragraph(
        &mut self,
        other: &Report,
        with_figures: bool,
        random: &mut Random,
    ) {
        let from: Vec<_> = other.sections.iter().flat_map(|(_, p)| p).collect();
        let (words, mut facts) = from[random.below(from.len())].clone();
        if !with_figures {
            facts = figures(&words, random);
        }
        let section = random.below(self.sections.len());
        if let Some((_, paragraphs)) = self.sections.get_mut(section) {
            let at = random.below(paragraphs.len() + 1);
            paragraphs.insert(at, (words, facts));
        }
    }

    fn filled(&self, words: &str, figures: &[String]) -> String {
        let mut figures = figures.iter();
        let mut parts = words.split('{');
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (kind, rest) = part.split_once('}').unwrap_or(("", part));
            filled += match kind {
                "c" => &self.county,
                "y" => &self.year,
                _ => figures.next().map_or("", |figure| figure),
            };
            filled += rest;
        }
        filled
    }

    /// Title, headings and paragraphs, with the words of what is a paragraph.
    fn labelled(&self) -> Vec<(String, Option<&str>)> {
        let title = self.filled(&self.title, &[]);
        let mut lines = vec![(format!("{}{title}", self.county), None)];
        let numbers = ["一", "二", "三", "四", "五", "六", "七"];
        for ((heading, paragraphs), number) in self.sections.iter().zip(numbers) {
            lines.push((format!("{number}、{heading}"), None));
            let paragraphs = paragraphs.iter();
            lines.extend(
                paragraphs.map(|(words, facts)| (self.filled(words, facts), Some(&**words))),
            );
        }
        lines
    }

    /// Title, headings and paragraphs.
    pub(super) fn lines(&self) -> Vec<String> {
        let lines = self.labelled().into_iter();
        lines.map(|(line, _)| line).collect()
    }

    pub(super) fn text(&self) -> String {
        self.lines().join("\n")
    }

    /// The text and where its paragraphs stand.
    pub(super) fn written(&self) -> (String, Vec<Paragraph>) {
        let (mut text, mut paragraphs) = (String::new(), Vec::new());
        for (line, words) in self.labelled() {
            if !text.is_empty() {
                text.push('\n');
            }
            let start = text.len();
            text += &line;
            let Some(words) = words else { continue };
            let mut hasher = DefaultHasher::new();
            words.hash(&mut hasher);
            paragraphs.push(Paragraph {
                start,
                end: text.len(),
                words: hasher.finish(),
                is_named: places(words).any(|kind| "cs".contains(kind)),
            });
        }
        (text, paragraphs)
    }
}
