//! What a measurement says.

use std::time::Duration;

/// The figures of one task.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Measured {
    /// CPU of fedctl, without the time spent at the pipe.
    pub(crate) cpu: Duration,
    /// CPU of the simulator for its answers.
    pub(crate) simulator: Duration,
    /// CPU of the plan as a function of everything that was read.
    pub(crate) pure: Duration,
    /// CPU of writing the plan as lines, and of its digest.
    pub(crate) text: Duration,
    /// The most memory of the process, in kB; 0 where the system does not say it.
    pub(crate) memory: u64,
    /// Requests, those that write among them.
    pub(crate) requests: u64,
    /// Requests that write.
    pub(crate) writes: u64,
    /// Actions of the plan.
    pub(crate) actions: u64,
}

impl Measured {
    /// The less of each CPU time, and the rest of this one.
    pub(crate) fn least(self, other: Self) -> Self {
        Self {
            cpu: self.cpu.min(other.cpu),
            simulator: self.simulator.min(other.simulator),
            pure: self.pure.min(other.pure),
            text: self.text.min(other.text),
            ..self
        }
    }

    /// As numbers, for the pipe.
    pub(crate) fn encode(&self) -> String {
        let times = [self.cpu, self.simulator, self.pure, self.text].map(|time| time.as_nanos().to_string());
        let counts = [self.memory, self.requests, self.writes, self.actions].map(|count| count.to_string());
        [times.join(" "), counts.join(" ")].join(" ")
    }

    /// From such numbers.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let numbers: Vec<u64> = text.split(' ').map(|word| word.parse().ok()).collect::<Option<_>>()?;
        let [cpu, simulator, pure, text, memory, requests, writes, actions] = *numbers.as_slice() else { return None };
        let [cpu, simulator, pure, text] = [cpu, simulator, pure, text].map(Duration::from_nanos);
        Some(Self { cpu, simulator, pure, text, memory, requests, writes, actions })
    }
}
