//! A progress bar on standard error, for long runs.

use std::env;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use byname::progress::{Observer, Progress, Stage};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that takes less time ends before anyone could read the bar.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the bar is drawn.
const TICK: Duration = Duration::from_millis(100);

/// A bar that appears if the work takes long, and disappears when this value is dropped.
pub struct Bar {
    bar: ProgressBar,
    /// The thread that waits before it shows the bar, and the channel whose closing stops it.
    timer: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Bar {
    /// A bar for people. It appears only if standard error is a terminal and this is not a CI job.
    pub fn for_people() -> Self {
        let in_job = env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
        match io::stderr().is_terminal() && !in_job {
            true => Self::after(PATIENCE, ProgressDrawTarget::stderr),
            false => Self::never(),
        }
    }

    /// A bar that never appears.
    pub fn never() -> Self {
        Self {
            bar: ProgressBar::hidden(),
            timer: None,
        }
    }

    fn after(patience: Duration, target: impl FnOnce() -> ProgressDrawTarget + Send + 'static) -> Self {
        let bar = ProgressBar::hidden();
        let (stop, stopped) = mpsc::channel();
        let shown = bar.clone();
        let show = move || {
            if stopped.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                shown.set_draw_target(target());
                shown.enable_steady_tick(TICK);
            }
        };
        // If no thread can be started, there is no bar.
        let thread = thread::Builder::new().spawn(show).ok();
        Self {
            bar,
            timer: thread.map(|thread| (stop, thread)),
        }
    }

    /// Progress that moves the bar.
    pub fn progress(&self) -> Progress {
        match self.timer {
            Some(_) => Progress::to(Arc::new(Shown(self.bar.clone()))),
            None => Progress::default(),
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.timer.take() {
            drop(stop);
            // The thread ends at once. If it panicked, its message is already on standard error.
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}

struct Shown(ProgressBar);

impl Observer for Shown {
    fn begin(&self, stage: Stage, steps: usize) {
        self.0.set_position(0);
        self.0.set_length(steps as u64);
        self.0.set_style(style(steps));
        self.0.set_message(match stage {
            Stage::Trees => "Listing files",
            Stage::Attributes => "Evaluating attributes",
            Stage::Files => "Checking files",
        });
    }

    fn advance(&self, steps: usize) {
        self.0.inc(steps as u64);
    }
}

const WITHOUT_STEPS: &str = "{spinner} {msg}";
const WITH_STEPS: &str = "{spinner} {msg:21} [{wide_bar}] {human_pos}/{human_len}";

fn style(steps: usize) -> ProgressStyle {
    let template = if steps == 0 { WITHOUT_STEPS } else { WITH_STEPS };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::InMemoryTerm;

    /// What a terminal shows during some work under such a bar, and when the bar is gone.
    fn shown(patience: Duration) -> (String, String) {
        let terminal = InMemoryTerm::new(5, 60);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let mut bar = Bar::after(patience, || target);
        let progress = bar.progress();
        progress.begin(Stage::Files, 1200);
        progress.advance(600);
        if patience.is_zero() {
            // The thread ends once it has shown the bar.
            let (stop, thread) = bar.timer.take().unwrap();
            thread.join().unwrap();
            drop(stop);
        }
        bar.bar.force_draw();
        let during = terminal.contents();
        drop(bar);
        (during, terminal.contents())
    }

    #[test]
    fn a_bar_appears_when_work_takes_long_and_leaves_nothing() {
        let (during, after) = shown(Duration::ZERO);
        assert!(
            during.contains("Checking files") && during.contains("=>") && during.contains("600/1,200"),
            "{during}"
        );
        assert_eq!(after, "");
    }

    #[test]
    fn no_bar_appears_when_work_is_short() {
        let (during, after) = shown(Duration::MAX);
        assert_eq!((during.as_str(), after.as_str()), ("", ""));
    }

    #[test]
    fn each_style_is_valid() {
        for template in [WITHOUT_STEPS, WITH_STEPS] {
            ProgressStyle::with_template(template).unwrap();
        }
    }
}
