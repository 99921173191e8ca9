use std::time::Duration;

use anyhow::{Result, anyhow};
use croner::Cron;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use taosha_engine::{Missed, Overlap};

/// The longest sleep. A machine that was suspended, or whose clock was set, sleeps on as if nothing
/// had happened; so it may be late by this much, which is less than [`ON_TIME`].
const SLICE: SignedDuration = SignedDuration::from_secs(30);

/// A start is on time as long as its minute lasts, the finest that a cron line tells.
const ON_TIME: SignedDuration = SignedDuration::from_mins(1);

/// Time servers set a clock back by seconds. Then the minute that comes again is the one that was;
/// whoever sets it back by more wants another time.
const CORRECTION: SignedDuration = SignedDuration::from_mins(1);

/// Counting further would take long after a year off, and "at least so many" says enough.
const MAX_COUNTED: usize = 1000;

/// Tells when to start the next run.
///
/// Who uses it calls [`tell`](Clock::tell), sleeps or runs as told, and calls [`ended`](Clock::ended)
/// after every run. A line that names one time of day runs once every day: in spring, when the zone
/// leaves that time out, right after the gap; in autumn, when it comes twice, the first time.
#[derive(Debug)]
pub(crate) struct Clock {
    cron: Cron,
    zone: TimeZone,
    overlap: Overlap,
    missed: Missed,
    /// What was planned up to here was started, or left out on purpose.
    settled: Timestamp,
    /// The first start that came while a run went on, when it is to be made up for.
    queued: Option<Timestamp>,
}

/// The run before, which may have been one of another process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastRun {
    /// When it was started.
    pub(crate) started: Timestamp,
    /// When it ended. Unknown when its process was killed.
    pub(crate) ended: Option<Timestamp>,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tick {
    /// Start a run.
    Start(Why),
    /// Sleep, then ask again.
    Sleep {
        /// The next start that is planned.
        next: Timestamp,
        /// How long to sleep; never past `next`.
        sleep: Duration,
    },
}

/// Why a run starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It is time.
    Due {
        /// The time it was planned for.
        planned: Timestamp,
    },
    /// Starts passed while nothing ran: the machine was off or asleep, or its clock was set forward.
    Missed {
        /// The first of them.
        first: Timestamp,
        /// How many, at most 1000.
        n: usize,
    },
    /// It was time while the run before still went on.
    Queued {
        /// The first time this was so.
        planned: Timestamp,
    },
}

impl Clock {
    /// A clock for `cron` in `zone` that goes on after `last`, or from `now` when there was no run.
    ///
    /// # Errors
    /// When the cron line names no time that comes, such as 30 February.
    pub(crate) fn new(
        cron: Cron,
        zone: TimeZone,
        overlap: Overlap,
        missed: Missed,
        last: Option<LastRun>,
        now: Timestamp,
    ) -> Result<Self> {
        let mut clock = Clock {
            cron,
            zone,
            overlap,
            missed,
            settled: last.map_or(now, |last| last.started),
            queued: None,
        };
        if let Some(ended) = last.and_then(|last| last.ended) {
            clock.ended(ended)?;
        }
        clock.after(now)?;
        Ok(clock)
    }

    /// Says what to do at `now`. What it says to start counts as started.
    ///
    /// # Errors
    /// When the cron line names no further time.
    pub(crate) fn tell(&mut self, now: Timestamp) -> Result<Tick> {
        if now + CORRECTION < self.settled {
            // The clock was wrong before, or is wrong now. Waiting for the old time could take years.
            self.settled = now;
        }
        if let Some(planned) = self.queued.take() {
            return Ok(self.start(Why::Queued { planned }, now));
        }
        let next = self.after(self.settled)?;
        if next > now {
            return Ok(sleep(next, now));
        }
        if let Some(planned) = self.on_time(now)? {
            return Ok(self.start(Why::Due { planned }, now));
        }
        match self.missed {
            Missed::Once => {
                let n = self.count(next, now)?;
                Ok(self.start(Why::Missed { first: next, n }, now))
            }
            Missed::Skip => {
                self.settled = now;
                Ok(sleep(self.after(now)?, now))
            }
        }
    }

    /// Settles what was planned while the run went on that has ended at `now`.
    ///
    /// # Errors
    /// When the cron line names no further time.
    pub(crate) fn ended(&mut self, now: Timestamp) -> Result<()> {
        let next = self.after(self.settled)?;
        if next <= now && self.overlap == Overlap::Queue {
            self.queued = Some(next);
        }
        // When the clock was set back meanwhile, `tell` sees to it.
        self.settled = self.settled.max(now);
        Ok(())
    }

    fn start(&mut self, why: Why, now: Timestamp) -> Tick {
        self.settled = self.settled.max(now);
        Tick::Start(why)
    }

    /// The latest start that is not settled and whose minute still lasts.
    fn on_time(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        let mut latest = None;
        let mut at = self.after(self.settled.max(now - ON_TIME))?;
        while at <= now {
            latest = Some(at);
            at = self.after(at)?;
        }
        Ok(latest)
    }

    /// How many starts lie from `first` to `now`.
    fn count(&self, first: Timestamp, now: Timestamp) -> Result<usize> {
        let (mut n, mut at) = (0, first);
        while at <= now && n < MAX_COUNTED {
            n += 1;
            at = self.after(at)?;
        }
        Ok(n)
    }

    /// The first planned start after `time`.
    fn after(&self, time: Timestamp) -> Result<Timestamp> {
        let zoned = time.to_zoned(self.zone.clone());
        let next = self.cron.find_next_occurrence(&zoned, false);
        next.map(|next| next.timestamp())
            .map_err(|_| anyhow!("find a time for the cron line `{}`", self.cron))
    }
}

fn sleep(next: Timestamp, now: Timestamp) -> Tick {
    let sleep = now.duration_until(next).min(SLICE).unsigned_abs();
    Tick::Sleep { next, sleep }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHANGHAI: &str = "Asia/Shanghai";
    const BERLIN: &str = "Europe/Berlin";

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    struct Setup {
        cron: &'static str,
        zone: &'static str,
        overlap: Overlap,
        missed: Missed,
    }

    const NIGHTLY: Setup = Setup {
        cron: "0 2 * * *",
        zone: SHANGHAI,
        overlap: Overlap::Skip,
        missed: Missed::Once,
    };

    impl Setup {
        fn after(&self, last: Option<(&str, Option<&str>)>, now: &str) -> Clock {
            let last = last.map(|(started, ended)| LastRun {
                started: at(started),
                ended: ended.map(at),
            });
            let zone = TimeZone::get(self.zone).unwrap();
            let cron = self.cron.parse().unwrap();
            Clock::new(cron, zone, self.overlap, self.missed, last, at(now)).unwrap()
        }

        fn fresh(&self, now: &str) -> Clock {
            self.after(None, now)
        }
    }

    fn next(clock: &mut Clock, now: &str) -> Timestamp {
        match clock.tell(at(now)).unwrap() {
            Tick::Sleep { next, .. } => next,
            Tick::Start(why) => panic!("started at {now}: {why:?}"),
        }
    }

    fn why(clock: &mut Clock, now: &str) -> Why {
        match clock.tell(at(now)).unwrap() {
            Tick::Start(why) => why,
            Tick::Sleep { next, .. } => panic!("slept at {now} until {next}"),
        }
    }

    fn due(planned: &str) -> Why {
        Why::Due {
            planned: at(planned),
        }
    }

    /// The next starts after `now`, each told on time.
    fn starts(setup: &Setup, now: &str, n: usize) -> Vec<String> {
        let mut clock = setup.fresh(now);
        let mut now = at(now);
        let mut starts = Vec::new();
        while starts.len() < n {
            match clock.tell(now).unwrap() {
                Tick::Sleep { next, .. } => now = next,
                Tick::Start(_) => {
                    clock.ended(now).unwrap();
                    let zone = TimeZone::get(setup.zone).unwrap();
                    starts.push(now.to_zoned(zone).strftime("%d %H:%M %Z").to_string());
                }
            }
        }
        starts
    }

    #[test]
    fn a_run_starts_when_it_is_time_and_once() {
        let mut clock = NIGHTLY.fresh("2026-11-22T01:59:00+08:00");
        let planned = "2026-11-22T02:00:00+08:00";
        assert_eq!(next(&mut clock, "2026-11-22T01:59:59.9+08:00"), at(planned));
        assert_eq!(why(&mut clock, "2026-11-22T02:00:00.2+08:00"), due(planned));
        let tomorrow = at("2026-11-23T02:00:00+08:00");
        assert_eq!(next(&mut clock, "2026-11-22T02:00:01+08:00"), tomorrow);
    }

    #[test]
    fn nobody_sleeps_longer_than_a_slice_or_past_the_start() {
        let mut clock = NIGHTLY.fresh("2026-11-22T00:00:00+08:00");
        for (now, expected) in [
            ("2026-11-22T00:00:00+08:00", Duration::from_secs(30)),
            ("2026-11-22T01:59:50+08:00", Duration::from_secs(10)),
            ("2026-11-22T01:59:59.75+08:00", Duration::from_millis(250)),
        ] {
            let Tick::Sleep { sleep, .. } = clock.tell(at(now)).unwrap() else {
                panic!("started at {now}");
            };
            assert_eq!(sleep, expected, "{now}");
        }
    }

    #[test]
    fn a_schedule_that_never_ran_has_missed_nothing() {
        let mut clock = NIGHTLY.fresh("2026-11-22T02:00:20+08:00");
        let tomorrow = at("2026-11-23T02:00:00+08:00");
        assert_eq!(next(&mut clock, "2026-11-22T02:00:20+08:00"), tomorrow);
    }

    #[test]
    fn missed_starts_are_made_up_for_by_one_run_at_once() {
        let last = Some((
            "2026-11-18T02:00:00+08:00",
            Some("2026-11-18T02:10:00+08:00"),
        ));
        let now = "2026-11-22T09:30:00+08:00";
        let mut clock = NIGHTLY.after(last, now);
        let missed = Why::Missed {
            first: at("2026-11-19T02:00:00+08:00"),
            n: 4,
        };
        assert_eq!(why(&mut clock, now), missed);
        clock.ended(at("2026-11-22T09:40:00+08:00")).unwrap();
        let tomorrow = at("2026-11-23T02:00:00+08:00");
        assert_eq!(next(&mut clock, "2026-11-22T09:40:00+08:00"), tomorrow);
    }

    #[test]
    fn missed_starts_can_be_left_out() {
        let setup = Setup {
            missed: Missed::Skip,
            ..NIGHTLY
        };
        let now = "2026-11-22T09:30:00+08:00";
        let mut clock = setup.after(Some(("2026-11-18T02:00:00+08:00", None)), now);
        assert_eq!(next(&mut clock, now), at("2026-11-23T02:00:00+08:00"));
        // What is late by seconds only was not missed.
        let now = "2026-11-22T02:00:40+08:00";
        let mut clock = setup.after(Some(("2026-11-18T02:00:00+08:00", None)), now);
        assert_eq!(why(&mut clock, now), due("2026-11-22T02:00:00+08:00"));
    }

    #[test]
    fn a_year_off_is_not_counted_to_its_end() {
        let setup = Setup {
            cron: "0 * * * *",
            ..NIGHTLY
        };
        let now = "2026-11-22T09:30:30+08:00";
        let mut clock = setup.after(Some(("2025-11-22T09:30:00+08:00", None)), now);
        let missed = Why::Missed {
            first: at("2025-11-22T10:00:00+08:00"),
            n: MAX_COUNTED,
        };
        assert_eq!(why(&mut clock, now), missed);
    }

    #[test]
    fn what_is_due_now_makes_up_for_what_was_missed_before() {
        let setup = Setup {
            cron: "* * * * *",
            ..NIGHTLY
        };
        let now = "2026-11-22T09:30:30+08:00";
        let mut clock = setup.after(Some(("2025-11-22T09:30:00+08:00", None)), now);
        assert_eq!(why(&mut clock, now), due("2026-11-22T09:30:00+08:00"));
        assert_eq!(
            next(&mut clock, "2026-11-22T09:30:31+08:00"),
            at("2026-11-22T09:31:00+08:00")
        );
    }

    #[test]
    fn a_clock_set_forward_makes_missed_starts() {
        let mut clock = NIGHTLY.fresh("2026-11-22T01:00:00+08:00");
        let missed = Why::Missed {
            first: at("2026-11-22T02:00:00+08:00"),
            n: 3,
        };
        assert_eq!(why(&mut clock, "2026-11-24T12:00:00+08:00"), missed);
    }

    #[test]
    fn a_clock_set_back_waits_for_what_comes_next_now() {
        // It was wrong by years when the run before was started.
        let now = "2026-11-22T12:00:00+08:00";
        let mut clock = NIGHTLY.after(Some(("2031-01-01T02:00:00+08:00", None)), now);
        let planned = "2026-11-23T02:00:00+08:00";
        assert_eq!(next(&mut clock, now), at(planned));
        assert_eq!(why(&mut clock, "2026-11-23T02:00:01+08:00"), due(planned));
    }

    #[test]
    fn a_minute_comes_again_only_when_the_clock_goes_back_behind_it() {
        let started = |clock: &mut Clock| why(clock, "2026-11-22T02:00:01+08:00");
        let tomorrow = at("2026-11-23T02:00:00+08:00");

        let mut clock = NIGHTLY.fresh("2026-11-22T01:00:00+08:00");
        started(&mut clock);
        clock.ended(at("2026-11-22T03:00:00+08:00")).unwrap();
        assert_eq!(next(&mut clock, "2026-11-22T02:00:30+08:00"), tomorrow);
        assert_eq!(next(&mut clock, "2026-11-22T02:01:00+08:00"), tomorrow);

        let again = due("2026-11-22T02:00:00+08:00");
        assert_eq!(
            next(&mut clock, "2026-11-22T01:30:00+08:00"),
            at("2026-11-22T02:00:00+08:00")
        );
        assert_eq!(why(&mut clock, "2026-11-22T02:00:01+08:00"), again);
    }

    #[test]
    fn a_correction_by_seconds_is_no_new_night() {
        let mut clock = NIGHTLY.fresh("2026-11-22T01:00:00+08:00");
        why(&mut clock, "2026-11-22T02:00:01+08:00");
        let tomorrow = at("2026-11-23T02:00:00+08:00");
        assert_eq!(next(&mut clock, "2026-11-22T01:59:58+08:00"), tomorrow);
        assert_eq!(next(&mut clock, "2026-11-22T02:00:02+08:00"), tomorrow);
    }

    #[test]
    fn a_start_during_a_run_is_left_out_or_follows_it() {
        for (overlap, follows) in [(Overlap::Skip, false), (Overlap::Queue, true)] {
            let setup = Setup {
                cron: "0 * * * *",
                overlap,
                ..NIGHTLY
            };
            let mut clock = setup.fresh("2026-11-22T01:30:00+08:00");
            why(&mut clock, "2026-11-22T02:00:00+08:00");
            // Two starts pass, the second within its minute.
            let end = "2026-11-22T04:00:10+08:00";
            clock.ended(at(end)).unwrap();
            if follows {
                let queued = Why::Queued {
                    planned: at("2026-11-22T03:00:00+08:00"),
                };
                assert_eq!(why(&mut clock, end), queued);
                clock.ended(at("2026-11-22T04:30:00+08:00")).unwrap();
            }
            let later = "2026-11-22T04:30:00+08:00";
            assert_eq!(next(&mut clock, later), at("2026-11-22T05:00:00+08:00"));
        }
    }

    #[test]
    fn what_passed_during_the_last_run_of_another_process_was_not_missed() {
        let setup = Setup {
            cron: "0 * * * *",
            ..NIGHTLY
        };
        let last = (
            "2026-11-22T02:00:00+08:00",
            Some("2026-11-22T04:30:00+08:00"),
        );
        let now = "2026-11-22T04:40:00+08:00";
        let mut clock = setup.after(Some(last), now);
        assert_eq!(next(&mut clock, now), at("2026-11-22T05:00:00+08:00"));
    }

    #[test]
    fn a_time_that_summer_leaves_out_is_made_up_for_at_once_that_day() {
        let setup = Setup {
            cron: "30 2 * * *",
            zone: BERLIN,
            ..NIGHTLY
        };
        assert_eq!(
            starts(&setup, "2026-03-28T00:00:00Z", 3),
            ["28 02:30 CET", "29 03:00 CEST", "30 02:30 CEST"]
        );
    }

    #[test]
    fn a_time_that_autumn_has_twice_is_used_once() {
        let setup = Setup {
            cron: "30 2 * * *",
            zone: BERLIN,
            ..NIGHTLY
        };
        assert_eq!(
            starts(&setup, "2026-10-24T12:00:00Z", 2),
            ["25 02:30 CEST", "26 02:30 CET"]
        );
    }

    #[test]
    fn a_line_for_every_half_hour_keeps_its_pace_in_autumn_and_spring() {
        let setup = Setup {
            cron: "*/30 * * * *",
            zone: BERLIN,
            ..NIGHTLY
        };
        assert_eq!(
            starts(&setup, "2026-10-24T23:45:00Z", 6),
            [
                "25 02:00 CEST",
                "25 02:30 CEST",
                "25 02:00 CET",
                "25 02:30 CET",
                "25 03:00 CET",
                "25 03:30 CET"
            ]
        );
        assert_eq!(
            starts(&setup, "2026-03-29T00:15:00Z", 3),
            ["29 01:30 CET", "29 03:00 CEST", "29 03:30 CEST"]
        );
    }

    #[test]
    fn shanghai_has_one_time_all_year() {
        assert_eq!(
            starts(&NIGHTLY, "2026-03-28T12:00:00Z", 2),
            ["29 02:00 CST", "30 02:00 CST"]
        );
    }

    #[test]
    fn a_line_that_names_no_day_is_refused() {
        let cron = "0 0 30 2 *".parse().unwrap();
        let now = at("2026-11-22T00:00:00Z");
        let clock = Clock::new(cron, TimeZone::UTC, Overlap::Skip, Missed::Once, None, now);
        let error = clock.unwrap_err().to_string();
        assert_eq!(error, "find a time for the cron line `0 0 30 2 *`");
    }
}
