//! The errors of each input, by kind.

use std::collections::BTreeMap;

use crate::model::{ClassFrom, ErrorClass, ErrorKey, Outcome, SeenError, SourceRef, Sym};
use crate::timeline::{ClassRules, Timeline};

/// For each input, in their order, its errors by kind: most frequent first, then by their words.
pub(super) fn errors(timeline: &Timeline, rules: &ClassRules) -> Vec<Vec<SeenError>> {
    let mut counts: Vec<BTreeMap<(Sym, ErrorClass), SeenError>> =
        vec![BTreeMap::new(); timeline.inputs.len()];
    let mut add = |source: SourceRef, key: ErrorKey, class: ErrorClass, open: bool| {
        if class == ErrorClass::None {
            return;
        }
        let signature = timeline.error(key).signature;
        if let Some(of_input) = counts.get_mut(source.input as usize) {
            let seen = of_input
                .entry((signature, class))
                .or_insert_with(|| first(timeline, rules, key, class));
            seen.count += 1;
            seen.open += u64::from(open);
        }
    };
    for a in &timeline.attempts {
        add(a.source, a.error, a.class, a.outcome == Outcome::Unknown);
    }
    for c in &timeline.calls {
        add(c.source, c.error, c.class, false);
    }
    let sorted = |of_input: BTreeMap<_, SeenError>| {
        let mut all: Vec<SeenError> = of_input.into_values().collect();
        all.sort_by(|a, b| {
            let words = |s: &SeenError| (s.code.clone(), s.message.clone());
            b.count.cmp(&a.count).then_with(|| words(a).cmp(&words(b)))
        });
        all
    };
    counts.into_iter().map(sorted).collect()
}

fn first(timeline: &Timeline, rules: &ClassRules, key: ErrorKey, class: ErrorClass) -> SeenError {
    let info = timeline.error(key);
    let names = &timeline.names;
    let (code, message) = (names.shared(info.code), names.shared(info.message));
    let stated = rules.class_of([code.as_deref(), message.as_deref(), None]);
    SeenError {
        count: 0,
        class,
        class_from: match class {
            _ if stated == Some(class) => ClassFrom::Config,
            ErrorClass::Unknown => ClassFrom::Nothing,
            _ => ClassFrom::Known,
        },
        open: 0,
        // What has no words of its own goes by its signature: a status, mostly.
        message: message.or_else(|| names.shared(info.signature).filter(|_| code.is_none())),
        code,
    }
}
