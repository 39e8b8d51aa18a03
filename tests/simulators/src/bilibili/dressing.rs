//! Turns what a call came to into what goes over the line, spoilt as the script says.

use hyper::StatusCode;
use hyper::header::{HeaderValue, RETRY_AFTER};
use serde_json::Value;

use super::code::Code;
use super::fault::Fault;
use super::server::{Asked, Outcome};
use super::wire::{Dress, envelope};
use super::world::World;
use crate::answer::{Answer, Reply, json, page};
use crate::listener::HangUp;

impl World {
    /// Turns an outcome into what goes over the line, spoilt as the faults say.
    pub(crate) fn dress(
        &self,
        asked: &Asked,
        outcome: Outcome,
    ) -> (Option<Code>, Result<Reply, HangUp>) {
        let (code, reply) = match outcome {
            Outcome::HungUp(how) => return (None, Err(how)),
            Outcome::Ready(reply) => (None, reply),
            Outcome::Business {
                code,
                data,
                gateway,
            } => (Some(code), self.business(asked, code, data, gateway)),
        };
        // A refused call came to nothing, whatever the answer says.
        let code = code.filter(|_| !asked.faults.iter().any(Fault::refuses));
        (code, self.spoil(asked, reply))
    }

    fn business(&self, asked: &Asked, code: Code, data: Option<Value>, gateway: bool) -> Reply {
        let mut state = self.state.lock();
        let dress = Dress {
            numbers_as_strings: state.switches.numbers_as_strings
                || asked.faults.contains(&Fault::NumbersAsStrings),
            fields_missing: state.switches.fields_missing
                || asked.faults.contains(&Fault::FieldsMissing),
        };
        let status = if gateway {
            StatusCode::from_u16(state.switches.gateway_status).unwrap_or(StatusCode::OK)
        } else {
            StatusCode::OK
        };
        let data = data.filter(|data| !(dress.fields_missing && data.get("etag").is_some()));
        let request_id = state.fresh("request");
        json(status, &envelope(code, data, &request_id, dress))
    }

    fn spoil(&self, asked: &Asked, reply: Reply) -> Result<Reply, HangUp> {
        let mut reply = reply;
        for fault in &asked.faults {
            match fault {
                Fault::HttpStatus {
                    status,
                    retry_after_s,
                    ..
                } => {
                    reply = page(StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY));
                    if let Some(seconds) = retry_after_s {
                        reply
                            .headers_mut()
                            .insert(RETRY_AFTER, HeaderValue::from(*seconds));
                    }
                }
                Fault::Business { code, .. } => {
                    reply = self.business(asked, *code, None, false);
                }
                Fault::EmptyBody { .. } => *reply.body_mut() = Answer::Whole(None),
                Fault::TruncatedJson { .. } => {
                    if let Answer::Whole(Some(whole)) = reply.body_mut() {
                        whole.truncate(whole.len() / 2);
                    }
                }
                Fault::CutAnswer { .. } => {
                    if let Answer::Whole(Some(whole)) = reply.body() {
                        let cut = Answer::cut(whole);
                        *reply.body_mut() = cut;
                    }
                }
                Fault::AnswerLost { reset } => {
                    return Err(if *reset { HangUp::Reset } else { HangUp::Close });
                }
                _ => {}
            }
        }
        Ok(reply)
    }
}
