//! serde's rules for names, under serde's own spelling.

/// What becomes of a name in Rust on its way to the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// As it stands: the default of a field.
    Same,
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

/// How each rule is spelt.
pub(crate) const SPELT: &[&str] = &[
    "lowercase",
    "UPPERCASE",
    "PascalCase",
    "camelCase",
    "snake_case",
    "SCREAMING_SNAKE_CASE",
    "kebab-case",
    "SCREAMING-KEBAB-CASE",
];

const RULES: &[Rule] = &[
    Rule::Lower,
    Rule::Upper,
    Rule::Pascal,
    Rule::Camel,
    Rule::Snake,
    Rule::ScreamingSnake,
    Rule::Kebab,
    Rule::ScreamingKebab,
];

impl Rule {
    pub(crate) fn from_spelt(text: &str) -> Option<Self> {
        SPELT.iter().position(|spelt| *spelt == text).map(|at| RULES[at])
    }

    /// A variant, which is written in `PascalCase`.
    pub(crate) fn variant(self, name: &str) -> String {
        match self {
            Self::Same | Self::Pascal => name.to_owned(),
            Self::Lower => name.to_ascii_lowercase(),
            Self::Upper => name.to_ascii_uppercase(),
            Self::Camel => first(name, char::to_ascii_lowercase),
            Self::Snake => snake(name),
            Self::ScreamingSnake => snake(name).to_ascii_uppercase(),
            Self::Kebab => snake(name).replace('_', "-"),
            Self::ScreamingKebab => snake(name).to_ascii_uppercase().replace('_', "-"),
        }
    }

    /// A field, which is written in `snake_case`.
    pub(crate) fn field(self, name: &str) -> String {
        match self {
            Self::Same | Self::Lower | Self::Snake => name.to_owned(),
            Self::Upper | Self::ScreamingSnake => name.to_ascii_uppercase(),
            Self::Pascal => pascal(name),
            Self::Camel => first(&pascal(name), char::to_ascii_lowercase),
            Self::Kebab => name.replace('_', "-"),
            Self::ScreamingKebab => name.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

fn first(name: &str, change: impl Fn(&char) -> char) -> String {
    let mut letters = name.chars();
    letters.next().iter().map(change).chain(letters).collect()
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (at, c) in name.char_indices() {
        if at > 0 && c.is_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

fn pascal(name: &str) -> String {
    name.split('_').map(|word| first(word, char::to_ascii_uppercase)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_on_variants_and_fields() {
        let expected = [
            ("stockchanged", "items_left"),
            ("STOCKCHANGED", "ITEMS_LEFT"),
            ("StockChanged", "ItemsLeft"),
            ("stockChanged", "itemsLeft"),
            ("stock_changed", "items_left"),
            ("STOCK_CHANGED", "ITEMS_LEFT"),
            ("stock-changed", "items-left"),
            ("STOCK-CHANGED", "ITEMS-LEFT"),
        ];
        for (spelt, (variant, field)) in SPELT.iter().zip(expected) {
            let rule = Rule::from_spelt(spelt).unwrap();
            assert_eq!(rule.variant("StockChanged"), variant, "{spelt}");
            assert_eq!(rule.field("items_left"), field, "{spelt}");
        }
        assert_eq!(Rule::from_spelt("Snake_Case"), None);
    }
}
