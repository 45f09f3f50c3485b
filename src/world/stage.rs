//! A world made ready to be played: distributions compiled, apps built.

use super::spec::{Cohort, World};
use crate::authority::Rules;
use crate::base::{QuantileTable, SimDuration, SimTime};
use crate::client::{Announcement, App, Setting};

/// One arm's world, ready for an engine.
#[derive(Debug, Clone)]
pub struct Stage {
    world: World,
    service_time: QuantileTable,
    apps: Vec<App>,
    end: SimTime,
}

impl Stage {
    /// Compiles a world.
    pub fn new(world: World) -> Self {
        let apps = world
            .cohorts
            .iter()
            .map(|cohort| {
                let setting = Setting {
                    access_token_ttl: cohort.rules.access_token_ttl,
                    start_of_day: world.start_of_day,
                    announced: cohort.rules.amnesty.map(|amnesty| Announcement {
                        at: amnesty.announced,
                        stagger: amnesty.stagger,
                    }),
                };
                App::new(cohort.profile.clone(), setting)
            })
            .collect();
        let service_time = QuantileTable::compile(&world.server.service_time);
        let end = SimTime::ZERO + world.duration;
        Self { world, service_time, apps, end }
    }

    /// The same stage, where every request takes `overhead` more.
    #[must_use]
    pub fn with_overhead(mut self, overhead: SimDuration) -> Self {
        self.world.server.overhead = overhead;
        self
    }

    /// The world.
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// Time the server takes when nothing is wrong.
    pub const fn service_time(&self) -> &QuantileTable {
        &self.service_time
    }

    /// When the clock stops.
    pub const fn end(&self) -> SimTime {
        self.end
    }

    /// A cohort.
    pub fn cohort(&self, cohort: usize) -> &Cohort {
        &self.world.cohorts[cohort]
    }

    /// How the server treats a cohort.
    pub fn rules(&self, cohort: usize) -> &Rules {
        &self.world.cohorts[cohort].rules
    }

    /// The app of a cohort.
    pub fn app(&self, cohort: usize) -> &App {
        &self.apps[cohort]
    }
}
