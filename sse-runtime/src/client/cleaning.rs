//! What is left of an id without what nobody sees.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// An id in the one way in which it can be written: without invisible characters, in Unicode
/// normalisation form KC, without whitespace at its ends. Cleaned again it stays what it is. It
/// may be eleven times as long as before (U+FDFA), and so the caller bounds what it gives.
///
/// NFKC alone keeps a zero-width space (section 6.6 of the pitfalls). What is invisible goes
/// first, and not last: an accent that a zero-width space kept from its letter comes to it by
/// that, and would be put together with it by the next cleaning only. Nothing that NFKC makes is
/// invisible, and a test holds that against every character there is.
pub(super) fn clean(id: &str) -> Cow<'_, str> {
    // Nearly all ids, each id of this crate included.
    if id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Cow::Borrowed(id);
    }
    let seen = id.chars().filter(|c| !is_invisible(*c));
    let normal: String = seen.nfkc().collect();
    Cow::Owned(normal.trim().to_owned())
}

/// Whether nobody sees it and nothing depends on it: a control character, or one that is shown
/// as nothing by whoever does not know what it is for.
fn is_invisible(c: char) -> bool {
    let at = IGNORABLE.partition_point(|(_, last)| *last < c);
    c.is_control() || IGNORABLE.get(at).is_some_and(|(first, _)| *first <= c)
}

/// The property `Default_Ignorable_Code_Point`, each range with its ends.
///
/// From `DerivedCoreProperties.txt` of the Unicode Character Database, 16.0 (that of 14.0 has the
/// same): <https://www.unicode.org/Public/16.0.0/ucd/DerivedCoreProperties.txt>. A table and no
/// crate, because it is seventeen lines, and changes less often than a crate does.
/// What is not assigned yet and meant to be ignorable is in it, so that a new character of that
/// kind needs no new table.
const IGNORABLE: [(char, char); 17] = [
    ('\u{00AD}', '\u{00AD}'),   // soft hyphen
    ('\u{034F}', '\u{034F}'),   // combining grapheme joiner
    ('\u{061C}', '\u{061C}'),   // Arabic letter mark
    ('\u{115F}', '\u{1160}'),   // Hangul fillers
    ('\u{17B4}', '\u{17B5}'),   // Khmer inherent vowels
    ('\u{180B}', '\u{180F}'),   // Mongolian variation selectors and vowel separator
    ('\u{200B}', '\u{200F}'),   // zero-width space, (non-)joiner, marks of direction
    ('\u{202A}', '\u{202E}'),   // embeddings and overrides of direction
    ('\u{2060}', '\u{206F}'),   // word joiner, invisible operators, isolates of direction
    ('\u{3164}', '\u{3164}'),   // Hangul filler
    ('\u{FE00}', '\u{FE0F}'),   // variation selectors
    ('\u{FEFF}', '\u{FEFF}'),   // byte order mark
    ('\u{FFA0}', '\u{FFA0}'),   // halfwidth Hangul filler
    ('\u{FFF0}', '\u{FFF8}'),   // not assigned
    ('\u{1BCA0}', '\u{1BCA3}'), // format controls of shorthand
    ('\u{1D173}', '\u{1D17A}'), // format controls of music
    ('\u{E0000}', '\u{E0FFF}'), // tags, more variation selectors
];

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;
    use crate::client::{
        IdFault, IdForm::*, IdPolicy, InvalidLastEventId, Judged, LastEventId, RefusedId,
    };

    fn cleaned(form: crate::client::IdForm, raw: &str) -> Judged {
        IdPolicy::Clean.judge(form, raw)
    }

    fn adopted(id: &str) -> Judged {
        Judged::Adopted(LastEventId::try_from(id).unwrap())
    }

    fn fault(judged: &Judged) -> Option<&IdFault> {
        if let Judged::Refused(refused) = judged { Some(RefusedId::fault(refused)) } else { None }
    }

    fn every_character() -> impl Iterator<Item = char> {
        '\0'..=char::MAX
    }

    #[test]
    fn the_table_is_sorted_and_whole() {
        assert!(IGNORABLE.iter().all(|(first, last)| first <= last));
        assert!(IGNORABLE.is_sorted_by(|(_, last), (first, _)| last < first));
        // The total that the file of Unicode gives at the end of the property.
        let ignorable = every_character().filter(|c| !c.is_control() && is_invisible(*c));
        assert_eq!(ignorable.count(), 4_174);
    }

    #[test]
    fn nothing_that_is_seen_becomes_what_nobody_sees() {
        for c in every_character().filter(|c| !is_invisible(*c)) {
            assert!(!c.nfkc().any(is_invisible), "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn every_character_is_clean_after_one_cleaning() {
        for c in every_character() {
            let once = clean(c.encode_utf8(&mut [0; 4])).into_owned();
            assert_eq!(clean(&once), once, "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn spellings_that_look_the_same_become_one() {
        for [one, other] in [
            ["caf\u{e9}", "cafe\u{301}"],
            ["caf\u{e9}", "cafe\u{200b}\u{301}"],
            ["evt_00000001", "\u{feff}evt_0000\u{200b}0001 "],
            ["evt_00000001", "\u{ff45}\u{ff56}\u{ff54}\u{ff3f}00000001"],
            ["order 1", "\u{3000} order\u{a0}1\u{2029}"],
            ["file-1", "\u{fb01}le-\u{ad}1"],
            ["1", "\u{202e}1\u{202c}\u{e0031}\u{fe0f}"],
            ["\u{ac00}", "\u{1100}\u{1161}"],
            ["a", "\0a\u{7f}\u{85}"],
        ] {
            assert_eq!(cleaned(Foreign, other), adopted(one), "{other:?}");
        }
        assert_eq!(cleaned(Ours, "\u{200b}evt_00000001"), adopted("evt_00000001"));
    }

    #[test]
    fn what_is_no_id_after_cleaning_is_refused_as_before() {
        assert!(matches!(fault(&cleaned(Ours, "caf\u{e9}")), Some(IdFault::Ours(_))));
        // Three bytes that become 33.
        let long = "\u{fdfa}".repeat(32);
        let too_long = IdFault::Foreign(InvalidLastEventId::TooLong(1_056));
        assert_eq!(fault(&cleaned(Foreign, &long)), Some(&too_long));
    }

    #[test]
    fn what_only_nobody_sees_clears_no_position() {
        for raw in ["\u{200b}", " ", "\t", "\u{feff}\u{3164} \u{e0001}"] {
            assert_eq!(fault(&cleaned(Foreign, raw)), Some(&IdFault::NothingLeft), "{raw:?}");
            assert_eq!(fault(&cleaned(Ours, raw)), Some(&IdFault::NothingLeft), "{raw:?}");
        }
        assert_eq!(cleaned(Foreign, ""), Judged::Cleared);
    }

    #[test]
    fn what_is_too_long_is_not_cleaned() {
        let raw = "\u{200b}".repeat(342);
        let too_long = IdFault::Foreign(InvalidLastEventId::TooLong(1_026));
        assert_eq!(fault(&cleaned(Foreign, &raw)), Some(&too_long));
    }

    /// What normalisation is hard about, beside any text.
    fn text() -> impl Strategy<Value = String> {
        let hard = select(
            "aeD\u{e9}\u{301}\u{323}\u{345}\u{34f}\u{b4}\u{a0} \t\0\u{85}\u{ad}\u{200b}\u{200d}\
             \u{feff}\u{1100}\u{1161}\u{11a8}\u{115f}\u{ac00}\u{3164}\u{ffa0}\u{fb01}\u{fdfa}\
             \u{212b}\u{3000}\u{2028}\u{fe0f}\u{f73}\u{f71}\u{5b4}\u{1d165}\u{1d16e}\u{e0061}"
                .chars()
                .collect::<Vec<_>>(),
        );
        let chars = vec(prop_oneof![3 => hard, 1 => any::<char>()], 0..40);
        chars.prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #[test]
        fn cleaning_again_changes_nothing(id in text()) {
            let once = clean(&id).into_owned();
            prop_assert_eq!(clean(&once), once.as_str());
            if let Judged::Adopted(id) = cleaned(Foreign, &id) {
                prop_assert_eq!(cleaned(Foreign, id.as_str()), Judged::Adopted(id));
            }
        }

        #[test]
        fn invisible_characters_anywhere_make_no_difference(id in text(), at: usize) {
            let ends: Vec<usize> = id.char_indices().map(|(end, _)| end).chain([id.len()]).collect();
            let mut other = id.clone();
            other.insert(ends[at % ends.len()], '\u{200b}');
            prop_assert_eq!(clean(&id), clean(&other));
        }

        #[test]
        fn an_id_of_this_crate_never_changes(id in "evt_([0-9A-Za-z]{8,32}|[!-~]{1,120})") {
            prop_assert!(matches!(clean(&id), Cow::Borrowed(same) if same == id));
            prop_assert_eq!(cleaned(Ours, &id), adopted(&id));
        }
    }
}
