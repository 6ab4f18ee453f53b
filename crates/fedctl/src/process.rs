//! What a process that holds secrets leaves behind when it ends, however it ends: nothing.

/// Whatever becomes of this process, the system writes no memory of it to a disk, no other process of the user looks into
/// it, and a panic tells nothing that was computed.
pub fn seal() {
    forbid_dumps();
    std::panic::set_hook(Box::new(crate::ui::panicked));
}

#[cfg(unix)]
fn forbid_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // What cannot be forbidden here was forbidden already, by a limit that is lower.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Elsewhere nothing is dumped unless an administrator asks the system for it.
#[cfg(not(unix))]
fn forbid_dumps() {}
