//! What becomes of an id that a stream brings.

use serde::{Deserialize, Serialize};

use super::{IdFault, LastEventId, RefusedId};
use crate::wire::EventId;

/// What a client does about an id that is none (pitfall P6): one that holds what nobody sees or
/// no header can carry. Whatever the policy, the event is kept.
///
/// On a stream of this crate an id is 1 to 128 printable ASCII characters, as in
/// [`EventId::opaque`]; on the stream of somebody else it is what a [`LastEventId`] can be.
///
/// ```
/// use sse_runtime::client::IdPolicy;
///
/// assert_eq!(IdPolicy::default(), IdPolicy::Strict);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IdPolicy {
    /// The default: such an id is not adopted, but reported as a [`RefusedId`], and the
    /// position stays where it was. No id is changed: a changed id is another position, of
    /// which the server may know nothing.
    #[default]
    Strict,
    /// The id is cleaned first: Unicode normalisation form KC, without control characters and
    /// those that Unicode calls default-ignorable (a zero-width space, a byte order mark, a
    /// variation selector), without whitespace at its ends. What is left is judged as by
    /// [`Strict`](Self::Strict). For a server that writes one id in several ways, and
    /// understands the clean one. Ids of more than 1,024 bytes are refused as they are, and so
    /// are those of which nothing is left.
    #[cfg(feature = "clean-ids")]
    Clean,
}

/// Whose ids they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdForm {
    /// Those of a stream of this crate.
    Ours,
    /// Any that can be sent back.
    Foreign,
}

/// What becomes of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Judged {
    /// It is the position from now on.
    Adopted(LastEventId),
    /// It is empty: there is no position any more (rule 21).
    Cleared,
    /// The position stays where it was.
    Refused(RefusedId),
}

impl IdPolicy {
    /// What becomes of the id of a block, as the decoder gives it.
    pub(crate) fn judge(self, form: IdForm, raw: &str) -> Judged {
        if raw.is_empty() {
            return Judged::Cleared;
        }
        match self.adopt(form, raw) {
            Ok(id) => Judged::Adopted(id),
            Err(fault) => Judged::Refused(RefusedId::new(fault, raw)),
        }
    }

    fn adopt(self, form: IdForm, raw: &str) -> Result<LastEventId, IdFault> {
        match self {
            Self::Strict => form.check(raw),
            #[cfg(feature = "clean-ids")]
            Self::Clean => {
                // Before the cleaning, which may make text eleven times as long.
                if raw.len() > super::last_event_id::LONGEST {
                    return form.check(raw);
                }
                match super::cleaning::clean(raw).as_ref() {
                    "" => Err(IdFault::NothingLeft),
                    cleaned => form.check(cleaned),
                }
            }
        }
    }
}

impl IdForm {
    fn check(self, id: &str) -> Result<LastEventId, IdFault> {
        if self == Self::Ours {
            EventId::check_received(id).map_err(IdFault::Ours)?;
        }
        LastEventId::try_from(id).map_err(IdFault::Foreign)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{IdForm::*, *};
    use crate::{client::InvalidLastEventId, wire::InvalidEventId};

    fn strict(form: IdForm, raw: &str) -> Judged {
        IdPolicy::Strict.judge(form, raw)
    }

    fn adopted(id: &str) -> Judged {
        Judged::Adopted(LastEventId::try_from(id).unwrap())
    }

    fn refused(judged: Judged) -> RefusedId {
        let Judged::Refused(refused) = judged else { panic!("{judged:?}") };
        refused
    }

    #[test]
    fn an_id_is_adopted_as_it_came() {
        for id in ["evt_0000000000000001", "msg-17:4", "~"] {
            assert_eq!(strict(Ours, id), adopted(id));
            assert_eq!(strict(Foreign, id), adopted(id));
        }
        for id in ["two words", "caf\u{e9}", "evt_\u{200b}1"] {
            assert_eq!(strict(Foreign, id), adopted(id));
        }
    }

    #[test]
    fn rule_21_an_empty_id_clears_the_position() {
        assert_eq!(strict(Ours, ""), Judged::Cleared);
        assert_eq!(strict(Foreign, ""), Judged::Cleared);
    }

    #[test]
    fn on_a_stream_of_ours_what_nobody_sees_is_refused_and_named() {
        for c in [' ', '\t', '\0', '\u{7f}', '\u{e9}', '\u{200b}', '\u{feff}'] {
            let refused = refused(strict(Ours, &format!("evt_1{c}2")));
            assert_eq!(refused.fault(), &IdFault::Ours(InvalidEventId::NotPrintable(c)));
        }
        assert_eq!(strict(Ours, &"x".repeat(128)), adopted(&"x".repeat(128)));
        let long = refused(strict(Ours, &"x".repeat(129)));
        assert_eq!(long.fault(), &IdFault::Ours(InvalidEventId::TooLong(129)));
    }

    #[test]
    fn on_another_stream_what_cannot_be_sent_back_is_refused() {
        let fault = |raw: &str| refused(strict(Foreign, raw)).fault().clone();
        assert_eq!(fault("a\tb"), IdFault::Foreign(InvalidLastEventId::Control('\t')));
        assert_eq!(fault(" a"), IdFault::Foreign(InvalidLastEventId::Space));
        let long = "x".repeat(1_025);
        assert_eq!(fault(&long), IdFault::Foreign(InvalidLastEventId::TooLong(1_025)));
    }

    #[test]
    fn the_policy_is_a_word_in_a_file() {
        assert_eq!(serde_json::to_string(&IdPolicy::Strict).unwrap(), "\"strict\"");
        assert_eq!(serde_json::from_str::<IdPolicy>("\"strict\"").unwrap(), IdPolicy::Strict);
    }

    proptest! {
        #[test]
        fn what_is_adopted_is_what_came(raw: String) {
            for form in [Ours, Foreign] {
                if let Judged::Adopted(id) = strict(form, &raw) {
                    prop_assert_eq!(id.as_str(), raw.as_str());
                }
            }
        }
    }
}
