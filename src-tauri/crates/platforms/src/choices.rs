//! What an account may put into a field, as its platform has it now: asked once, believed for an hour.
//!
//! Knows nothing of what the values mean. Always holds: however many ask at once, the platform is asked once; what could not be read is not kept.

use crate::{Platform, Result, Session};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::time::Instant;

/// One of the platform's values for a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// As it goes into the field.
    pub value: String,
    /// In the platform's or the account's own words.
    pub name: String,
}

/// How long a list is believed: those who make them do so by hand, now and then.
const BELIEVED: Duration = Duration::from_hours(1);

/// Lists by field, with the moment they were read.
pub(crate) type Known = HashMap<String, (Instant, Arc<[Named]>)>;

/// The values for one of the account's listed fields.
///
/// # Errors
/// As any call.
pub async fn choices(
    platform: &dyn Platform,
    session: &Session,
    field: &str,
) -> Result<Arc<[Named]>> {
    // Held while one asks: the others then find what it brought.
    let mut known = session.choices().lock().await;
    if let Some((read, listed)) = known.get(field)
        && read.elapsed() < BELIEVED
    {
        return Ok(listed.clone());
    }
    let listed: Arc<[Named]> = platform.choices(session, field).await?.into();
    known.insert(field.to_owned(), (Instant::now(), listed.clone()));
    Ok(listed)
}
