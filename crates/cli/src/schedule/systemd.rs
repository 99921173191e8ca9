use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};
use croner::{Cron, CronComponent};
use jiff::tz::TimeZone;

use crate::Exit;
use taosha_engine::{Missed, Overlap};

/// What systemd is to run, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Service<'a> {
    /// The pipeline's name.
    pub(crate) name: &'a str,
    /// This program, as an absolute path.
    pub(crate) binary: &'a Path,
    /// The pipeline file, as an absolute path.
    pub(crate) file: &'a Path,
    /// What `--set` changes in it.
    pub(crate) set: &'a [String],
    /// When to run.
    pub(crate) cron: &'a Cron,
    /// The zone of `cron`; `None` is the machine's.
    pub(crate) zone: Option<&'a TimeZone>,
    /// When the last run still goes on.
    pub(crate) overlap: Overlap,
    /// When the machine was off.
    pub(crate) missed: Missed,
}

/// The units by which systemd runs `service`, as text with comments that tell where to put them.
///
/// A timer and a service of one run where systemd can say the same thing: it starts nothing that is
/// still running (`overlap = "skip"`), `Persistent=` is `missed`, and between runs no process waits.
/// For `overlap = "queue"`, and for a cron line that `OnCalendar=` cannot say, a service that runs
/// `taosha schedule` for good.
///
/// # Errors
/// When a path is not UTF-8, as unit files must be.
pub(crate) fn units(service: &Service<'_>) -> Result<String> {
    let calendar = match service.overlap {
        Overlap::Skip => calendar(service.cron, service.zone),
        Overlap::Queue => None,
    };
    match calendar {
        Some(calendar) => timer(service, &calendar),
        None => daemon(service),
    }
}

fn timer(service: &Service<'_>, calendar: &[String]) -> Result<String> {
    let (name, about) = (unit_name(service.name), about(service.name));
    let command = command(service, "run")?;
    let mut out = heading(&[&format!("{name}.service"), &format!("{name}.timer")]);
    let _ = writeln!(
        out,
        "# ---- {name}.service\n\
         [Unit]\n\
         Description={about}\n\n\
         [Service]\n\
         Type=oneshot\n\
         ExecStart={command}\n\n\
         # ---- {name}.timer\n\
         [Unit]\n\
         Description=Starts {about}\n\n\
         [Timer]"
    );
    for line in calendar {
        let _ = writeln!(out, "OnCalendar={line}");
    }
    let persistent = match service.missed {
        Missed::Once => {
            "# missed = \"once\": starts that passed while the machine was off are made up for by one run.\nPersistent=true"
        }
        Missed::Skip => {
            "# missed = \"skip\". After a sleep, other than `taosha schedule`, systemd starts at once all the same.\nPersistent=false"
        }
    };
    let _ = writeln!(
        out,
        "{persistent}\n\
         # By default systemd may be late by a minute.\n\
         AccuracySec=1s\n\n\
         [Install]\n\
         WantedBy=timers.target"
    );
    Ok(out)
}

fn daemon(service: &Service<'_>) -> Result<String> {
    let (name, about) = (unit_name(service.name), about(service.name));
    let command = command(service, "schedule")?;
    let reason = match service.overlap {
        Overlap::Queue => "A timer cannot wait for the run before (overlap = \"queue\")".to_owned(),
        Overlap::Skip => format!("OnCalendar= cannot say `{}`", service.cron),
    };
    let (usage, file) = (Exit::Usage.code(), Exit::File.code());
    let mut out = heading(&[&format!("{name}.service")]);
    let _ = writeln!(
        out,
        "# {reason}, so this is no timer\n\
         # but a service that waits by itself.\n\n\
         # ---- {name}.service\n\
         [Unit]\n\
         Description={about}, on schedule\n\n\
         [Service]\n\
         ExecStart={command}\n\
         Restart=on-failure\n\
         RestartSec=30\n\
         # A wrong command line or pipeline file does not mend itself.\n\
         RestartPreventExitStatus={usage} {file}\n\n\
         [Install]\n\
         WantedBy=default.target"
    );
    Ok(out)
}

/// Where to put `units`, of which the last is the one to enable.
fn heading(units: &[&str]) -> String {
    let last = units.last().copied().unwrap_or_default();
    let service = units.first().copied().unwrap_or_default();
    let files = match units {
        [_] => "this file as".to_owned(),
        _ => "the two parts below as".to_owned(),
    };
    let listed = units.join(" and ");
    // In a shell, what systemd escapes in the name of a unit needs quotes.
    let (last, service) = (shell_quoted(last), shell_quoted(service));
    format!(
        "# Put {files} {listed}\n\
         # into ~/.config/systemd/user/, then:\n\
         #   systemctl --user daemon-reload\n\
         #   systemctl --user enable --now {last}\n\
         #   loginctl enable-linger      so that it runs while you are not logged in\n\
         # and to look at it:\n\
         #   systemctl --user status {last}\n\
         #   journalctl --user -u {service}\n\
         # For the whole machine: /etc/systemd/system/, without --user, and with User= in [Service].\n\
         # Secrets that are environment variables: EnvironmentFile= in [Service].\n\n"
    )
}

fn shell_quoted(name: &str) -> String {
    if name.contains('\\') {
        format!("'{name}'")
    } else {
        name.to_owned()
    }
}

/// `taosha-NAME`, with the bytes that a unit's name cannot hold written as systemd-escape(1) does.
fn unit_name(name: &str) -> String {
    let mut out = "taosha-".to_owned();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// Text of a unit, in which `%` begins a specifier.
fn about(name: &str) -> String {
    format!("taosha: {}", name.replace('%', "%%"))
}

fn command(service: &Service<'_>, verb: &str) -> Result<String> {
    let path = |path: &Path| {
        let text = path.to_str().map(str::to_owned);
        text.with_context(|| format!("write `{}` into a unit: it is not UTF-8", path.display()))
    };
    // A `$` in the program's own path is not expanded, so it is not doubled either.
    let mut words = vec![quoted(&path(service.binary)?), verb.to_owned()];
    words.push(argument(&path(service.file)?));
    for set in service.set {
        words.push("--set".to_owned());
        words.push(argument(set));
    }
    Ok(words.join(" "))
}

fn argument(text: &str) -> String {
    quoted(&text.replace('$', "$$"))
}

/// A word of `ExecStart=`, see "Command lines" in systemd.service(5).
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_.-=+,:@$".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    let mut out = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '%' => out.push_str("%%"),
            c if c.is_ascii_control() => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// `cron` as values of `OnCalendar=`, of which any one starts a run. `None` when it uses what
/// systemd does not know: the last day of a month, the nearest weekday, the n-th Monday, years.
fn calendar(cron: &Cron, zone: Option<&TimeZone>) -> Option<Vec<String>> {
    let pattern = &cron.pattern;
    let is_every_year = field(&pattern.years, 1) == "*";
    if !is_every_year || pattern.days.has_modifiers() || pattern.days_of_week.has_modifiers() {
        return None;
    }
    let zone = match zone {
        Some(zone) => format!(" {}", zone.iana_name()?),
        None => String::new(),
    };
    let months = field(&pattern.months, 2);
    let hours = field(&pattern.hours, 2);
    let minutes = field(&pattern.minutes, 2);
    let seconds = field(&pattern.seconds, 2);
    let line = |weekdays: &str, days: &str| {
        format!("{weekdays}*-{months}-{days} {hours}:{minutes}:{seconds}{zone}")
    };
    let days = field(&pattern.days, 2);
    let weekdays = weekdays(&pattern.days_of_week);
    // Of a cron line that names both, either is enough; systemd wants both in one value.
    let either = !pattern.is_dom_wildcard() && !pattern.is_dow_wildcard();
    if either && !pattern.matches_dom_and_dow() {
        Some(vec![line("", &days), line(&weekdays, "*")])
    } else {
        Some(vec![line(&weekdays, &days)])
    }
}

/// `*`, `00/15`, `09..17`, `01,15`
fn field(component: &CronComponent, width: usize) -> String {
    let values = component.values();
    let (Some(first), Some(last)) = (values.first().copied(), values.last().copied()) else {
        return String::new();
    };
    if first == component.min && last == component.max && steps(&values) == Some(1) {
        return "*".to_owned();
    }
    match steps(&values) {
        Some(1) => format!("{first:0width$}..{last:0width$}"),
        Some(step) if last + step > component.max => format!("{first:0width$}/{step}"),
        _ => {
            let listed: Vec<String> = values.iter().map(|v| format!("{v:0width$}")).collect();
            listed.join(",")
        }
    }
}

/// The distance between `values`, at least three, if it is always the same.
fn steps(values: &[u16]) -> Option<u16> {
    let mut distances = values.windows(2).map(|pair| match pair {
        [one, two] => two - one,
        _ => 0,
    });
    let first = distances.next()?;
    (values.len() > 2 && distances.all(|distance| distance == first)).then_some(first)
}

/// `Mon..Fri `, `Sun ` or nothing for every day.
fn weekdays(component: &CronComponent) -> String {
    const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    // Cron counts from Sunday, which is 0 and 7.
    let is_named = |at: usize| {
        let values = component.values();
        values.iter().any(|value| usize::from(*value + 6) % 7 == at)
    };
    let named: Vec<usize> = (0..7).filter(|at| is_named(*at)).collect();
    let name = |at: &usize| NAMES.get(*at).copied().unwrap_or_default();
    match named.as_slice() {
        all if all.len() == 7 => String::new(),
        [first, .., last] if named.len() > 2 && last - first + 1 == named.len() => {
            format!("{}..{} ", name(first), name(last))
        }
        some => format!("{} ", some.iter().map(name).collect::<Vec<_>>().join(",")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_calendar(cron: &str) -> Option<Vec<String>> {
        calendar(&cron.parse().unwrap(), None)
    }

    #[test]
    fn cron_lines_are_said_in_the_words_of_systemd() {
        for (cron, expected) in [
            ("0 2 * * *", "*-*-* 02:00:00"),
            ("*/15 * * * *", "*-*-* *:00/15:00"),
            (
                "5-50/10 9-17 * * 1-5",
                "Mon..Fri *-*-* 09..17:05,15,25,35,45:00",
            ),
            ("30 3 1,15 * *", "*-*-01,15 03:30:00"),
            ("0 0 * JAN,JUL 0", "Sun *-01,07-* 00:00:00"),
            ("0 0 * * 7,6", "Sat,Sun *-*-* 00:00:00"),
            ("0 0 */2 */3 *", "*-01/3-01/2 00:00:00"),
            ("@weekly", "Sun *-*-* 00:00:00"),
        ] {
            assert_eq!(on_calendar(cron), Some(vec![expected.to_owned()]), "{cron}");
        }
    }

    #[test]
    fn a_day_of_the_month_or_of_the_week_is_two_values() {
        let expected = ["*-*-13 08:00:00", "Fri *-*-* 08:00:00"].map(str::to_owned);
        assert_eq!(on_calendar("0 8 13 * 5"), Some(expected.to_vec()));
    }

    #[test]
    fn what_systemd_does_not_know_is_not_said() {
        for cron in [
            "0 2 L * *",
            "0 2 15W * *",
            "0 2 * * 1#2",
            "0 2 * * 5L",
            "0 0 2 1 1 * 2030",
        ] {
            assert_eq!(on_calendar(cron), None, "{cron}");
        }
    }

    fn service<'a>(cron: &'a Cron, zone: Option<&'a TimeZone>) -> Service<'a> {
        Service {
            name: "nightly",
            binary: Path::new("/usr/local/bin/taosha"),
            file: Path::new("/srv/reports/nightly.toml"),
            set: &[],
            cron,
            zone,
            overlap: Overlap::Skip,
            missed: Missed::Once,
        }
    }

    /// The lines that systemd reads.
    fn said(text: &str) -> Vec<&str> {
        let is_said = |line: &&str| !line.starts_with('#') && !line.is_empty();
        text.lines().filter(is_said).collect()
    }

    #[test]
    fn a_plain_schedule_is_a_timer() {
        let cron = "0 2 * * *".parse().unwrap();
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let text = units(&service(&cron, Some(&zone))).unwrap();
        let expected = [
            "[Unit]",
            "Description=taosha: nightly",
            "[Service]",
            "Type=oneshot",
            "ExecStart=/usr/local/bin/taosha run /srv/reports/nightly.toml",
            "[Unit]",
            "Description=Starts taosha: nightly",
            "[Timer]",
            "OnCalendar=*-*-* 02:00:00 Asia/Shanghai",
            "Persistent=true",
            "AccuracySec=1s",
            "[Install]",
            "WantedBy=timers.target",
        ];
        assert_eq!(said(&text), expected);
        assert!(text.contains("systemctl --user enable --now taosha-nightly.timer"));
    }

    #[test]
    fn a_queue_and_what_systemd_cannot_say_are_a_service_of_our_own() {
        let (plain, last_day) = ("0 2 * * *".parse().unwrap(), "0 2 L * *".parse().unwrap());
        let queue = Service {
            overlap: Overlap::Queue,
            ..service(&plain, None)
        };
        for service in [queue, service(&last_day, None)] {
            let text = units(&service).unwrap();
            let command = "ExecStart=/usr/local/bin/taosha schedule /srv/reports/nightly.toml";
            assert!(said(&text).contains(&command), "{text}");
            assert!(said(&text).contains(&"Restart=on-failure"), "{text}");
            assert!(
                said(&text).contains(&"RestartPreventExitStatus=2 78"),
                "{text}"
            );
            assert!(!text.contains("OnCalendar=*"), "{text}");
        }
    }

    #[test]
    fn missed_runs_are_left_out_when_the_file_says_so() {
        let cron = "0 2 * * *".parse().unwrap();
        let skip = Service {
            missed: Missed::Skip,
            ..service(&cron, None)
        };
        assert!(said(&units(&skip).unwrap()).contains(&"Persistent=false"));
    }

    #[test]
    fn no_path_or_option_breaks_the_command() {
        let cron = "0 2 * * *".parse().unwrap();
        let odd = Service {
            name: "年报",
            binary: Path::new("/opt/my tools/tao$ha"),
            file: Path::new("/srv/年报 100%/a \"b\".toml"),
            set: &["name=$HOME\\\n".to_owned()],
            ..service(&cron, None)
        };
        let text = units(&odd).unwrap();
        let expected = r#"ExecStart="/opt/my tools/tao$ha" run "/srv/年报 100%%/a \"b\".toml" --set "name=$$HOME\\\x0a""#;
        assert!(said(&text).contains(&expected), "{text}");
        assert!(
            text.contains(r"enable --now 'taosha-\xe5\xb9\xb4\xe6\x8a\xa5.timer'"),
            "{text}"
        );
    }
}
