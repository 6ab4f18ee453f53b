//! The table, and what is judged.

use std::time::Duration;

use fedctl_core::people::LISTED_WHOLE;

use crate::measured::Measured;

/// Memory and requests of a whole command may grow by so much when the number of people grows tenfold.
const BAR: f64 = 11.0;

/// Requests for ten people, whatever the size of the organisations. One that is listed whole takes a page for each hundred of
/// its users on top.
const FEW: u64 = 30;

/// Everything measured for one size.
pub(crate) struct Size {
    pub(crate) people: u64,
    pub(crate) idle: Measured,
    pub(crate) yardstick: Measured,
    pub(crate) plan: Measured,
    pub(crate) apply: Measured,
    pub(crate) again: Measured,
    /// Plan, apply and no-op plan of ten people.
    pub(crate) ten: [Measured; 3],
}

/// One row of the table: something that costs.
struct Row {
    what: &'static str,
    cpu: Duration,
    /// What the simulator took for its answers.
    simulator: Option<Duration>,
    /// Memory above that of a process that only read its spec.
    memory: Option<u64>,
    requests: Option<(u64, u64)>,
}

impl Size {
    /// The less of each CPU time.
    pub(crate) fn least(self, other: Self) -> Self {
        Self {
            people: self.people,
            idle: self.idle.least(other.idle),
            yardstick: self.yardstick.least(other.yardstick),
            plan: self.plan.least(other.plan),
            apply: self.apply.least(other.apply),
            again: self.again.least(other.again),
            ten: self.ten,
        }
    }

    fn rows(&self) -> [Row; 5] {
        let whole = |what, measured: &Measured| Row {
            what,
            cpu: measured.cpu,
            simulator: Some(measured.simulator),
            memory: (measured.memory > 0).then(|| measured.memory.saturating_sub(self.idle.memory)),
            requests: Some((measured.requests, measured.writes)),
        };
        let part = |what, cpu| Row { what, cpu, simulator: None, memory: None, requests: None };
        [
            whole("plan of a first set-up, with reading", &self.plan),
            part("the plan alone, everything read", self.plan.pure),
            part("its lines and digest", self.plan.text),
            whole("apply", &self.apply),
            whole("no-op plan, with reading", &self.again),
        ]
    }
}

/// The table, as Markdown.
pub(crate) fn table(sizes: &[Size]) -> String {
    let mut text = String::from(
        "| people | what | CPU of fedctl | CPU of the simulator | memory | requests | of them writes |\n\
         |---:|---|---:|---:|---:|---:|---:|\n",
    );
    for size in sizes {
        let people = thousands(size.people);
        for row in size.rows() {
            let simulator = row.simulator.map_or_else(String::new, milliseconds);
            let memory = row.memory.map_or_else(String::new, |kb| format!("{:.1} MB", mega(kb)));
            let [requests, writes] =
                row.requests.map_or_else(Default::default, |(all, writes)| [all, writes].map(thousands));
            let (what, cpu) = (row.what, milliseconds(row.cpu));
            text.push_str(&format!("| {people} | {what} | {cpu} | {simulator} | {memory} | {requests} | {writes} |\n"));
        }
        for (what, measured) in ["plan", "apply", "no-op plan"].iter().zip(&size.ten) {
            let (cpu, simulator) = (milliseconds(measured.cpu), milliseconds(measured.simulator));
            let (requests, writes) = (measured.requests, measured.writes);
            text.push_str(&format!(
                "| {people} | ten of them: {what} | {cpu} | {simulator} | | {requests} | {writes} |\n"
            ));
        }
    }
    if let Some(size) = sizes.last() {
        let (idle, actions) = (mega(size.idle.memory), thousands(size.plan.actions));
        text.push_str(&format!("\nA process that only read its spec has {idle:.1} MB, which is taken off.\n"));
        text.push_str(&format!("The largest plan has {actions} actions.\n"));
    }
    text
}

/// Each ratio with its bar, and whether all of them are good.
pub(crate) fn judge(sizes: &[Size]) -> (String, bool) {
    let mut text = String::from(
        "| people | what | CPU of fedctl | memory | requests | CPU of the simulator, without a bar |\n\
         |---|---|---:|---:|---:|---:|\n",
    );
    let mut is_good = true;
    for pair in sizes.windows(2) {
        let [small, large] = pair else { continue };
        let (from, to) = (thousands(small.people), thousands(large.people));
        let seconds = |small: Duration, large: Duration| large.as_secs_f64() / small.as_secs_f64();
        let yardstick = seconds(small.yardstick.cpu, large.yardstick.cpu);
        let mut judged = |ratio: f64, bar: f64| {
            is_good &= ratio <= bar;
            format!("{ratio:.1}{}", if ratio <= bar { "" } else { " (over)" })
        };
        text.push_str(&format!("| {from} to {to} | the yardstick | {yardstick:.1} |  |  |  |\n"));
        for (one, ten) in small.rows().iter().zip(large.rows()) {
            let cpu = judged(seconds(one.cpu, ten.cpu), yardstick);
            let memory = one.memory.zip(ten.memory).map(|(one, ten)| judged(mega(ten) / mega(one), BAR));
            let requests =
                one.requests.zip(ten.requests).map(|((one, _), (ten, _))| judged(float(ten) / float(one), BAR));
            let simulator = one.simulator.zip(ten.simulator).map(|(one, ten)| format!("{:.1}", seconds(one, ten)));
            let [memory, requests, simulator] = [memory, requests, simulator].map(Option::unwrap_or_default);
            let what = one.what;
            text.push_str(&format!("| {from} to {to} | {what} | {cpu} | {memory} | {requests} | {simulator} |\n"));
        }
    }
    let few = |size: &Size| size.ten[0].requests.max(size.ten[2].requests);
    let is_searched = |size: &&Size| size.people > LISTED_WHOLE;
    let most = sizes.iter().filter(is_searched).map(few).max().unwrap_or(0);
    let over = if most > FEW { " (over)" } else { "" };
    text.push_str(&format!(
        "\nThe bar for ten times the people is {BAR:.0} times the memory and requests, and the \
         yardstick for CPU."
    ));
    text.push_str(&format!(" A plan for ten people may take {FEW} requests, and takes {most}{over}.\n"));
    (text, is_good && most <= FEW)
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn mega(kb: u64) -> f64 {
    float(kb) / 1024.0
}

#[expect(clippy::cast_precision_loss, reason = "counts and kilobytes are far below 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}

fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}
