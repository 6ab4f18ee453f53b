//! Where answers wait that a fault holds back, so that a test can do something while a client waits.

use tokio::sync::watch;

/// Answers that are held, until somebody lets all of them go.
pub(super) struct Gate {
    /// How many wait.
    waiting: watch::Sender<usize>,
    /// How often all of them were let go.
    opened: watch::Sender<u64>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { waiting: watch::Sender::new(0), opened: watch::Sender::new(0) }
    }
}

impl Gate {
    /// Waits until the gate is opened the next time.
    pub(super) async fn pass(&self) {
        let mut opened = self.opened.subscribe();
        self.waiting.send_modify(|waiting| *waiting += 1);
        // A client that hangs up no longer waits either.
        let _leaves = Leaves(&self.waiting);
        // The sender is in here, so what comes is an opening.
        let _ = opened.changed().await;
    }

    /// Waits until somebody waits here.
    pub(super) async fn somebody_waits(&self) {
        let _ = self.waiting.subscribe().wait_for(|waiting| *waiting > 0).await;
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        *self.waiting.borrow()
    }

    /// Lets all of them go.
    pub(super) fn open(&self) {
        self.opened.send_modify(|opened| *opened += 1);
    }
}

struct Leaves<'a>(&'a watch::Sender<usize>);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}
