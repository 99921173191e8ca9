//! What a section is for, told from its heading and from what the report is about.

use std::sync::LazyLock;

use regex::Regex;
use taosha_core::{Period, ReportMeta, Role};

use crate::rules::{self, ROLES};

/// The year a heading names.
static YEAR: LazyLock<Regex> = LazyLock::new(|| rules::pattern(r"((?:19|20)[0-9]{2})年"));

/// Of a report of this kind every section is a plan that is nothing else.
static PLAN: LazyLock<Regex> = LazyLock::new(|| {
    rules::pattern(r"(?:计划|要点|打算|规划|工作(?:安排|思路|方案|设想))(?:[(（].*)?$")
});

/// Reports of what was done, with a plan or without.
static DONE: LazyLock<Regex> = LazyLock::new(|| rules::pattern("总结|汇报|回顾|报告|情况"));

/// What a section may be for in one report.
pub(crate) struct Roles {
    /// The last year the report is about.
    year: Option<u16>,
    is_plan: bool,
}

impl Roles {
    pub(crate) fn of(report: &ReportMeta) -> Self {
        let title = report.title.as_deref().unwrap_or_default();
        Roles {
            year: report.period.map(last_year),
            is_plan: PLAN.is_match(title) && !DONE.is_match(title),
        }
    }

    /// What the section under `title` is for.
    pub(crate) fn of_heading(&self, title: &str) -> Option<Role> {
        let told = told(title);
        if self.is_plan {
            let is_kept = matches!(told, Some(Role::Overview | Role::Problems | Role::Closing));
            return if is_kept { told } else { Some(Role::Plan) };
        }
        if matches!(told, Some(Role::Problems | Role::Closing)) {
            return told;
        }
        // 2020年重点工作 in a report on 2019 is a plan, and in one on 2020 what was done.
        let named = YEAR.captures(title).and_then(|year| year.get(1));
        let named: Option<u16> = named.and_then(|year| year.as_str().parse().ok());
        match named.zip(self.year) {
            Some((named, year)) if named > year => Some(Role::Plan),
            Some((named, year)) if named == year && told.is_none() && title.contains("工作") => {
                Some(Role::WorkDone)
            }
            _ => told,
        }
    }
}

fn last_year(period: Period) -> u16 {
    match period {
        Period::Years(_, last) => last,
        other => other.year(),
    }
}

fn told(title: &str) -> Option<Role> {
    Some(match ROLES.find(title)? {
        "overview" => Role::Overview,
        "work_done" => Role::WorkDone,
        "problems" => Role::Problems,
        "plan" => Role::Plan,
        _ => Role::Closing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(report: &str, year: u16, heading: &str) -> Option<Role> {
        let meta = ReportMeta {
            title: Some(report.to_owned()),
            period: Some(Period::Year(year)),
            ..ReportMeta::default()
        };
        Roles::of(&meta).of_heading(heading)
    }

    #[test]
    fn a_later_year_is_planned_and_the_own_one_done() {
        let report = "青禾县民政局2019年工作总结";
        for (heading, expected) in [
            ("2020年重点工作", Some(Role::Plan)),
            ("2020年总体要求和目标任务", Some(Role::Plan)),
            ("2019年重点工作", Some(Role::WorkDone)),
            ("2019年工作情况", Some(Role::WorkDone)),
            ("2019年工作存在的不足和原因", Some(Role::Problems)),
            ("履职情况", Some(Role::WorkDone)),
            ("社会救助", None),
        ] {
            assert_eq!(role(report, 2019, heading), expected, "{heading}");
        }
    }

    #[test]
    fn sections_of_a_plan_are_plans() {
        let plan = "青禾县民政局2020年工作计划";
        for heading in ["指导思想", "重点工作", "保障措施"] {
            assert_eq!(role(plan, 2020, heading), Some(Role::Plan), "{heading}");
        }
        assert_eq!(role(plan, 2020, "基本情况"), Some(Role::Overview));
        let both = "青禾县民政局2019年工作总结和2020年工作计划";
        assert_eq!(role(both, 2019, "社会救助"), None);
    }
}
