//! The name of a channel.

use std::{fmt, str::FromStr, sync::Arc};

/// The name of a channel in its [`Hub`](crate::Hub): a scope, and a name within it.
///
/// The scope is whoever the channel belongs to, a tenant or a part of the service, so that two
/// of them never share a channel because both call something `orders`. Each of the two is 1 to
/// 64 of the characters `A-Z a-z 0-9 . _ : -`; written as text they stand as `scope/name`.
///
/// ```
/// use sse_runtime::ChannelName;
///
/// let name = ChannelName::new("tenant-7", "order.4711")?;
/// assert_eq!(name.to_string(), "tenant-7/order.4711");
/// assert_eq!("tenant-7/order.4711".parse(), Ok(name.clone()));
/// assert_eq!((name.scope(), name.name()), ("tenant-7", "order.4711"));
///
/// assert!(ChannelName::new("tenant-7", "../tenant-8").is_err());
/// # Ok::<(), sse_runtime::InvalidChannelName>(())
/// ```
///
/// Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelName(Arc<str>);

/// The longest scope, and the longest name.
const LONGEST: usize = 64;

impl ChannelName {
    /// From a scope and a name.
    ///
    /// # Errors
    ///
    /// [`InvalidChannelName`] when one of them is empty, longer than 64, or holds another
    /// character.
    pub fn new(scope: &str, name: &str) -> Result<Self, InvalidChannelName> {
        check(Part::Scope, scope)?;
        check(Part::Name, name)?;
        Ok(Self(format!("{scope}/{name}").into()))
    }

    /// Whoever the channel belongs to.
    #[must_use]
    pub fn scope(&self) -> &str {
        self.0.split_once('/').map_or("", |(scope, _)| scope)
    }

    /// The name within the scope.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, name)| name)
    }

    /// Both, as `scope/name`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ChannelName {
    type Err = InvalidChannelName;

    fn from_str(text: &str) -> Result<Self, InvalidChannelName> {
        match text.split_once('/') {
            Some((scope, name)) => Self::new(scope, name),
            None => Err(InvalidChannelName::NoScope),
        }
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChannelName").field(&self.as_str()).finish()
    }
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Scope,
    Name,
}

/// A text that cannot name a channel. Names often come from a request: answer it with 404, as
/// for a channel that is not there.
///
/// ```
/// use sse_runtime::{ChannelName, InvalidChannelName};
///
/// let refused = "orders".parse::<ChannelName>().unwrap_err();
/// assert_eq!(refused, InvalidChannelName::NoScope);
/// assert_eq!(
///     refused.to_string(),
///     "a channel is called `scope/name`: write whom it belongs to in front, such as `shop/orders`"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidChannelName {
    /// There is no `/` in it.
    NoScope,
    /// The scope is empty.
    EmptyScope,
    /// The name is empty.
    EmptyName,
    /// The scope or the name has this many bytes.
    TooLong(usize),
    /// The scope or the name holds this character.
    Character(char),
}

impl fmt::Display for InvalidChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const FORM: &str = "the scope and the name of a channel are 1 to 64 of the characters \
                            `A-Z a-z 0-9 . _ : -`; one of these";
        match self {
            Self::NoScope => f.write_str(
                "a channel is called `scope/name`: write whom it belongs to in front, such as \
                 `shop/orders`",
            ),
            Self::EmptyScope | Self::EmptyName => write!(f, "{FORM} is empty"),
            Self::TooLong(length) => write!(f, "{FORM} has {length} bytes"),
            Self::Character(c) => write!(f, "{FORM} holds `{}`", c.escape_default()),
        }
    }
}

impl std::error::Error for InvalidChannelName {}

fn check(part: Part, text: &str) -> Result<(), InvalidChannelName> {
    if text.is_empty() {
        return Err(match part {
            Part::Scope => InvalidChannelName::EmptyScope,
            Part::Name => InvalidChannelName::EmptyName,
        });
    }
    if text.len() > LONGEST {
        return Err(InvalidChannelName::TooLong(text.len()));
    }
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-');
    match text.chars().find(|&c| !is_good(c)) {
        Some(c) => Err(InvalidChannelName::Character(c)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_reach_another_scope_is_refused() {
        for (scope, name, fault) in [
            ("", "a", InvalidChannelName::EmptyScope),
            ("a", "", InvalidChannelName::EmptyName),
            ("a", "b/c", InvalidChannelName::Character('/')),
            ("a/b", "c", InvalidChannelName::Character('/')),
            ("a", "b\n", InvalidChannelName::Character('\n')),
            ("a", "b\u{200b}", InvalidChannelName::Character('\u{200b}')),
            ("a", "b c", InvalidChannelName::Character(' ')),
        ] {
            assert_eq!(ChannelName::new(scope, name), Err(fault), "{scope:?} {name:?}");
        }
        let long = "x".repeat(65);
        assert_eq!(ChannelName::new("a", &long), Err(InvalidChannelName::TooLong(65)));
        assert!(ChannelName::new(&long[1..], &long[1..]).is_ok());
    }
}
