//! Names as records write them to the names of the time line, each worked out once.

use std::collections::HashMap;

use crate::model::{IdHash, Names, Sym};

use super::builder::ComponentFrom;
use super::place;

/// Texts normalised once each.
#[derive(Debug, Default)]
pub(super) struct Texts {
    exchanges: HashMap<String, Sym>,
    methods: HashMap<String, Sym>,
    currencies: HashMap<String, Sym>,
    components: HashMap<(String, Sym), Sym>,
}

impl Texts {
    /// Paths can hold ids: the table is emptied at this size.
    const MOST: usize = 20_000;

    pub(super) fn exchange(&mut self, text: Option<&str>, names: &mut Names) -> Sym {
        once(&mut self.exchanges, text, |t| {
            place::exchange_name(t).map_or(Sym::NONE, |n| names.intern(&n))
        })
    }

    pub(super) fn method(&mut self, text: Option<&str>, names: &mut Names) -> Sym {
        once(&mut self.methods, text, |t| {
            names.intern(&t.to_lowercase().replace([' ', '-'], "_"))
        })
    }

    pub(super) fn currency(&mut self, text: Option<&str>, names: &mut Names) -> Sym {
        once(&mut self.currencies, text, |t| {
            if IdHash::of(t).is_some() {
                names.intern(&t.to_uppercase())
            } else {
                Sym::NONE
            }
        })
    }

    pub(super) fn component(
        &mut self,
        text: &str,
        exchange: Sym,
        from: ComponentFrom,
        names: &mut Names,
    ) -> Sym {
        let text = text.split(['?', '#']).next().unwrap_or(text);
        let key = (text.to_owned(), exchange);
        if let Some(&sym) = self.components.get(&key) {
            return sym;
        }
        let found = match from {
            ComponentFrom::Stated => place::component_name(text),
            _ => place::component_of_operation(text),
        };
        let found = found.and_then(|c| place::beside_exchange(&c, names.text(exchange)));
        let sym = found.map_or(Sym::NONE, |c| names.intern(&c));
        if self.components.len() >= Texts::MOST {
            self.components.clear();
        }
        self.components.insert(key, sym);
        sym
    }
}

fn once(map: &mut HashMap<String, Sym>, text: Option<&str>, make: impl FnOnce(&str) -> Sym) -> Sym {
    let Some(text) = text else {
        return Sym::NONE;
    };
    if let Some(&sym) = map.get(text) {
        return sym;
    }
    let sym = make(text);
    map.insert(text.to_owned(), sym);
    sym
}
