//! Who is told how far a run is.

use std::fmt::Debug;
use std::ops::Deref;
use std::sync::Arc;

/// Is told how far a run is, from any thread. Nothing that it does changes what is found: the stages know no clock and no
/// terminal, so whoever has these implements this.
pub trait Watch: Debug + Send + Sync {
    /// The stage of this name begins, and the one before it ends.
    fn stage(&self, _name: &'static str) {}
    /// So many bytes, as they lie on disk, are to be read in all; pipes are not counted.
    fn expect(&self, _bytes: u64) {}
    /// The input of this name is read from now on.
    fn input(&self, _shown: &str) {}
    /// So many more bytes, as they lie on disk, were read.
    fn read(&self, _bytes: u64) {}
    /// Why the run must end now, if it must: more memory is held than it may take. Asked often, between steps.
    fn must_end(&self) -> Option<String> {
        None
    }
}

/// A watch that threads share; by default one that lets a run go on unseen.
#[derive(Clone, Debug)]
pub struct Watched(Arc<dyn Watch>);

impl Watched {
    /// By this watch.
    pub fn by(watch: Arc<dyn Watch>) -> Watched {
        Watched(watch)
    }
}

impl Default for Watched {
    fn default() -> Watched {
        Watched(Arc::new(Unwatched))
    }
}

impl Deref for Watched {
    type Target = dyn Watch;

    fn deref(&self) -> &Self::Target {
        self.0.as_ref()
    }
}

#[derive(Debug)]
struct Unwatched;

impl Watch for Unwatched {}
