//! What logs call things: names of fields, as data.
//!
//! Names are compared without case, `_`, `-` and spaces, and a path counts as its parts joined, so that
//! `payment.id`, `paymentId`, `PAYMENT-ID` and `payment_id` are one name. A name is known, as listed or as put together
//! from a listed noun and a listed ending (`payment` + `uid`), or it is not: nothing is guessed from a part of a name.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::model::{DurationUnit, Field};

/// How the value of a name is to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// As text of the field.
    Plain,
    /// A status word; a number from 100 to 599 is an HTTP status.
    Status,
    /// A boolean that is true when it went well.
    Success,
    /// A boolean that is true when it went wrong.
    Failure,
    /// A code: 100 to 599 is an HTTP status, 0 and 2xx no error, anything else an error code.
    Code,
    /// An error: one word is its code, several its message; `true` says only that it failed.
    Error,
    /// One word names the kind of the record, several are its message.
    Event,
    /// A way to pay, or else the kind of the record.
    Type,
    /// An HTTP method, or else a way to pay.
    Method,
    /// The id of a payment, unless it is as short as the number of a process.
    Pid,
    /// A duration in a stated unit, or in one found by looking at the values.
    Duration(Option<DurationUnit>),
    /// An amount in minor units (cents).
    Minor,
    /// A time stamp.
    Stamp,
}

/// Where in a record a name counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The last parts of a path suffice: `upstream.http_status`.
    Anywhere,
    /// Only by itself, or inside a wrapper that says nothing (`fields.id`, `data.id`): too general otherwise.
    Alone,
}

/// A meaning that a name has; the higher rank wins where a record has several names for one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The field.
    pub field: Field,
    /// How to read the value.
    pub reads: Reads,
    /// Where the name counts.
    pub reach: Reach,
    /// Which of several names for one field wins.
    pub rank: u16,
}

struct Group {
    field: Field,
    reads: Reads,
    reach: Reach,
    rank: u16,
    names: &'static [&'static str],
}

const fn group(
    field: Field,
    reads: Reads,
    reach: Reach,
    rank: u16,
    names: &'static [&'static str],
) -> Group {
    Group {
        field,
        reads,
        reach,
        rank,
        names,
    }
}

use Reach::{Alone, Anywhere};

/// Rank of a stamp of the last change: below one of an end.
pub const CHANGED_RANK: u16 = 600;
/// Rank of a stamp of the creation, at most: below one of the event itself.
pub const CREATED_RANK: u16 = 700;

/// The table. Within a group the earlier name wins; a group with a higher rank wins over one with a lower.
#[rustfmt::skip]
const GROUPS: &[Group] = &[
    // --- when
    group(Field::Time, Reads::Stamp, Alone, 900, &[
        "ts", "timestamp", "@timestamp", "time", "_time", "datetime", "date_time", "event_time",
        "event_timestamp", "log_time", "log_timestamp", "logged_at", "time_stamp", "time_iso8601",
        "time_local", "iso_time", "time_unix_nano", "timestamp_ns", "timestamp_us", "timestamp_ms",
        "ts_ms", "ts_ns", "ts_us", "time_ms", "epoch", "epoch_ms", "unix_time", "unix_ts",
        "time_utc", "timestamp_utc", "ts_utc", "time_generated", "asctime", "instant", "when", "at",
        "t", "occurred_at", "happened_at", "event_date", "transaction_time", "transaction_date",
        "transact_time", "payment_time", "payment_date", "request_timestamp", "requested_at",
        "date", "edge_start_timestamp", "source_realtime_timestamp", "realtime_timestamp",
    ]),
    group(Field::Time, Reads::Stamp, Alone, CREATED_RANK, &[
        "created_at", "created", "created_date", "created_time", "creation_date", "createdon",
        "create_time", "submitted_at", "initiated_at", "received_at", "observed_time_unix_nano", "receive_timestamp",
        "ingestion_time", "event_created", "processed_at",
    ]),
    group(Field::StartTime, Reads::Stamp, Alone, 800, &[
        "start_time", "started_at", "start", "start_ts", "start_timestamp", "started", "begin",
        "begin_time", "begin_at", "begun_at", "start_time_unix_nano", "request_start",
        "request_started_at", "request_at", "request_ts", "sent_at", "event_start", "from_time",
        "attempt_started_at", "call_started_at", "requested_time",
    ]),
    group(Field::EndTime, Reads::Stamp, Alone, 800, &[
        "end_time", "ended_at", "end", "end_ts", "end_timestamp", "finished_at", "finish_time",
        "finished", "completed_at", "completion_time", "end_time_unix_nano", "response_at",
        "response_ts", "responded_at", "response_received_at", "event_end", "settled_at",
        "confirmed_at", "failed_at", "resolved_ts", "edge_end_timestamp",
    ]),
    // what changed last, when nothing says when it ended
    group(Field::EndTime, Reads::Stamp, Alone, CHANGED_RANK, &[
        "updated_at", "updated", "last_updated", "modified_at", "last_updated_at", "update_time", "last_update", "updated_on",
        "last_modified", "changed_at", "status_changed_at",
    ]),
    // --- how long
    group(Field::Duration, Reads::Duration(Some(DurationUnit::Nanos)), Anywhere, 890, &[
        "event.duration", "duration_nano",
    ]),
    group(Field::Duration, Reads::Duration(Some(DurationUnit::Seconds)), Anywhere, 880, &[
        "request_time", "upstream_response_time", "http.server.request.duration",
        "http.client.request.duration", "time_total", "time_starttransfer",
    ]),
    group(Field::Duration, Reads::Duration(None), Anywhere, 800, &[
        "duration", "latency", "elapsed", "took", "response_time", "elapsed_time", "rtt", "rt", "urt",
        "round_trip", "round_trip_time", "time_taken", "processing_time", "total_time",
        "execution_time", "exec_time", "call_duration", "request_duration", "http.duration",
        "upstream_latency", "upstream_time", "exchange_latency", "provider_latency",
        "gateway_latency", "response_latency", "service_time", "dur", "runtime", "responsetime",
        "origin_response_duration",
    ]),
    // --- what was said
    group(Field::Level, Reads::Plain, Alone, 900, &[
        "level", "severity", "log.level", "lvl", "loglevel", "log_level", "severity_text",
        "levelname", "level_name", "sev", "priority", "severity_number", "log_severity",
    ]),
    group(Field::Message, Reads::Plain, Alone, 900, &[
        "message", "msg", "log_message", "_raw", "body", "text", "line", "log", "short_message",
        "text_payload", "log.original", "event.original", "msg_text", "summary", "note",
    ]),
    group(Field::Kind, Reads::Event, Alone, 800, &[
        "event", "event_type", "event_name", "event.action", "action", "kind",
    ]),
    group(Field::Kind, Reads::Plain, Alone, 700, &[
        "record_type", "log_type", "msg_type", "message_type", "entry_type", "event.kind",
        "event.category", "webhook_type", "notification_type", "event_code", "biz_type",
    ]),
    group(Field::Kind, Reads::Type, Alone, 600, &[
        "type",
    ]),
    // --- who
    group(Field::Service, Reads::Plain, Anywhere, 800, &[
        "service.name", "service", "service_id", "app", "application", "app_name",
        "application_name", "svc", "microservice", "kubernetes.container.name", "container_name",
        "container.name", "syslog_identifier",
    ]),
    group(Field::Service, Reads::Plain, Alone, 500, &[
        "logger", "logger_name", "log.logger", "program", "process.name", "job", "target",
    ]),
    group(Field::Merchant, Reads::Plain, Anywhere, 800, &[
        "merchant", "merchant.name", "merchant.id", "merchant_code", "merchant_slug", 
        "shop.name", "shop.id", "store.name", "store.id", "storefront", 
        "platform.name", "platform.id", "tenant.name", "tenant.id", "site.name",
        "site.id", "seller", "seller.name", "seller.id", "merchant_account",
        "merchant_account_code", "marketplace.name", "brand_name",
        "company_account", "business.name", "business_id",
        "vendor_account", "merchant_ref_name", "ecommerce_platform",
    ]),
    group(Field::Merchant, Reads::Plain, Alone, 750, &[
        "shop", "store", "tenant", "platform", "site", "brand", "marketplace", "business",
    ]),
    group(Field::Exchange, Reads::Plain, Anywhere, 900, &[
        "exchange", "exchange.name", "exchange.id", "exchange_slug",
        "upstream_exchange", "crypto_exchange", "venue", "venue.name", "venue_id",
    ]),
    group(Field::Exchange, Reads::Plain, Anywhere, 800, &[
        "provider.name", "provider.id", "payment_provider", "payment_provider.name",
        "gateway.name", "gateway.id", "payment_gateway", "psp", "psp.name", "psp_id",
        "processor.id", "payment_processor", "upstream",
        "upstream.name", "upstream.service", "upstream_provider", "acquirer", "acquirer.name",
        "acquirer_id", "vendor.name", "peer.service", "connector", "connector.name",
        "dependency.name", "downstream_service", "third_party",
        "external_service", "partner_name", "custodian", "liquidity_provider", "broker",
        "counterparty", "remote_service", "target_service", "callee",
        "wallet_provider", "onramp", "upstream_api", "api_provider",
    ]),
    group(Field::Exchange, Reads::Plain, Alone, 790, &[
        "provider", "gateway", "processor", "vendor", "partner", "dependency",
    ]),
    group(Field::Component, Reads::Plain, Anywhere, 800, &[
        "component", "component.name", "component_id", "subsystem", "exchange_component",
        "api_group", "exchange_service", "upstream_component", "product_area",
        "functional_area", "market_type",
    ]),
    group(Field::Component, Reads::Plain, Alone, 500, &[
        "api", "api_name", "module", "product", "category", "area",
    ]),
    group(Field::Caller, Reads::Plain, Anywhere, 800, &[
        "caller", "caller.service", "caller_name", "caller_id", "client_service", "client_name",
        "client_app", "consumer.name", "source_service", "calling_service",
        "origin_service", "from_service", "requester", "caller_app", "api_client", "source_app",
    ]),
    group(Field::Caller, Reads::Plain, Alone, 600, &[
        "client", "consumer", "client.id", "source", "from", "api_key_name", "account", "downstream", "peer",
    ]),
    group(Field::CustomerId, Reads::Plain, Anywhere, 800, &[
        "customer_id", "customer.id", "customer_ref", "customer_uuid", "customer_no",
        "customer_reference", "customer_number", "user_id", "user.id", "userid", "buyer_id",
        "buyer", "payer_id", "payer", "shopper_id", "shopper_reference", "enduser.id", "user_uuid",
        "user_ref", "client_ref", "member_id", "cardholder_id", "wallet_owner",
        "consumer_id", "buyer_ref",
    ]),
    group(Field::CustomerId, Reads::Plain, Alone, 600, &[
        "customer", "user", "user.name", "shopper", "account_id", "uid",
    ]),
    // --- which
    group(Field::PaymentId, Reads::Plain, Anywhere, 900, &[
        "payment_id", "payment.id", "payment_uuid", "payment_ref", "payment_reference",
        "payment_intent", "payment_intent_id", "payment_attempt_id", "attempt_id", "charge_id",
        "txn_id", "tx_id", "txid", "trx_id", "transaction_id", "transaction.id", "transaction_ref",
        "transaction_reference", "txn_ref", "tx_ref", "trans_id", "txn", "payment_no",
        "payment_number", "pay_id", "payid", "pid_payment", "psp_reference", "merchant_trade_no",
        "merchant_transaction_id", "deposit_id", "withdrawal_id", "transfer_id", "payout_id",
        "checkout_id", "payment_request_id", "purchase_id", "client_payment_id",
        "external_payment_id", "transaction_uuid", "payment_key", "sale_id", "authorization_id",
    ]),
    group(Field::PaymentId, Reads::Plain, Alone, 600, &[
        "payment", "transaction", "charge", "tx", "trx", "reference", "ref", "payref",
        "attempt_uuid",
    ]),
    group(Field::PaymentId, Reads::Pid, Alone, 550, &["pid"]),
    group(Field::PaymentId, Reads::Plain, Alone, 100, &[
        "id", "uuid",
    ]),
    group(Field::OrderId, Reads::Plain, Anywhere, 800, &[
        "order_id", "order.id", "order_ref", "order_no", "order_number", "order_uuid",
        "order_reference", "merchant_reference", "merchant_order_id", "basket_id", "basket.id",
        "cart_id", "cart.id", "invoice_id", "invoice.id", "invoice_no", "invoice_number",
        "booking_id", "booking_ref", "checkout_session_id", "reservation_id", "bill_id",
        "client_order_id", "external_order_id", "merchant_order_ref", "shop_order_id",
        "new_client_order_id", "orig_client_order_id", "withdraw_order_id", "cl_ord_id",
    ]),
    group(Field::OrderId, Reads::Plain, Alone, 600, &[
        "order", "invoice", "basket", "cart", "booking", "checkout",
    ]),
    group(Field::TraceId, Reads::Plain, Anywhere, 800, &[
        "trace_id", "trace.id", "traceid", "dd.trace_id", "x_b3_traceid", "b3_trace_id",
        "x_trace_id", "otel_trace_id", "traceparent", "x_amzn_trace_id", "trace_context_trace_id",
    ]),
    group(Field::TraceId, Reads::Plain, Alone, 600, &[
        "trace", "logging.googleapis.com/trace",
    ]),
    group(Field::RequestId, Reads::Plain, Anywhere, 800, &[
        "request_id", "request.id", "req_id", "x_request_id", "correlation_id", "correlation.id",
        "x_correlation_id", "corr_id", "http.request.id", "http_request_id",
        "client_request_id", "idempotency_key", "call_id", "ray_id", "span_request_id",
        "message_id", "operation_id", "reqid", "upstream_request_id", "exchange_request_id",
        "interaction_id", "x_req_id",
    ]),
    group(Field::RequestId, Reads::Plain, Alone, 600, &[
        "request", "req", "correlation", "rid", "cid",
    ]),
    // --- money
    group(Field::Method, Reads::Plain, Anywhere, 900, &[
        "payment_method", "payment_method.type", "payment_method_type", "payment_method.name",
        "pay_method", "rail", "payment_rail", "tender", "tender_type", "payment_type",
        "payment_channel", "payment_instrument", "method_type", "payment_option", 
        "funding_source", "payment_source_type", "pay_type", "method_name", "payment_mode",
        "payment_scheme", "payment_method_id", "funding_type", 
    ]),
    group(Field::Method, Reads::Plain, Alone, 500, &[
        "channel", "mode",
    ]),
    group(Field::Currency, Reads::Plain, Anywhere, 800, &[
        "currency", "currency_code", "amount.currency", "amount_currency", "payment_currency", "main_currency",
        "ccy", "asset", "coin", "crypto_currency", "cryptocurrency", "asset_code", "asset_id",
        "token_symbol", "coin_symbol", "fiat_currency", "amount.currency_code", "iso_currency",
        "settlement_currency", "amount_ccy", "amount_asset", "order_currency", "crypto_asset",
        "currency_id", "price_currency", "crypto", "curr",
    ]),
    group(Field::Currency, Reads::Plain, Alone, 500, &[
        "symbol", "token", "unit",
    ]),
    group(Field::Amount, Reads::Plain, Anywhere, 800, &[
        "amount", "amount.value", "payment_amount", "amount_value", "amount_decimal",
        "transaction_amount", "transaction_amount.value", "order_amount", "order_total",
        "total_amount", "charge_amount", "crypto_amount", "amount_crypto", "amount_major", "amt",
        "gross_amount", "main_amount", "amount_total", "grand_total", "invoice_amount", "requested_amount",
        "amount_fiat", "fiat_amount", "basket_total", "cart_total", "amount_usd", "usd_amount",
        "amount_eur", "payment_value",
    ]),
    group(Field::Amount, Reads::Plain, Alone, 500, &[
        "total", "value", "price", "gross", "total_fee", "sum", "quantity", "qty", "volume",
    ]),
    group(Field::Amount, Reads::Minor, Anywhere, 700, &[
        "amount_minor", "amount_cents", "amount_in_cents", "minor_amount", "amount_minor_units",
        "amount_in_minor_units", "minor_units", "value_minor", "value_cents", "price_cents",
        "total_cents", "amount_pence", "amount_satoshi", "amount_sats", "cents", "total_minor",
        "payment_amount_minor", "payment_amount_cents",
    ]),
    // --- how it ended
    group(Field::Status, Reads::Status, Anywhere, 900, &[
        "payment_status", "payment_state", "payment_result", "payment_outcome",
        "transaction_status", "transaction_state", "txn_status", "tx_status", "charge_status",
        "order_status", "attempt_status", "final_status", "outcome", "event.outcome", "call_status",
        "call_outcome", "call_result", "request_outcome", "biz_status",
        "payment.status", "check_status",
    ]),
    group(Field::Status, Reads::Status, Alone, 850, &[
        "status", "state", "result", "result_status", "status_text", "status_name",
        "response_status_text", "result_code", "resp", "disposition", "verdict", "final_state",
        "new_status", "new_state", "to_status",
    ]),
    group(Field::Status, Reads::Success, Alone, 600, &[
        "success", "ok", "succeeded", "is_success", "successful", "is_successful", "approved",
        "authorized", "authorised", "paid", "captured", "completed", "is_ok", "was_successful",
        "up", "healthy", "accepted", "passed",
    ]),
    group(Field::Status, Reads::Failure, Alone, 500, &[
        "failed", "is_error", "declined", "has_error", "is_failed", "errored",
        "rejected", "is_failure",
    ]),
    group(Field::HttpStatus, Reads::Status, Anywhere, 900, &[
        "http_status", "http.response.status_code", "http.status_code", "http_status_code",
        "http.response.code", "http_code", "http.status", "http_response_code",
        "http_response_status", "response.status_code", "response.status", "response_status",
        "response.http_status", "sc_status", "response_status_code", "edge_response_status",
        "elb_status_code", "http_response", "return_code_http", 
    ]),
    group(Field::HttpStatus, Reads::Status, Anywhere, 800, &[
        "status_code", "response_code", "response.code", "statuscode", "resp_status", "resp_code",
        "rc",
    ]),
    group(Field::HttpStatus, Reads::Code, Alone, 400, &[
        "code",
    ]),
    group(Field::UpstreamStatus, Reads::Plain, Anywhere, 800, &[
        "upstream_status", "upstream.status", "upstream_status_code", "upstream_http_status",
        "upstream_code", "exchange_status", "exchange_http_status", "exchange_status_code",
        "provider_status", "provider_http_status", "provider_status_code", "gateway_status",
        "gateway_http_status", "psp_status", "backend_status", "target_status_code",
        "origin_response_status", "upstream_response_code", "origin_status",
        "upstream_response_status", "psp_http_status", "exchange.status", "exchange_response_code",
    ]),
    // --- what went wrong
    group(Field::ErrorCode, Reads::Plain, Anywhere, 900, &[
        "error_code", "error.code", "err_code", "errcode", "failure_code", "decline_code",
        "refusal_reason_code", "errors.code", "error_id", "reason_code", "fault_code",
        "exchange_error_code", "upstream_error_code", "provider_error_code", "failurecode",
        "result_error_code", "error_no", "errno", "exception_code", "ret_code",
        "processor_response_code", "network_decline_code", "upstream_error", "exchange_error",
        "response.error.code", "error_key", "provider_code", "decline_reason_code",
        "exit_code",
    ]),
    group(Field::ErrorMessage, Reads::Plain, Anywhere, 900, &[
        "error_message", "error.message", "err_msg", "errmsg", "error_msg", "error_description",
        "error_detail", "error_details", "error_text", "exception.message", "exception_message",
        "failure_message", "failure_detail", "errors.message", "error.msg", "error.reason",
        "error.description", "error.detail", "fault_message",
        "fault_string", "upstream_error_message", "exchange_error_message",
        "last_payment_error.message", "failure_description", "response.error.message",
        "error_string", "seller_message", "provider_message", "upstream_message",
        "exchange_message", "error.details", "provider_error_message",
    ]),
    group(Field::ErrorMessage, Reads::Error, Alone, 800, &[
        "error", "err", "failure_reason", "decline_reason", "error_reason", "fail_reason",
        "refusal_reason", "status_reason", "reason", "cause", "root_cause", "failure_cause",
        "rejection_reason", "exception", "fault", "last_error", "reject_reason",
        "cancellation_reason", "error_info", "failure", "errors", "timeout_reason",
    ]),
    group(Field::Detail, Reads::Plain, Anywhere, 900, &["status_message", "status.message"]),
    group(Field::Detail, Reads::Plain, Alone, 400, &[
        "detail", "details", "description", "status_description", "response_message", "explanation",
        "response_text", "response_desc", "response_description", "result_text", "result_message", "result_desc",
        "result_description", "status_detail", "why",
    ]),
    group(Field::ErrorType, Reads::Plain, Anywhere, 900, &[
        "error.type", "error_type", "exception.type", "exception_type", "exception_class",
        "exception.class", "error_class", "error.name", "error.kind", "error_name", "err_type",
        "error_kind", "failure_type", "failure_class", "exception_name", "failure_category",
        "error_category", "error.class", "error.category", "thrown.name", "err.type", "err.name",
    ]),
    // --- the request
    group(Field::HttpMethod, Reads::Plain, Anywhere, 900, &[
        "http_method", "http.method", "http.request.method", "request_method", "request.method",
        "http_verb", "verb", "cs_method", "client_request_method", "req.method",
        "httprequest.requestmethod",
    ]),
    group(Field::HttpMethod, Reads::Method, Alone, 500, &["method"]),
    group(Field::Path, Reads::Plain, Anywhere, 900, &[
        "url.full", "url.path", "url.original", "request_uri", "request.uri",
        "request_path", "request.path", "request.url", "request_url", "http.url", "http.target",
        "http.path", "http.route", "http_path", "http_url", "cs_uri_stem", "client_request_uri",
        "req.url", "api_path", "url_path", "resource_path", "uri_path", "full_url",
    ]),
    group(Field::Path, Reads::Plain, Alone, 600, &[
        "path", "url", "uri", "route", "request_line",
    ]),
    group(Field::Host, Reads::Plain, Anywhere, 900, &[
        "server.address", "net.peer.name", "http.host", "url.domain", "upstream_host",
        "request_host", "request.host", "target_host", "remote_host", "http_host", "peer_host",
        "destination.domain", "destination.address", "destination_host", "dest_host",
        "peer.hostname", "peer.address", "net.host.name", "exchange_host", "api_host", "authority",
        "vhost", "client_request_host", "upstream_addr", "base_url", "server_host",
        "dst_host",
    ]),
    group(Field::Host, Reads::Plain, Alone, 500, &[
        "host", "server",
    ]),
    group(Field::Operation, Reads::Plain, Anywhere, 800, &[
        "operation", "operation.name", "op", "endpoint", "endpoint.name", "api_endpoint",
        "api_method", "rpc.method", "rpc_method", "operation_type", "api_call", "call",
        "exchange_endpoint", "upstream_endpoint", "api_operation", "span_name", 
        "request_type", "call_type", "method_call",
    ]),
    group(Field::Operation, Reads::Plain, Alone, 400, &[
        "span.name", "command", "function", "step", "stage",
    ]),
    group(Field::Attempt, Reads::Plain, Anywhere, 800, &[
        "attempt_no", "attempt_number", "attempt_num", "retry_count", "retries", "try_no", "tries",
        "attempts", "retry_no", "retry_number", "try_number", "http.resend_count",
        "http.request.resend_count", "attempt_count", "retry_attempt", "attempt_index", "n_attempt",
    ]),
    group(Field::Attempt, Reads::Plain, Alone, 600, &[
        "attempt", "retry", "try",
    ]),
    group(Field::RetryOf, Reads::Plain, Anywhere, 800, &[
        "retry_of", "retry_of_payment_id", "previous_payment_id", "original_payment_id",
        "parent_payment_id", "retries_payment", "retried_payment_id", "prev_payment_id",
        "original_transaction_id", "retry_for", "previous_attempt_id", "parent_attempt_id",
        "original_reference", "previous_attempt", "retried_from",
    ]),
    group(Field::ClientAddress, Reads::Plain, Anywhere, 800, &[
        "client_ip", "remote_addr", "client.ip", "client.address", "remote_ip", "source.ip",
        "client_addr", "clientip", "x_forwarded_for", "http_x_forwarded_for", "http.client_ip",
        "remote_address", "client_address", "c_ip", "src_ip", "ip_address", "request.remote_ip",
    ]),
    group(Field::ClientAddress, Reads::Plain, Alone, 500, &[
        "ip",
    ]),
    group(Field::UserAgent, Reads::Plain, Anywhere, 800, &[
        "user_agent", "user_agent.original", "http.user_agent", "http_user_agent", "useragent",
        "request.user_agent", "cs_user_agent",
    ]),
];

/// A noun and what may follow it make a name: `cart` + `no`, `provider` + `code`.
struct Composed {
    field: Field,
    reads: Reads,
    nouns: &'static [&'static str],
    endings: &'static [&'static str],
}

/// What ends the name of an id.
const ID_ENDINGS: &[&str] = &[
    "id",
    "uid",
    "uuid",
    "guid",
    "ref",
    "reference",
    "no",
    "nr",
    "num",
    "number",
    "key",
    "identifier",
    "hash",
];

/// What ends the name of a party.
const NAME_ENDINGS: &[&str] = &[
    "name", "id", "code", "key", "slug", "ref", "label", "handle",
];

/// What ends the name of a time stamp.
const TIME_ENDINGS: &[&str] = &[
    "at",
    "ts",
    "time",
    "timestamp",
    "date",
    "datetime",
    "on",
    "ms",
    "us",
    "ns",
    "utc",
    "epoch",
    "at_ms",
    "ts_ms",
    "time_ms",
    "epoch_ms",
    "unix",
    "unix_ms",
    "millis",
    "time_utc",
    "at_utc",
    "timestamp_ms",
    "date_time",
    "at_millis",
    "time_millis",
];

/// Names put together. They rank below every listed name that counts anywhere.
#[rustfmt::skip]
const COMPOSED: &[Composed] = &[
    Composed { field: Field::StartTime, reads: Reads::Stamp, endings: TIME_ENDINGS, nouns: &[
        "start", "started", "begin", "began", "begun", "sent", "request_start", "request_sent", "attempt_start", "opened",
    ] },
    Composed { field: Field::EndTime, reads: Reads::Stamp, endings: TIME_ENDINGS, nouns: &[
        "end", "ended", "finish", "finished", "complete", "completed", "settled", "done", "response", "responded", "confirmed",
        "failed", "closed", "final", "finalized", "finalised", "answered",
    ] },
    Composed { field: Field::Time, reads: Reads::Stamp, endings: TIME_ENDINGS, nouns: &[
        "created", "create", "creation", "updated", "update", "modified", "event", "log", "logged", "received", "recorded",
        "occurred", "processed", "submitted", "initiated", "attempted", "attempt", "payment", "transaction", "txn", "tx", "paid",
        "request", "requested", "call", "called", "authorised", "authorized", "captured", "charge", "charged", "entry", "record",
        "booked", "order", "inserted", "emitted", "published", "observed", "epoch", "unix", "utc", "local", "fecha", "zeit",
    ] },
    Composed { field: Field::Time, reads: Reads::Stamp, endings: &[""], nouns: &[
        "zeitstempel", "zeitpunkt", "zeit", "fecha_hora", "fechahora", "fecha", "horodatage", "data_hora", "datahora", "data_ora",
        "uhrzeit", "tstamp", "stamp", "logtime", "dttm", "dt",
    ] },
    Composed { field: Field::PaymentId, reads: Reads::Plain, endings: ID_ENDINGS, nouns: &[
        "payment", "pay", "pmt", "paymt", "transaction", "txn", "tx", "trx", "trans", "charge", "payment_intent",
        "payment_attempt", "attempt", "sale", "deposit", "remittance", "settlement", "zahlung", "pago", "paiement", "pagamento",
        "transaktion", "transaccion", "transacao",
    ] },
    Composed { field: Field::OrderId, reads: Reads::Plain, endings: ID_ENDINGS, nouns: &[
        "order", "cart", "basket", "invoice", "booking", "purchase_order", "checkout_session", "reservation", "bill", "bestellung",
        "bestell", "auftrag", "pedido", "commande", "ordine", "merchant_order", "shop_order", "sales_order",
    ] },
    Composed { field: Field::CustomerId, reads: Reads::Plain, endings: ID_ENDINGS, nouns: &[
        "customer", "cust", "buyer", "payer", "shopper", "member", "consumer", "enduser", "end_user", "user", "kunde", "kunden",
        "cliente",
    ] },
    Composed { field: Field::TraceId, reads: Reads::Plain, endings: ID_ENDINGS, nouns: &["trace", "distributed_trace"] },
    Composed { field: Field::RequestId, reads: Reads::Plain, endings: ID_ENDINGS, nouns: &[
        "request", "req", "correlation", "corr", "x_request", "x_correlation", "interaction", "http_request", "call",
    ] },
    Composed { field: Field::Merchant, reads: Reads::Plain, endings: NAME_ENDINGS, nouns: &[
        "merchant", "shop", "store", "storefront", "seller", "tenant", "platform", "site", "brand", "marketplace", "outlet",
        "business", "haendler", "tienda", "loja",
    ] },
    Composed { field: Field::Exchange, reads: Reads::Plain, endings: NAME_ENDINGS, nouns: &[
        "exchange", "venue", "provider", "payment_provider", "psp", "gateway", "payment_gateway", "acquirer", "processor",
        "upstream", "counterparty", "connector", "liquidity_provider", "custodian", "vendor", "upstream_provider",
        "crypto_exchange", "boerse",
    ] },
    Composed { field: Field::Method, reads: Reads::Plain, endings: &[
        "method", "type", "mode", "means", "option", "channel", "rail", "kind", "instrument", "scheme", "way",
    ], nouns: &["payment", "pay", "tender", "funding", "pmt", "paid"] },
    Composed { field: Field::Currency, reads: Reads::Plain, endings: &["", "code", "symbol", "iso", "ticker", "name"], nouns: &[
        "currency", "ccy", "coin", "asset", "crypto", "fiat", "currency_or_coin", "coin_or_currency", "coin_or_ccy",
        "ccy_or_coin", "currency_or_asset", "asset_or_currency", "pay_currency", "coin_or_fiat", "waehrung", "moneda",
        "moeda", "devise", "valuta", "transaction_currency", "charge_currency",
    ] },
    Composed { field: Field::Amount, reads: Reads::Plain, endings: &["", "amount", "total", "value", "sum", "amt"], nouns: &[
        "payment", "pay", "order", "charge", "transaction", "txn", "tx", "gross", "invoice", "cart", "basket", "sale",
    ] },
    Composed { field: Field::Amount, reads: Reads::Plain, endings: &["", "total"], nouns: &[
        "betrag", "importe", "montant", "valor", "importo", "monto", "summe",
    ] },
    Composed { field: Field::Status, reads: Reads::Status, endings: &["status", "state", "result", "outcome", "disposition"], nouns: &[
        "payment", "pay", "pmt", "transaction", "txn", "tx", "trx", "charge", "attempt", "order", "final", "end", "sale",
        "checkout", "call", "request", "settlement",
    ] },
    Composed { field: Field::ErrorCode, reads: Reads::Plain, endings: &["code", "no", "number", "key", "id", "nr"], nouns: &[
        "error", "err", "fail", "failure", "decline", "declined", "reject", "rejection", "refusal", "refuse", "fault", "reason",
        "cause", "exception", "issue", "fehler", "erro", "erreur",
    ] },
    Composed { field: Field::ErrorMessage, reads: Reads::Plain, endings: &[
        "message", "msg", "text", "detail", "details", "description", "desc", "info", "note", "explanation", "string", "reason",
    ], nouns: &[
        "error", "err", "fail", "failure", "decline", "reject", "rejection", "refusal", "fault", "reason", "cause", "exception",
        "issue", "fehler", "erro", "erreur",
    ] },
    Composed { field: Field::ErrorType, reads: Reads::Plain, endings: &["type", "class", "kind", "category", "name"], nouns: &[
        "error", "err", "fail", "failure", "decline", "reject", "fault", "exception",
    ] },
];

/// Rank of names put together.
const COMPOSED_RANK: u16 = 640;

/// Units that a name of a duration may end with.
const UNITS: &[(&str, DurationUnit)] = &[
    ("ms", DurationUnit::Millis),
    ("msec", DurationUnit::Millis),
    ("msecs", DurationUnit::Millis),
    ("millis", DurationUnit::Millis),
    ("milliseconds", DurationUnit::Millis),
    ("s", DurationUnit::Seconds),
    ("sec", DurationUnit::Seconds),
    ("secs", DurationUnit::Seconds),
    ("seconds", DurationUnit::Seconds),
    ("us", DurationUnit::Micros),
    ("usec", DurationUnit::Micros),
    ("micros", DurationUnit::Micros),
    ("microseconds", DurationUnit::Micros),
    ("ns", DurationUnit::Nanos),
    ("nanos", DurationUnit::Nanos),
    ("nanoseconds", DurationUnit::Nanos),
];

/// Wrappers that say nothing of what they hold: `fields.status` is `status`. The subject of the record
/// itself counts as one (`payment.state`), for names with it are looked up before it is taken off.
#[rustfmt::skip]
const WRAPPERS: &[&str] = &[
    "fields", "@fields", "attributes", "attribute", "labels", "data", "payload", "event", "body",
    "log", "record", "context", "ctx", "extra", "meta", "metadata", "mdc", "info", "params",
    "props", "properties", "tags", "json", "jsonpayload", "source", "resource", "object", "message",
    "msg", "content", "dimensions", "custom", "span", "result", "entry", "payment", "charge",
    "transaction", "txn", "attempt", "request", "response", "req", "res", "scope", "details",
    "detail", "values", "line", "row", "item", "httprequest", "contextmap", "call", "http",
    "transactioninfo", "transactiondetails", "notificationitems", "notificationrequestitem",
    "structured", "kv", "args",
];

/// The wrappers in which a bare `id` is still that of the record.
const NEUTRAL: &[&str] = &[
    "fields",
    "attributes",
    "data",
    "object",
    "record",
    "payload",
    "body",
    "json",
    "jsonpayload",
    "source",
    "row",
    "item",
    "entry",
    "values",
    "result",
];

static TABLE: LazyLock<HashMap<String, Meaning>> = LazyLock::new(|| {
    let mut table = HashMap::new();
    for group in GROUPS {
        for (index, name) in group.names.iter().enumerate() {
            let index = u16::try_from(index).unwrap_or(99).min(99);
            let meaning = Meaning {
                field: group.field,
                reads: group.reads,
                reach: group.reach,
                rank: group.rank.saturating_sub(index),
            };
            let key = normal(name);
            if group.reads == Reads::Duration(None) {
                for (suffix, unit) in UNITS {
                    let meaning = Meaning {
                        reads: Reads::Duration(Some(*unit)),
                        rank: meaning.rank + 60,
                        ..meaning
                    };
                    table.entry(format!("{key}{suffix}")).or_insert(meaning);
                }
            }
            table.entry(key).or_insert(meaning);
        }
    }
    for composed in COMPOSED {
        for (noun, ending) in composed.pairs() {
            table
                .entry(normal(noun) + ending)
                .or_insert(composed.meaning());
        }
    }
    table
});

impl Composed {
    fn pairs(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let (nouns, endings) = (self.nouns, self.endings);
        nouns
            .iter()
            .flat_map(move |n| endings.iter().map(move |e| (*n, *e)))
    }

    fn meaning(&self) -> Meaning {
        Meaning {
            field: self.field,
            reads: self.reads,
            reach: Reach::Alone,
            rank: COMPOSED_RANK,
        }
    }
}

/// A name (or a whole path) without what writers differ in.
fn normal(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' ' | '.' | '/' | '$' | '@' | '%' | ':'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// What the field at `path` (keys joined by `.`) means; `None` when no name of the table fits.
pub fn meaning(path: &str) -> Option<Meaning> {
    if path.rsplit('.').next() == Some("_id") {
        return None; // the number of a document in a store, not of what it tells
    }
    let parts: Vec<String> = path
        .split('.')
        .map(normal)
        .filter(|p| !p.is_empty())
        .collect();
    let found = |parts: &[String]| TABLE.get(&parts.concat()).copied();
    let mut own = parts.as_slice();
    let mut penalty = 0;
    loop {
        if let Some(meaning) = found(own) {
            // `span.id`, `event.id`, `message.id` are ids of something else.
            let around = &parts[..parts.len() - own.len()];
            let bare = meaning.rank <= 100 && !around.iter().all(|w| NEUTRAL.contains(&w.as_str()));
            return (!bare).then(|| lowered(meaning, penalty));
        }
        match own {
            [wrapper, rest @ ..] if !rest.is_empty() && WRAPPERS.contains(&wrapper.as_str()) => {
                own = rest
            }
            _ => break,
        }
        penalty += 2;
    }
    (1..own.len())
        .filter_map(|skip| found(&own[skip..]).map(|m| (skip, m)))
        .find(|(_, m)| m.reach == Reach::Anywhere)
        .map(|(skip, m)| lowered(m, penalty + 150 + 20 * u16::try_from(skip).unwrap_or(9)))
        .or_else(|| prefixed(path).map(|m| lowered(m, penalty + 100)))
}

/// Words that stand before each name of a record that tells of a payment: `charge_buyer`, `paymentProvider`.
const SUBJECTS: &[&str] = &[
    "payment",
    "pay",
    "charge",
    "transaction",
    "txn",
    "tx",
    "trx",
    "attempt",
    "pmt",
    "checkout",
];

/// The meaning of a name after the subject that each name of its record begins with.
fn prefixed(path: &str) -> Option<Meaning> {
    let leaf = path.rsplit('.').next().unwrap_or(path);
    let camel = leaf
        .char_indices()
        .skip(1)
        .find(|(_, c)| c.is_uppercase())
        .map_or(leaf.len(), |(at, _)| at);
    let cut = leaf.find(['_', '-', ' ']).unwrap_or(leaf.len()).min(camel);
    let (subject, rest) = leaf.split_at(cut);
    if !SUBJECTS.contains(&subject.to_lowercase().as_str()) {
        return None;
    }
    let meaning = TABLE.get(&normal(rest)).copied();
    meaning.filter(|m| m.rank > 100 && m.field != Field::HttpMethod)
}

fn lowered(meaning: Meaning, penalty: u16) -> Meaning {
    Meaning {
        rank: meaning.rank.saturating_sub(penalty).max(1),
        ..meaning
    }
}

/// Whether two names are one, however they are written.
pub fn same_name(a: &str, b: &str) -> bool {
    a == b || normal(a) == normal(b)
}

/// Whether a boolean of this name marks the checks of a monitor.
pub fn is_probe_flag(path: &str) -> bool {
    let leaf = path.rsplit('.').next().unwrap_or(path);
    matches!(
        normal(leaf).as_str(),
        "probe"
            | "isprobe"
            | "synthetic"
            | "issynthetic"
            | "healthcheck"
            | "ishealthcheck"
            | "canary"
    )
}

/// Whether a column states in its name that its stamps are UTC: `Created (UTC)`, `TimeGenerated [UTC]`.
/// Gives the name without that.
pub fn without_utc(name: &str) -> (&str, bool) {
    for suffix in ["(UTC)", "[UTC]"] {
        if let Some(rest) = name.strip_suffix(suffix) {
            return (rest.trim_end(), true);
        }
    }
    (name, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_name_is_one_name() {
        for name in [
            "payment_id",
            "paymentId",
            "PaymentID",
            "payment-id",
            "payment.id",
            "PAYMENT ID",
            "data.payment.id",
        ] {
            assert_eq!(
                meaning(name).map(|m| m.field),
                Some(Field::PaymentId),
                "{name}"
            );
        }
    }

    #[test]
    fn names_of_all_kinds_of_logs() {
        for (name, field) in [
            ("@timestamp", Field::Time),
            ("eventTime", Field::Time),
            ("created_at", Field::Time),
            ("endTimeUnixNano", Field::EndTime),
            ("http.response.status_code", Field::HttpStatus),
            ("attributes.http.response.status_code", Field::HttpStatus),
            ("server.address", Field::Host),
            ("url.full", Field::Path),
            ("event.duration", Field::Duration),
            ("event.outcome", Field::Status),
            ("trace.id", Field::TraceId),
            ("x-request-id", Field::RequestId),
            ("error.type", Field::ErrorType),
            ("error.message", Field::ErrorMessage),
            ("err.code", Field::ErrorCode),
            ("labels.payment_id", Field::PaymentId),
            ("labels.merchant", Field::Merchant),
            ("peer.service", Field::Exchange),
            ("exchange.name", Field::Exchange),
            ("order.id", Field::OrderId),
            ("customer.id", Field::CustomerId),
            ("payment.status", Field::Status),
            ("payment.method", Field::Method),
            ("payment.provider", Field::Exchange),
            ("payment.amount.value", Field::Amount),
            ("payment.amount.currency", Field::Currency),
            ("resource.attributes.service.name", Field::Service),
            ("request.method", Field::HttpMethod),
            ("call.exchange.latency_ms", Field::Duration),
            ("fields.message", Field::Message),
            ("took_ms", Field::Duration),
            ("duration_s", Field::Duration),
            ("failure_reason", Field::ErrorMessage),
            ("venue", Field::Exchange),
            ("basket", Field::OrderId),
        ] {
            assert_eq!(meaning(name).map(|m| m.field), Some(field), "{name}");
        }
    }

    #[test]
    fn nothing_is_guessed_from_a_part_of_a_name_or_a_general_word_deep_inside() {
        for name in [
            "my_payment_id_count",
            "status_page_url",
            "service_fee",
            "page.id",
            "user.status",
            "card.type",
            "items.name",
            "process.pid",
            "span.id",
            "event.id",
            "cloud.provider",
            "cloud.account.id",
            "log.file.path",
            "host.os.platform",
            "device.vendor",
            "fee.value",
            "process.thread.id",
            "",
            ".",
            "exchange_rate",
            "customer.created_at",
            "error.stack",
        ] {
            assert_eq!(meaning(name), None, "{name}");
        }
    }

    #[test]
    fn the_more_specific_name_wins() {
        let rank = |name: &str| meaning(name).unwrap().rank;
        assert!(rank("payment_id") > rank("reference") && rank("reference") > rank("id"));
        assert!(rank("timestamp") > rank("created_at"));
        assert!(rank("status") > rank("success"));
        assert!(rank("exchange") > rank("provider"));
        assert!(rank("duration_ms") > rank("duration"));
    }

    #[test]
    fn units_are_part_of_the_name() {
        for (name, unit) in [
            ("duration_ms", Some(DurationUnit::Millis)),
            ("latency_s", Some(DurationUnit::Seconds)),
            ("elapsedMicros", Some(DurationUnit::Micros)),
            ("event.duration", Some(DurationUnit::Nanos)),
            ("request_time", Some(DurationUnit::Seconds)),
            ("duration", None),
        ] {
            assert_eq!(
                meaning(name).map(|m| m.reads),
                Some(Reads::Duration(unit)),
                "{name}"
            );
        }
        assert_eq!(meaning("amount_cents").map(|m| m.reads), Some(Reads::Minor));
    }

    /// Names that are listed twice with different meanings would be decided by their order.
    #[test]
    fn no_name_is_in_two_groups() {
        let mut seen: HashMap<String, Field> = HashMap::new();
        for group in GROUPS {
            for name in group.names {
                let twice = seen
                    .insert(normal(name), group.field)
                    .filter(|f| *f != group.field);
                assert_eq!(twice, None, "{name}");
            }
        }
        assert!(seen.len() > 500, "{}", seen.len());
    }

    #[test]
    fn columns_that_state_utc() {
        assert_eq!(without_utc("Created (UTC)"), ("Created", true));
        assert_eq!(without_utc("ts"), ("ts", false));
    }
}
