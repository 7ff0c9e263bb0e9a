//! Parts to one time line: one table of names, one attempt for the records of a payment, one of each exact copy.
//!
//! Nothing here depends on the order of records inside a part, nor on how they are spread over parts.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::model::{
    Attempt, Call, ErrorClass, ErrorInfo, ErrorKey, FastMap, FastSet, IdHash, InputSummary, Names,
    Note, Outcome, SourceRef, StatusIncident, Sym, Time,
};

use super::builder::{Part, Piece, RawCall};
use super::drift::Clock;
use super::errors::ErrorTable;
use super::place;
use crate::stats::Sieve;

/// All facts of a run on one time line.
#[derive(Debug, Default)]
pub struct Timeline {
    /// Texts of all symbols.
    pub names: Names,
    /// Distinct errors, indexed by [`ErrorKey`]; entry 0 is "no error".
    pub errors: Vec<ErrorInfo>,
    /// Payment attempts by (time, source).
    pub attempts: Vec<Attempt>,
    /// Calls to exchanges by (time, source).
    pub calls: Vec<Call>,
    /// Status-page incidents by (start, source).
    pub statuses: Vec<StatusIncident>,
    /// Notes by (time, source).
    pub notes: Vec<Note>,
    /// How each input was understood, in the order of their indices.
    pub inputs: Vec<InputSummary>,
    /// The clocks by which the times of the inputs were moved; of an input that is not here nothing is known.
    pub clocks: BTreeMap<u32, Clock>,
}

impl Timeline {
    /// The words and the class behind a key; "no error" for a key of another table.
    pub fn error(&self, key: ErrorKey) -> ErrorInfo {
        self.errors.get(key.0 as usize).copied().unwrap_or_default()
    }

    /// The first time of a call or an attempt; [`Time::MIN`] when there is none.
    pub fn start(&self) -> Time {
        let calls = self.calls.first().map(|c| c.time);
        let attempts = self.attempts.first().map(|a| a.time);
        calls.into_iter().chain(attempts).min().unwrap_or(Time::MIN)
    }

    /// The last time of a call or an attempt; [`Time::MIN`] when there is none.
    pub fn end(&self) -> Time {
        let calls = self.calls.last().map(|c| c.time);
        let attempts = self.attempts.last().map(|a| a.time);
        calls.max(attempts).unwrap_or(Time::MIN)
    }

    /// Seconds by which the clocks of an exchange's logs may still be off: of two events closer than this, one there
    /// and one in the payments, the logs do not tell which was first.
    pub fn order_band(&self, exchange: Sym) -> f64 {
        let inputs: BTreeSet<u32> = self
            .calls
            .iter()
            .filter(|c| c.exchange == exchange)
            .map(|c| c.source.input)
            .collect();
        inputs
            .iter()
            .filter_map(|i| self.clocks.get(i))
            .map(Clock::residual)
            .fold(0.0, f64::max)
    }
}

/// Merges the parts of a run. Exact copies are dropped and counted in [`InputSummary::duplicates`] of the input
/// that holds the later copy.
pub fn assemble(mut parts: Vec<Part>) -> Timeline {
    parts.sort_by_key(|p| p.index);
    let mut all = Merged::default();
    for part in parts {
        all.add(part);
    }
    all.finish()
}

#[derive(Default)]
struct Merged {
    names: Names,
    errors: ErrorTable,
    /// By the part that they come from, as are the calls.
    pieces: Vec<Vec<Piece>>,
    calls: Vec<Vec<RawCall>>,
    statuses: Vec<StatusIncident>,
    notes: Vec<Note>,
    inputs: Vec<InputSummary>,
}

/// Translates one part's symbols; a text is carried over when it is first used.
struct Translator<'a> {
    from: &'a Names,
    errors_from: &'a [ErrorInfo],
    syms: Vec<Option<Sym>>,
    errors: Vec<Option<ErrorKey>>,
}

impl Translator<'_> {
    fn sym(&mut self, sym: Sym, names: &mut Names) -> Sym {
        match self.syms.get(sym.0 as usize).copied().flatten() {
            Some(known) => known,
            None => {
                let new = names.intern(self.from.text(sym));
                if let Some(slot) = self.syms.get_mut(sym.0 as usize) {
                    *slot = Some(new);
                }
                new
            }
        }
    }

    fn error(&mut self, key: ErrorKey, names: &mut Names, table: &mut ErrorTable) -> ErrorKey {
        let at = key.0 as usize;
        if let Some(known) = self.errors.get(at).copied().flatten() {
            return known;
        }
        let Some(info) = self.errors_from.get(at).copied() else {
            return ErrorKey::default();
        };
        let new = table.key_of(ErrorInfo {
            code: self.sym(info.code, names),
            message: self.sym(info.message, names),
            signature: self.sym(info.signature, names),
            ..info
        });
        if let Some(slot) = self.errors.get_mut(at) {
            *slot = Some(new);
        }
        new
    }
}

impl Merged {
    /// Adds a part. The first one's symbols are the run's; those of the others are translated.
    fn add(&mut self, mut part: Part) {
        if self.inputs.is_empty() {
            self.names = std::mem::take(&mut part.names);
            self.errors = std::mem::take(&mut part.errors);
        } else {
            self.translate(&mut part);
        }
        self.pieces.push(part.pieces);
        self.calls.push(part.calls);
        self.statuses.extend(part.statuses);
        self.notes.extend(part.notes);
        let at = part.index as usize;
        if self.inputs.len() <= at {
            self.inputs.resize_with(at + 1, InputSummary::default);
        }
        if let Some(slot) = self.inputs.get_mut(at) {
            *slot = part.summary;
        }
    }

    /// Puts the run's symbols in the place of a part's own.
    fn translate(&mut self, part: &mut Part) {
        let mut to = Translator {
            from: &part.names,
            errors_from: &part.errors.infos,
            syms: vec![None; part.names.len()],
            errors: vec![None; part.errors.infos.len()],
        };
        let (names, errors) = (&mut self.names, &mut self.errors);
        for piece in &mut part.pieces {
            let fact = &mut piece.fact;
            for sym in [
                &mut fact.id,
                &mut fact.order_text,
                &mut fact.merchant,
                &mut fact.method,
                &mut fact.exchange,
                &mut fact.currency,
                &mut fact.operation,
            ] {
                *sym = to.sym(*sym, names);
            }
            fact.error = to.error(fact.error, names, errors);
        }
        for raw in &mut part.calls {
            let call = &mut raw.call;
            for sym in [&mut call.exchange, &mut call.component, &mut call.caller] {
                *sym = to.sym(*sym, names);
            }
            call.error = to.error(call.error, names, errors);
        }
        for status in &mut part.statuses {
            status.exchange = to.sym(status.exchange, names);
        }
        let summary = &mut part.summary;
        summary.exchange = to.sym(summary.exchange, names);
        summary.merchant = to.sym(summary.merchant, names);
    }

    /// Names the merchant of payments that do not state it by the path of their log: where the exchange's log, or
    /// another record, knows a merchant of that name, or where the paths tell several such logs apart.
    fn name_merchants_by_path(&mut self, pieces: &mut [Vec<Piece>]) {
        let unstated = pieces.iter().flatten().filter(|p| !p.merchant_stated);
        let silent: FastSet<u32> = unstated.map(|p| p.fact.source.input).collect();
        let silent = BTreeSet::from_iter(silent);
        if silent.is_empty() {
            return;
        }
        let known: FastSet<Sym> = pieces
            .iter()
            .flatten()
            .filter(|p| p.merchant_stated)
            .map(|p| p.fact.merchant)
            .chain(self.calls.iter().flatten().map(|c| c.call.caller))
            .filter(|m| m.is_some())
            .collect();
        let known = BTreeSet::from_iter(known);
        let told: BTreeMap<u32, Vec<String>> = silent
            .iter()
            .filter_map(|&i| {
                Some((
                    i,
                    place::merchants_of_path(&self.inputs.get(i as usize)?.path),
                ))
            })
            .collect();
        let firsts: BTreeSet<&String> = told.values().filter_map(|t| t.first()).collect();
        let apart = firsts.len() > 1 && told.values().all(|t| !t.is_empty());
        let mut named: BTreeMap<u32, Sym> = BTreeMap::new();
        for (input, names) in &told {
            let same = |m: &&Sym| {
                let text = self.names.text(**m);
                names.iter().any(|n| n.eq_ignore_ascii_case(text))
            };
            let by_others = known.iter().find(same).copied();
            let by_path = names.first().filter(|_| apart);
            let merchant = by_others.or_else(|| by_path.map(|n| self.names.intern(n)));
            named.extend(merchant.map(|m| (*input, m)));
        }
        for piece in pieces.iter_mut().flatten().filter(|p| !p.merchant_stated) {
            if let Some(merchant) = named.get(&piece.fact.source.input) {
                piece.fact.merchant = *merchant;
            }
        }
        for (input, merchant) in named {
            if let Some(summary) = self.inputs.get_mut(input as usize) {
                summary.merchant = merchant;
            }
        }
    }

    fn finish(mut self) -> Timeline {
        let mut pieces = std::mem::take(&mut self.pieces);
        self.name_merchants_by_path(&mut pieces);
        let attempts = self.fold(pieces);
        let raw = std::mem::take(&mut self.calls);
        let calls = self.distinct_calls(raw);
        self.notes.sort_by_key(|n| (n.time, n.source));
        self.distinct_notes();
        self.statuses.sort_by_key(|s| (s.start, s.source));
        self.distinct_statuses();
        self.name_exchanges(&attempts, &calls);
        Timeline {
            names: self.names,
            errors: self.errors.infos,
            attempts,
            calls,
            statuses: self.statuses,
            notes: self.notes,
            inputs: self.inputs,
            clocks: BTreeMap::new(),
        }
    }

    fn count_copy(&mut self, of: SourceRef) {
        if let Some(input) = self.inputs.get_mut(of.input as usize) {
            input.duplicates += 1;
        }
    }

    /// Groups the records of each attempt and folds every group, where its final record lies.
    fn fold(&mut self, pieces: Vec<Vec<Piece>>) -> Vec<Attempt> {
        let all = in_one(pieces);
        let (mut with_id, mut ordered, mut bare) = (Vec::new(), Vec::new(), Vec::new());
        let mut sieve = Sieve::new(all.len());
        all.iter().for_each(|p| sieve.add(p.fact.links[0].0));
        for (piece, i) in all.iter().zip(0u32..) {
            let id = piece.fact.links[0];
            if id.is_some() {
                with_id.extend(sieve.may_repeat(id.0).then_some((id, i)));
            } else if piece.fact.order.is_some() {
                ordered.push(i);
            } else {
                bare.push(i);
            }
        }
        let gone = vec![false; all.len()];
        let mut pieces = Pieces { all, gone };
        self.fold_by_payment(with_id, &mut pieces);
        self.fold_by_order(ordered, &mut pieces);
        bare.iter().for_each(|i| pieces.gone[*i as usize] = true);
        let print = |i: &u32| {
            let piece = &pieces.all[*i as usize];
            (piece.fact.time, piece.print, piece.fact.source)
        };
        for i in self.without_overlap(bare, print) {
            pieces.gone[i as usize] = false;
        }
        let mut attempts = those_that_stay(pieces.all, &pieces.gone, |p| p.fact);
        self.forget_shared_orders(&mut attempts);
        put_in_order(&mut attempts, |a| (a.time, a.source));
        attempts
    }

    fn fold_by_payment(&mut self, mut order: Vec<(IdHash, u32)>, pieces: &mut Pieces) {
        order.par_sort_unstable();
        for group in order.chunk_by(|a, b| a.0 == b.0).filter(|g| g.len() > 1) {
            let mut group: Vec<u32> = group.iter().map(|(_, i)| *i).collect();
            group.sort_by_key(|&i| pieces.when(i));
            for mut of_merchant in pieces.by_merchant(&group) {
                self.drop_copies(&mut of_merchant, pieces);
                let finals = of_merchant.iter().filter(|&&i| pieces.is_final(i)).count();
                if finals > NO_ID_FROM {
                    self.warn_constant_id(&of_merchant, pieces);
                } else {
                    pieces.fold(&of_merchant);
                }
            }
        }
    }

    /// Without a payment id, each final record of an order is an attempt, and what was pending before it belongs
    /// to it.
    fn fold_by_order(&mut self, mut order: Vec<u32>, pieces: &mut Pieces) {
        let key = |i: u32| {
            let fact = &pieces.all[i as usize].fact;
            (fact.order, fact.merchant)
        };
        order.par_sort_by_key(|&i| (key(i), pieces.when(i)));
        let together: Vec<Vec<u32>> = order
            .chunk_by(|a, b| key(*a) == key(*b))
            .filter(|group| group.len() > 1)
            .map(<[u32]>::to_vec)
            .collect();
        for mut of_order in together {
            self.drop_copies(&mut of_order, pieces);
            let is_final: Vec<bool> = of_order.iter().map(|&i| pieces.is_final(i)).collect();
            let ends = (1..).zip(is_final).filter(|e| e.1).map(|e| e.0);
            let mut from = 0;
            for end in ends.chain([of_order.len()]) {
                pieces.fold(&of_order[from..end]);
                from = end;
            }
        }
    }

    /// Drops records that say exactly the same at the same time. Expects them by (time, source).
    fn drop_copies(&mut self, group: &mut Vec<u32>, pieces: &mut Pieces) {
        let mut kept: Vec<u32> = Vec::with_capacity(group.len());
        for &i in &*group {
            let fact = &pieces.all[i as usize].fact;
            let before = kept.iter().rev().map(|k| &pieces.all[*k as usize].fact);
            let mut same_time = before.take_while(|k| k.time == fact.time);
            if same_time.any(|k| is_copy(k, fact)) {
                self.count_copy(fact.source);
                pieces.gone[i as usize] = true;
            } else {
                kept.push(i);
            }
        }
        *group = kept;
    }

    /// An order is paid once, seldom in parts: an id under which a shop took many payments joins what has nothing to do
    /// with each other.
    fn forget_shared_orders(&mut self, attempts: &mut [Attempt]) {
        let order = |a: &Attempt| (a.merchant, a.order);
        let failed: FastSet<(Sym, IdHash)> = attempts
            .iter()
            .filter(|a| a.order.is_some() && a.outcome.is_bad())
            .map(order)
            .collect();
        let mut paid: Vec<(Sym, IdHash)> = attempts
            .par_iter()
            .filter(|a| a.outcome == Outcome::Succeeded && failed.contains(&order(a)))
            .map(order)
            .collect();
        paid.par_sort_unstable();
        let shared: FastSet<(Sym, IdHash)> = paid
            .chunk_by(|a, b| a == b)
            .filter(|times| times.len() > NO_ORDER_FROM)
            .map(|times| times[0])
            .collect();
        if shared.is_empty() {
            return;
        }
        let mut of_input: BTreeMap<u32, usize> = BTreeMap::new();
        for a in attempts.iter_mut().filter(|a| shared.contains(&order(a))) {
            a.order = IdHash::NONE;
            *of_input.entry(a.source.input).or_default() += 1;
        }
        for (input, count) in of_input {
            if let Some(input) = self.inputs.get_mut(input as usize) {
                input.warnings.push(format!(
                    "{count} attempts have order ids under which many payments succeeded: not taken for orders"
                ));
            }
        }
    }

    fn warn_constant_id(&mut self, group: &[u32], pieces: &Pieces) {
        let first = group.first().map(|i| pieces.when(*i).1);
        let Some(input) = first.and_then(|s| self.inputs.get_mut(s.input as usize)) else {
            return;
        };
        input.warnings.push(format!(
            "one payment id on {} final records: not taken for an id, each record is an attempt",
            group.len()
        ));
    }

    /// One of each call: equal facts with an id in common are copies wherever they are; calls without an id are
    /// copies only where two inputs plainly overlap.
    fn distinct_calls(&mut self, raw: Vec<Vec<RawCall>>) -> Vec<Call> {
        let all = in_one(raw);
        let call = |i: u32| &all[i as usize].call;
        let has_id = |i: &u32| call(*i).links.iter().any(|l| l.is_some());
        let (mut with_id, without): (Vec<u32>, Vec<u32>) = (0..all.len() as u32).partition(has_id);
        let mut gone = vec![false; all.len()];
        let told = |i: u32| (call(i).time, call(i).links);
        with_id.par_sort_by_cached_key(|&i| told(i));
        for alike in with_id.chunk_by_mut(|a, b| told(*a) == told(*b)) {
            let key = |i: u32| call_key(&all[i as usize]);
            alike.sort_by_key(|&i| (key(i), call(i).source));
            for copies in alike.chunk_by(|a, b| key(*a) == key(*b)) {
                for copy in &copies[1..] {
                    gone[*copy as usize] = true;
                    self.count_copy(call(*copy).source);
                }
            }
        }
        let print = |i: &u32| (call(*i).time, all[*i as usize].print, call(*i).source);
        without.iter().for_each(|i| gone[*i as usize] = true);
        for i in self.without_overlap(without, print) {
            gone[i as usize] = false;
        }
        let mut calls = those_that_stay(all, &gone, |r| r.call);
        put_in_order(&mut calls, |c| (c.time, c.source));
        calls
    }

    fn distinct_notes(&mut self) {
        let notes = std::mem::take(&mut self.notes);
        for note in notes {
            let same_time = self.notes.iter().rev().take_while(|n| n.time == note.time);
            if same_time.into_iter().any(|n| n.text == note.text) {
                self.count_copy(note.source);
            } else {
                self.notes.push(note);
            }
        }
    }

    fn distinct_statuses(&mut self) {
        let statuses = std::mem::take(&mut self.statuses);
        for status in statuses {
            let copy = self
                .statuses
                .iter_mut()
                .rev()
                .take_while(|s| status.start.secs_since(s.start) <= SAME_INCIDENT_S)
                .find(|s| same_incident(s, &status));
            match copy {
                Some(known) => {
                    known_better(known, &status);
                    self.count_copy(status.source);
                }
                None => self.statuses.push(status),
            }
        }
    }

    /// Records without an id: two equal ones are one record only if their inputs overlap, that is if nearly all
    /// that one holds of the shared stretch is in the other too. Inside one input all stand.
    fn without_overlap<T: Copy>(
        &mut self,
        items: Vec<T>,
        key: impl Fn(&T) -> (Time, u64, SourceRef),
    ) -> Vec<T> {
        let mut items = items;
        items.sort_by_key(&key);
        let same = |a: &T, b: &T| (key(a).0, key(a).1) == (key(b).0, key(b).1);
        let mut matches: BTreeMap<(u32, u32), usize> = BTreeMap::new();
        for run in items.chunk_by(same).filter(|r| r.len() > 1) {
            let counts = per_input(run, &key);
            for (i, (a, n)) in counts.iter().enumerate() {
                for (b, m) in &counts[i + 1..] {
                    *matches.entry((*a, *b)).or_default() += n.min(m);
                }
            }
        }
        let overlapping: Vec<(u32, u32)> = matches
            .into_iter()
            .filter(|((a, b), n)| overlaps(&items, &key, *a, *b, *n))
            .map(|(pair, _)| pair)
            .collect();
        if overlapping.is_empty() {
            return items;
        }
        let mut kept = Vec::with_capacity(items.len());
        for run in items.chunk_by(same) {
            let counts: BTreeMap<u32, usize> = per_input(run, &key).into_iter().collect();
            let mut dropped: BTreeMap<u32, usize> = BTreeMap::new();
            for (a, b) in &overlapping {
                if let (Some(n), Some(m)) = (counts.get(a), counts.get(b)) {
                    let drop = dropped.entry(*b).or_default();
                    *drop = (*drop).max(*n.min(m));
                }
            }
            for item in run {
                let source = key(item).2;
                match dropped.get_mut(&source.input) {
                    Some(left) if *left > 0 => {
                        *left -= 1;
                        self.count_copy(source);
                    }
                    _ => kept.push(*item),
                }
            }
        }
        kept
    }

    /// Which exchange the words of each error name, now that all exchanges are known.
    fn name_exchanges(&mut self, attempts: &[Attempt], calls: &[Call]) {
        let mut syms: FastSet<Sym> = attempts.iter().map(|a| a.exchange).collect();
        syms.extend(calls.iter().map(|c| c.exchange));
        syms.extend(self.statuses.iter().map(|s| s.exchange));
        let syms = BTreeSet::from_iter(syms);
        let mut known: Vec<(String, Sym)> = syms
            .into_iter()
            .map(|s| (self.names.text(s).to_owned(), s))
            .filter(|(name, _)| name.len() >= 3 && name != super::place::UNNAMED)
            .collect();
        // the longest name first: `ts-order-other-service` before `ts-order-service`
        known.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
        let mut by_signature: FastMap<Sym, Sym> = FastMap::default();
        for info in &mut self.errors.infos {
            if info.signature.is_none() {
                continue;
            }
            info.names_exchange = *by_signature.entry(info.signature).or_insert_with(|| {
                let text = format!(
                    "{} {}",
                    self.names.text(info.code),
                    self.names.text(info.message)
                )
                .to_lowercase();
                known
                    .iter()
                    .find(|(name, _)| has_word(&text, name))
                    .map_or(Sym::NONE, |(_, sym)| *sym)
            });
        }
    }
}

/// The records of attempts, and what became of them.
struct Pieces {
    all: Vec<Piece>,
    /// Copies, and those that were folded into another.
    gone: Vec<bool>,
}

impl Pieces {
    fn when(&self, i: u32) -> (Time, SourceRef) {
        let fact = &self.all[i as usize].fact;
        (fact.time, fact.source)
    }

    fn is_final(&self, i: u32) -> bool {
        self.all[i as usize].fact.outcome.is_final()
    }

    /// Makes one attempt of these records (by time, source): it stands where its last final one stood.
    fn fold(&mut self, group: &[u32]) {
        let last = |i: &&u32| (self.is_final(**i), self.when(**i));
        let Some(&winner) = group.iter().max_by_key(last) else {
            return;
        };
        let records: Vec<&Piece> = group.iter().map(|i| &self.all[*i as usize]).collect();
        let attempt = folded(&self.all[winner as usize], &records);
        self.all[winner as usize].fact = attempt;
        for &i in group.iter().filter(|i| **i != winner) {
            self.gone[i as usize] = true;
        }
    }

    /// Splits a payment id's records by merchant, where several are stated; a record that states none goes with the
    /// one merchant that is stated, else stands apart.
    fn by_merchant(&self, group: &[u32]) -> Vec<Vec<u32>> {
        let of = |i: &u32| {
            let piece = &self.all[*i as usize];
            piece.merchant_stated.then_some(piece.fact.merchant)
        };
        let stated: BTreeSet<Sym> = group.iter().filter_map(of).collect();
        if stated.len() <= 1 {
            return vec![group.to_vec()];
        }
        let mut groups: BTreeMap<(bool, Option<Sym>), Vec<u32>> = BTreeMap::new();
        for i in group {
            let merchant = of(i);
            groups
                .entry((merchant.is_none(), merchant))
                .or_default()
                .push(*i);
        }
        groups.into_values().collect()
    }
}

/// All lists as one, in their order; no list is held twice.
fn in_one<T>(lists: Vec<Vec<T>>) -> Vec<T> {
    let mut lists = lists.into_iter();
    let mut all = lists.next().unwrap_or_default();
    for mut list in lists {
        all.append(&mut list);
    }
    all
}

/// The items that are not gone, each made into something smaller where it lies: a list of millions is not held twice.
fn those_that_stay<T, U>(items: Vec<T>, gone: &[bool], made: impl Fn(T) -> U) -> Vec<U> {
    let items = items.into_iter().enumerate();
    let stays = items.filter(|(i, _)| !gone[*i]);
    stays.map(|(_, item)| made(item)).collect()
}

/// Sorts large items where they lie, each moved once; equal ones stay in their order.
fn put_in_order<T: Copy, K: Ord + Send>(items: &mut [T], key: impl Fn(&T) -> K) {
    if items.is_sorted_by_key(&key) {
        return;
    }
    let mut order: Vec<(K, u32)> = items.iter().map(&key).zip(0..).collect();
    order.par_sort_unstable();
    let mut from: Vec<u32> = order.into_iter().map(|(_, i)| i).collect();
    // Each cycle of the permutation is gone round once; a place that is done points to itself.
    for start in 0..items.len() {
        let first = items[start];
        let mut at = start;
        loop {
            let next = std::mem::replace(&mut from[at], at as u32) as usize;
            if next == start {
                items[at] = first;
                break;
            }
            items[at] = items[next];
            at = next;
        }
    }
}

/// Two exports of a page tell of one incident when they let it begin within this time of each other.
const SAME_INCIDENT_S: f64 = 900.0;

/// Whether two incidents of about the same time are one, told by two exports of a page.
fn same_incident(a: &StatusIncident, b: &StatusIncident) -> bool {
    let plain = |title: &str| title.trim().to_lowercase();
    let (one, other) = (plain(&a.title), plain(&b.title));
    a.exchange == b.exchange
        && a.scheduled == b.scheduled
        && (one == other
            || (one.len().min(other.len()) >= 12 && (one.contains(&other) || other.contains(&one))))
}

/// Takes what another export of the page knows better: a later one tells the rest of the story, another form of it the components.
fn known_better(known: &mut StatusIncident, other: &StatusIncident) {
    let mut other = other.clone();
    let richer =
        other.updates.len() > known.updates.len() || (known.end.is_none() && other.end.is_some());
    if richer {
        std::mem::swap(known, &mut other);
    }
    known.start = known.start.min(other.start);
    known.acknowledged = known.acknowledged.min(other.acknowledged);
    known.end = known.end.or(other.end);
    if known.components.is_empty() {
        known.components = other.components;
    }
    if &*known.impact == "none" {
        known.impact = other.impact;
    }
}

/// More final records than this under one payment id: it is no id of a payment.
const NO_ID_FROM: usize = 50;

/// More paid attempts than this under one order id: it is no id of an order.
const NO_ORDER_FROM: usize = 20;

fn per_input<T>(run: &[T], key: &impl Fn(&T) -> (Time, u64, SourceRef)) -> Vec<(u32, usize)> {
    run.chunk_by(|a, b| key(a).2.input == key(b).2.input)
        .map(|same| (key(&same[0]).2.input, same.len()))
        .collect()
}

/// Whether `matches` equal records make two inputs an overlap: at least ten, and four in five of those that the
/// smaller one holds of the shared stretch.
fn overlaps<T>(
    items: &[T],
    key: &impl Fn(&T) -> (Time, u64, SourceRef),
    a: u32,
    b: u32,
    matches: usize,
) -> bool {
    const FEWEST: usize = 10;
    if matches < FEWEST {
        return false;
    }
    let times = |input: u32| {
        items
            .iter()
            .map(key)
            .filter(move |k| k.2.input == input)
            .map(|k| k.0)
    };
    let (Some(first), Some(last)) = (
        times(a).min().max(times(b).min()),
        times(a).max().min(times(b).max()),
    ) else {
        return false;
    };
    let shared = |input: u32| times(input).filter(|t| first <= *t && *t <= last).count();
    matches * 5 >= shared(a).min(shared(b)) * 4
}

/// The attempt that the records (by time, source) tell of: its last final record, completed from the others.
fn folded(winner: &Piece, pieces: &[&Piece]) -> Attempt {
    let mut attempt = winner.fact;
    let stated_merchant = pieces.iter().rev().find(|p| p.merchant_stated);
    if let Some(piece) = stated_merchant.filter(|_| !winner.merchant_stated) {
        attempt.merchant = piece.fact.merchant;
    }
    // the latest record first
    for piece in pieces.iter().rev() {
        complete(&mut attempt, &piece.fact);
    }
    if attempt.outcome == Outcome::Succeeded {
        attempt.id = Sym::NONE;
        attempt.order_text = Sym::NONE;
    }
    let observed = attempt.time.secs_since(attempt.start) * 1000.0;
    if attempt.duration_ms.is_none() && pieces.len() > 1 && observed > 0.0 {
        attempt.duration_ms = Some(observed.min(f64::from(u32::MAX)) as u32);
    }
    attempt
}

/// Takes from another record of the same attempt what the final one does not say.
fn complete(attempt: &mut Attempt, other: &Attempt) {
    attempt.start = attempt.start.min(other.start);
    for (mine, theirs) in [
        (&mut attempt.id, other.id),
        (&mut attempt.order_text, other.order_text),
        (&mut attempt.merchant, other.merchant),
        (&mut attempt.method, other.method),
        (&mut attempt.exchange, other.exchange),
        (&mut attempt.currency, other.currency),
        (&mut attempt.operation, other.operation),
    ] {
        if mine.is_none() {
            *mine = theirs;
        }
    }
    for (mine, theirs) in attempt.links.iter_mut().zip(other.links) {
        keep_id(mine, theirs);
    }
    keep_id(&mut attempt.order, other.order);
    keep_id(&mut attempt.customer, other.customer);
    keep_id(&mut attempt.retry_of, other.retry_of);
    attempt.amount = attempt.amount.or(other.amount);
    attempt.attempt_no = attempt.attempt_no.max(other.attempt_no);
    let silent = attempt.class == ErrorClass::Unknown || attempt.error == ErrorKey::default();
    if attempt.outcome.is_bad()
        && silent
        && other.class != ErrorClass::None
        && other.class != ErrorClass::Unknown
    {
        attempt.error = other.error;
        attempt.class = other.class;
        if attempt.class == ErrorClass::UpstreamTimeout {
            attempt.outcome = Outcome::Unknown;
        }
    }
}

fn keep_id(mine: &mut IdHash, theirs: IdHash) {
    if !mine.is_some() {
        *mine = theirs;
    }
}

/// Whether two records say the same, their place aside.
fn is_copy(a: &Attempt, b: &Attempt) -> bool {
    let key = |x: &Attempt| {
        (
            (
                x.time,
                x.start,
                x.duration_ms,
                x.links,
                x.order,
                x.customer,
                x.retry_of,
            ),
            (x.merchant, x.method, x.exchange, x.currency, x.operation),
            (x.outcome, x.error, x.class, x.amount, x.attempt_no),
        )
    };
    key(a) == key(b)
}

/// All that a call says, its place aside.
type CallKey = (
    Time,
    [IdHash; 3],
    [Sym; 3],
    u16,
    ErrorClass,
    ErrorKey,
    Option<u32>,
    bool,
    u64,
);

fn call_key(raw: &RawCall) -> CallKey {
    let c = &raw.call;
    (
        c.time,
        c.links,
        [c.exchange, c.component, c.caller],
        c.http_status,
        c.class,
        c.error,
        c.duration_us,
        c.is_probe,
        raw.print,
    )
}

/// Whether the word occurs with no letter or digit next to it.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn items_are_put_in_order_where_they_lie(keys in proptest::collection::vec(0u8..9, 0..60)) {
            let mut items: Vec<(u8, usize)> = keys.into_iter().zip(0..).collect();
            let mut expected = items.clone();
            expected.sort_by_key(|i| i.0);
            put_in_order(&mut items, |i| i.0);
            prop_assert_eq!(items, expected);
        }

        #[test]
        fn what_is_gone_is_left_out(gone in proptest::collection::vec(any::<bool>(), 0..40)) {
            let items: Vec<usize> = (0..gone.len()).collect();
            let stays = those_that_stay(items, &gone, |i| i as u32);
            let expected: Vec<u32> = (0u32..).zip(&gone).filter(|(_, g)| !**g).map(|(i, _)| i).collect();
            prop_assert_eq!(stays, expected);
        }
    }
}
