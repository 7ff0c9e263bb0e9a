//! An exact amount as a whole number and its scale.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

pub(super) fn serialize<S: Serializer>(amount: &Option<Decimal>, to: S) -> Result<S::Ok, S::Error> {
    amount.map(|a| (a.mantissa(), a.scale())).serialize(to)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
    let parts = Option::<(i128, u32)>::deserialize(from)?;
    let amount = parts.map(|(whole, scale)| Decimal::try_from_i128_with_scale(whole, scale));
    amount.transpose().map_err(D::Error::custom)
}
