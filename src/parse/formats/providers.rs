//! Documents of payment providers whose own shape says more than the names of their members: events that wrap the
//! object that they are about, amounts in minor units, and notifications that are about no payment attempt at all.
//!
//! - Stripe events, charges and payment intents (<https://docs.stripe.com/api/events>). An event's `created` is when it
//!   happened, its object's `created` is not.
//! - Adyen's standard webhooks (<https://docs.adyen.com/development-resources/webhooks/>): only `AUTHORISATION` is an
//!   attempt; `success` is a text.
//! - PayPal's transaction search (<https://developer.paypal.com/docs/api/transaction-search/v1/>).
//! - Coinbase Commerce's charges, whose time line holds the status.
//! - Binance Pay's order notifications, whose `data` is JSON in a text.
//!
//! What is about a refund, a capture or a dispute keeps its time and a message, and no field that a payment has.

use serde_json::Value;

use crate::model::{Field, Record, Stamp};
use crate::parse::stamp;

/// Whether a member's path, met in an input, is one of those that only these documents have.
pub(crate) fn is_telling(path: &str) -> bool {
    matches!(
        path,
        "object"
            | "notificationItems.NotificationRequestItem.eventCode"
            | "NotificationRequestItem.eventCode"
            | "transaction_info.transaction_status"
            | "event.data.code"
            | "bizStatus"
            | "resultCode"
            | "data.balancePlatform"
            | "data.merchantAccount"
            | "data.merchantId"
    )
}

/// Reads a document of a provider; `None` when it is another's, or when its time cannot be read.
pub(crate) fn read(text: &str, line: u64) -> Option<Record<'static>> {
    let value: Value = serde_json::from_str(text).ok()?;
    let mut record = stripe(&value)
        .or_else(|| adyen(&value))
        .or_else(|| adyen_checkout(&value))
        .or_else(|| adyen_account(&value))
        .or_else(|| paypal(&value))
        .or_else(|| coinbase(&value))
        .or_else(|| binance_pay(&value))?;
    record.line = line;
    record.time.is_some().then_some(record)
}

/// The text (or number) at a path of members and positions.
fn at(value: &Value, pointer: &str) -> Option<String> {
    match value.pointer(pointer)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The first of the paths that holds a text.
fn first(value: &Value, pointers: &[&str]) -> Option<String> {
    pointers.iter().find_map(|p| at(value, p))
}

fn time(value: &Value, pointers: &[&str]) -> Option<Stamp> {
    pointers.iter().find_map(|p| stamp::read(&at(value, p)?))
}

/// Sets what is known.
fn set(record: &mut Record<'static>, field: Field, text: Option<String>) {
    if let Some(text) = text {
        record.set(field, text);
    }
}

/// A document that is about no payment attempt.
fn no_attempt(time: Option<Stamp>, about: &str) -> Record<'static> {
    let mut record = Record::new(0);
    record.time = time;
    record.set(Field::Message, about.to_owned());
    record
}

/// One word is an error's code, several are its message.
fn set_reason(record: &mut Record<'static>, reason: Option<String>) {
    let Some(reason) = reason else { return };
    if reason.contains(char::is_whitespace) {
        record.set(Field::ErrorMessage, reason);
    } else {
        record.set(Field::ErrorCode, reason);
    }
}

fn stripe(value: &Value) -> Option<Record<'static>> {
    match value.get("object")?.as_str()? {
        "event" => {
            let created = time(value, &["/created"]);
            let kind = at(value, "/type")?;
            let object = value.pointer("/data/object")?;
            if !is_stripe_attempt(&kind) {
                return Some(no_attempt(created, &kind));
            }
            let mut record = stripe_object(object)?;
            record.start = record.time.filter(|_| kind.starts_with("charge."));
            record.time = created;
            record.set(Field::Kind, kind);
            set(&mut record, Field::RequestId, at(value, "/request/id"));
            Some(record)
        }
        _ => {
            value.get("created")?;
            stripe_object(value)
        }
    }
}

/// Whether an event tells how an attempt to pay went; refunds, disputes and later updates do not.
fn is_stripe_attempt(kind: &str) -> bool {
    const STEPS: [&str; 10] = [
        "succeeded",
        "failed",
        "pending",
        "captured",
        "expired",
        "payment_failed",
        "processing",
        "requires_action",
        "canceled",
        "created",
    ];
    ["charge.", "payment_intent."]
        .iter()
        .find_map(|object| kind.strip_prefix(object))
        .is_some_and(|step| STEPS.contains(&step))
}

/// A charge or a payment intent. A charge goes by its payment intent, so that both are one payment.
fn stripe_object(object: &Value) -> Option<Record<'static>> {
    let mut record = Record::new(0);
    record.time = time(object, &["/created"]);
    match object.get("object")?.as_str()? {
        "charge" => stripe_charge(&mut record, object),
        "payment_intent" => stripe_intent(&mut record, object),
        _ => return None,
    }
    set(&mut record, Field::Amount, at(object, "/amount"));
    set(&mut record, Field::Currency, at(object, "/currency"));
    record.amount_in_minor_units = true;
    set(
        &mut record,
        Field::CustomerId,
        first(object, &["/customer", "/customer/id"]),
    );
    set(
        &mut record,
        Field::OrderId,
        at(object, "/metadata/order_id"),
    );
    set(
        &mut record,
        Field::Method,
        first(
            object,
            &["/payment_method_details/type", "/payment_method_types/0"],
        ),
    );
    Some(record)
}

fn stripe_charge(record: &mut Record<'static>, charge: &Value) {
    set(
        record,
        Field::PaymentId,
        first(charge, &["/payment_intent", "/payment_intent/id", "/id"]),
    );
    let status = at(charge, "/status");
    if status.as_deref() != Some("failed") {
        return set(record, Field::Status, status);
    }
    // Blocked by a rule or a risk score of the merchant: a decision, though it never reached the network.
    let blocked = at(charge, "/outcome/type").as_deref() == Some("blocked");
    record.set(Field::Status, if blocked { "declined" } else { "failed" });
    let codes = ["/failure_code", "/outcome/reason"];
    let general = |code: &String| code != "card_declined";
    let code = codes.iter().filter_map(|p| at(charge, p)).find(general);
    set(
        record,
        Field::ErrorCode,
        code.or_else(|| at(charge, "/failure_code")),
    );
    set(
        record,
        Field::ErrorMessage,
        first(charge, &["/failure_message", "/outcome/seller_message"]),
    );
}

fn stripe_intent(record: &mut Record<'static>, intent: &Value) {
    set(record, Field::PaymentId, at(intent, "/id"));
    let status = at(intent, "/status");
    let error = intent.get("last_payment_error").filter(|e| e.is_object());
    match (status.as_deref(), error) {
        // The status before the first try and after a failed one is the same.
        (Some("requires_payment_method"), Some(error)) => {
            record.set(Field::Status, "failed");
            set(
                record,
                Field::ErrorCode,
                first(error, &["/decline_code", "/code", "/type"]),
            );
            set(record, Field::ErrorMessage, at(error, "/message"));
        }
        _ => set(record, Field::Status, status),
    }
}

fn adyen(value: &Value) -> Option<Record<'static>> {
    let item = value
        .pointer("/notificationItems/0/NotificationRequestItem")
        .or_else(|| value.get("NotificationRequestItem"))?;
    let event = at(item, "/eventCode")?;
    let when = time(item, &["/eventDate"]);
    if event != "AUTHORISATION" {
        return Some(no_attempt(when, &event));
    }
    let mut record = Record::new(0);
    record.time = when;
    record.set(Field::Kind, event);
    let success = item.get("success")?;
    let succeeded = success
        .as_str()
        .map_or(success.as_bool(), |t| t.parse().ok())?;
    record.set(
        Field::Status,
        if succeeded { "succeeded" } else { "failed" },
    );
    for (field, pointer) in [
        (Field::PaymentId, "/pspReference"),
        (Field::OrderId, "/merchantReference"),
        (Field::Merchant, "/merchantAccountCode"),
        (Field::Method, "/paymentMethod"),
        (Field::Amount, "/amount/value"),
        (Field::Currency, "/amount/currency"),
    ] {
        set(&mut record, field, at(item, pointer));
    }
    record.amount_in_minor_units = true;
    if !succeeded {
        set_reason(&mut record, at(item, "/reason").filter(|r| r != "null"));
    }
    Some(record)
}

/// The answer of Adyen's Checkout API to a payment, as a merchant logs it with a time of its own: amounts count minor units.
fn adyen_checkout(value: &Value) -> Option<Record<'static>> {
    let result = at(value, "/resultCode")?;
    let id = at(value, "/pspReference")?;
    let mut record = Record::new(0);
    record.time = time(
        value,
        &[
            "/timestamp",
            "/@timestamp",
            "/time",
            "/ts",
            "/createdAt",
            "/date",
        ],
    );
    record.set(Field::PaymentId, id);
    record.set(Field::Status, result);
    for (field, pointer) in [
        (Field::OrderId, "/merchantReference"),
        (Field::Merchant, "/merchantAccount"),
        (Field::Amount, "/amount/value"),
        (Field::Currency, "/amount/currency"),
    ] {
        set(&mut record, field, at(value, pointer));
    }
    set(
        &mut record,
        Field::Method,
        first(value, &["/paymentMethod/type", "/paymentMethod"]),
    );
    record.amount_in_minor_units = true;
    set_reason(&mut record, at(value, "/refusalReason"));
    set(
        &mut record,
        Field::ErrorCode,
        at(value, "/refusalReasonCode"),
    );
    Some(record)
}

/// Adyen's webhooks about accounts, stored cards, terminals and balances (management, platforms, tokenization): none is about an
/// attempt to pay.
fn adyen_account(value: &Value) -> Option<Record<'static>> {
    let environment = at(value, "/environment")?;
    let kind = at(value, "/type").filter(|k| k.contains('.'))?;
    value.get("data").filter(|d| d.is_object())?;
    let when = time(
        value,
        &[
            "/createdAt",
            "/timestamp",
            "/data/creationDate",
            "/data/createdAt",
        ],
    );
    matches!(environment.as_str(), "test" | "live").then(|| no_attempt(when, &kind))
}

fn paypal(value: &Value) -> Option<Record<'static>> {
    let info = value.get("transaction_info")?;
    let when = time(
        info,
        &["/transaction_initiation_date", "/transaction_updated_date"],
    );
    let event = at(info, "/transaction_event_code").unwrap_or_default();
    // T00xx are payments; the others move, convert, hold, reverse or refund what was paid.
    if !event.is_empty() && !event.starts_with("T00") {
        return Some(no_attempt(when, &event));
    }
    let mut record = Record::new(0);
    record.time = when;
    record.set(
        Field::Status,
        match at(info, "/transaction_status")?.as_str() {
            // V: paid, and reversed later.
            "S" | "V" => "succeeded".to_owned(),
            "D" => "denied".to_owned(),
            "P" => "pending".to_owned(),
            other => other.to_owned(),
        },
    );
    for (field, pointer) in [
        (Field::PaymentId, "/transaction_id"),
        (Field::OrderId, "/invoice_id"),
        (Field::Amount, "/transaction_amount/value"),
        (Field::Currency, "/transaction_amount/currency_code"),
    ] {
        set(&mut record, field, at(info, pointer));
    }
    Some(record)
}

fn coinbase(value: &Value) -> Option<Record<'static>> {
    let charge = value.pointer("/event/data")?;
    let last = charge.get("timeline")?.as_array()?.last()?;
    let mut record = Record::new(0);
    record.time = time(last, &["/time"]).or_else(|| time(value, &["/event/created_at"]));
    record.start = time(charge, &["/created_at"]);
    // An unresolved charge was paid too late or with another amount: the merchant decides.
    let status = at(last, "/status")?;
    record.set(
        Field::Status,
        if status == "RESOLVED" {
            "completed".to_owned()
        } else {
            status
        },
    );
    for (field, pointer) in [
        (Field::PaymentId, "/code"),
        (Field::OrderId, "/metadata/order_id"),
        (Field::Amount, "/pricing/local/amount"),
        (Field::Currency, "/pricing/local/currency"),
    ] {
        set(&mut record, field, at(charge, pointer));
    }
    Some(record)
}

fn binance_pay(value: &Value) -> Option<Record<'static>> {
    let status = at(value, "/bizStatus")?;
    let data: Value = serde_json::from_str(value.get("data")?.as_str()?).ok()?;
    let when = time(&data, &["/transactTime", "/createTime"]);
    if at(value, "/bizType").as_deref() != Some("PAY") {
        return Some(no_attempt(when, &status));
    }
    let mut record = Record::new(0);
    record.time = when;
    record.set(Field::Status, status);
    for (field, pointer) in [
        (Field::PaymentId, "/merchantTradeNo"),
        (Field::Amount, "/totalFee"),
        (Field::Currency, "/currency"),
    ] {
        set(&mut record, field, at(&data, pointer));
    }
    Some(record)
}
