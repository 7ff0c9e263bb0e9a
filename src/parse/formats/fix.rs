//! Sessions of the FIX protocol (<https://www.fixtrading.org/standards/>): messages as engines log them, their fields
//! parted by SOH, `|` or `^A`, with whatever the engine wrote before.
//!
//! `20210818-12:00:00.100 : 8=FIX.4.4|9=176|35=8|49=EXCH|56=SHOP|52=20210818-12:00:00.099|11=o-1|39=8|58=Market closed|10=007|`
//!
//! A call is what a counterparty answers: execution reports and rejects. Heartbeats, logons and requests are
//! messages without a result; a logout and news are notes, since one line does not tell whether they were asked for.
//! Sending times are UTC by the protocol.

use super::{Lines, Refusal};
use crate::model::{Field, Record};
use crate::parse::fields::{Draft, Fields};
use crate::parse::stamp;

pub(super) static FORMAT: Lines = Lines {
    id: "fix",
    about: "messages of FIX sessions",
    shown: "FIX messages",
    read,
    cut: |_, _| None,
};

fn read(
    text: &str,
    line: u64,
    fields: &mut Fields,
    emit: &mut dyn FnMut(&Record<'_>),
) -> Result<(), Refusal> {
    let message = Message::of(text).ok_or(Refusal::NotMine)?;
    let mut draft = Draft::new(line);
    // The message's own time, else the one that the engine wrote before it (UTC only where it says so).
    let sent = message
        .get("52")
        .and_then(stamp::read)
        .map(|s| crate::model::Stamp {
            has_zone: true,
            ..s
        });
    let time = sent.or_else(|| stamp::read_prefix(text).map(|(s, _)| s));
    draft.set_time(
        time.ok_or(Refusal::Bad("no sending time (52)".into()))?,
        1000,
    );
    message.put(&mut draft);
    emit(&fields.finish(draft)?);
    Ok(())
}

/// The fields of one message.
struct Message<'a> {
    fields: Vec<(&'a str, &'a str)>,
}

impl<'a> Message<'a> {
    fn of(text: &'a str) -> Option<Message<'a>> {
        let start = memchr::memmem::find(text.as_bytes(), b"8=FIX")?;
        let body = &text[start..];
        let separator = ["\u{1}", "|", "^A"]
            .into_iter()
            .filter_map(|s| body.find(s).map(|at| (at, s)))
            .min()?;
        let fields: Vec<_> = body
            .split(separator.1)
            .filter_map(|field| field.split_once('='))
            .collect();
        let is_message = fields.len() >= 4 && fields.iter().any(|(tag, _)| *tag == "35");
        is_message.then_some(Message { fields })
    }

    fn get(&self, tag: &str) -> Option<&'a str> {
        let found = self.fields.iter().find(|(t, _)| *t == tag);
        found
            .map(|(_, value)| value.trim())
            .filter(|v| !v.is_empty())
    }

    fn put(&self, draft: &mut Draft<'a>) {
        let kind = self.get("35").unwrap_or("");
        let text = self.get("58").or_else(|| self.get("148"));
        draft.set(Field::Message, 900, text.unwrap_or_else(|| name(kind)));
        let operation = match kind {
            "8" => "execution report",
            "9" => "cancel reject",
            "3" => "reject",
            "j" => "business message reject",
            "Y" => "market data request reject",
            "5" | "B" | "h" => {
                draft.set(Field::Kind, 900, "note");
                return;
            }
            _ => return,
        };
        draft.set(Field::Operation, 900, operation);
        if let Some(sender) = self.get("49") {
            draft.set(Field::Exchange, 900, sender);
        }
        if let Some(target) = self.get("56") {
            draft.set(Field::Caller, 600, target);
        }
        if let Some(order) = self.get("11") {
            draft.set(Field::RequestId, 900, order);
        }
        let rejected = kind != "8" || self.get("39") == Some("8");
        if rejected {
            draft.set(Field::Status, 900, "rejected");
            self.put_reason(draft, text);
        } else if let Some(status) = self.get("39") {
            draft.set(Field::Status, 900, order_status(status));
        }
    }

    /// Why: the exchange's own code (25016 at Binance and others), else the protocol's reason with its tag.
    fn put_reason(&self, draft: &mut Draft<'a>, text: Option<&'a str>) {
        if let Some(text) = text {
            draft.set(Field::ErrorMessage, 900, text);
        }
        if let Some(code) = self.get("25016") {
            draft.set(Field::ErrorCode, 900, code);
            return;
        }
        for tag in ["103", "102", "380", "373", "281"] {
            if let Some(reason) = self.get(tag) {
                draft.set(Field::ErrorCode, 900, format!("{tag}={reason}"));
                return;
            }
        }
    }
}

/// The protocol's name of a message type (35).
fn name(kind: &str) -> &'static str {
    match kind {
        "0" => "Heartbeat",
        "1" => "TestRequest",
        "2" => "ResendRequest",
        "3" => "Reject",
        "4" => "SequenceReset",
        "5" => "Logout",
        "8" => "ExecutionReport",
        "9" => "OrderCancelReject",
        "A" => "Logon",
        "B" => "News",
        "D" => "NewOrderSingle",
        "F" => "OrderCancelRequest",
        "G" => "OrderCancelReplaceRequest",
        "h" => "TradingSessionStatus",
        "j" => "BusinessMessageReject",
        _ => "FIX message",
    }
}

/// The protocol's word for an order's status (39). An order that stands or was filled was served.
fn order_status(code: &str) -> &'static str {
    match code {
        "0" | "A" => "accepted",
        "1" => "partially filled",
        "2" => "filled",
        "4" => "canceled",
        "C" => "expired",
        _ => "accepted",
    }
}
