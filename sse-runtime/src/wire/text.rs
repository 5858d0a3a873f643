//! What the checked values have in common.

use std::fmt;

/// Everything a checked text value has beside its form and its fault: the ways in, which
/// all pass the same check, and the ways out.
macro_rules! text_value {
    ($name:ident, $fault:ident, $check:path) => {
        impl $name {
            /// The characters of the value.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// For a literal whose form has been checked where it was written.
            pub(crate) const fn known(text: &'static str) -> Self {
                Self(Cow::Borrowed(text))
            }
        }

        impl TryFrom<String> for $name {
            type Error = $fault;

            fn try_from(text: String) -> Result<Self, $fault> {
                $check(&text)?;
                Ok(Self(Cow::Owned(text)))
            }
        }

        impl TryFrom<&str> for $name {
            type Error = $fault;

            fn try_from(text: &str) -> Result<Self, $fault> {
                $check(text)?;
                Ok(Self(Cow::Owned(text.to_owned())))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $fault;

            fn from_str(text: &str) -> Result<Self, $fault> {
                Self::try_from(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.as_str()).finish()
            }
        }
    };
}
pub(super) use text_value;

/// A character as a message can show it: one that nobody sees, by its number.
pub(super) struct Shown(pub(super) char);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_ascii_graphic() {
            write!(f, "`{}`", self.0)
        } else {
            write!(f, "U+{:04X}", u32::from(self.0))
        }
    }
}
