//! Reads Rust as tokens: comments are gone, and what belongs to tests is left out.

use std::{iter::Peekable, str::FromStr as _};

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};

/// One file of a crate.
pub(crate) struct Source {
    /// Where it lies, from the folder of the sources, with `/` between the folders.
    pub(crate) path: String,
    tokens: TokenStream,
    lines: usize,
}

impl Source {
    pub(crate) fn parse(path: &str, text: &str) -> Result<Self, String> {
        // A shebang or a byte order mark would be an error here as well.
        let tokens = TokenStream::from_str(text).map_err(|error| format!("{path}: {error}"))?;
        Ok(Self { path: path.to_owned(), tokens, lines: text.lines().count() })
    }

    pub(crate) const fn lines(&self) -> usize {
        self.lines
    }

    /// The folder that decides the floor; a file at the top has none.
    pub(crate) fn folder(&self) -> Option<&str> {
        self.path.split_once('/').map(|(folder, _)| folder)
    }

    /// The module that the file is, from the root of the crate.
    fn module(&self) -> Vec<String> {
        let path = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        let mut module: Vec<String> = path.split('/').map(str::to_owned).collect();
        if module.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
            module.pop();
        }
        module
    }

    /// What the file says outside its tests.
    pub(crate) fn scan(&self) -> Scan {
        let mut scan = Scan::default();
        scan.block(self.tokens.clone(), &mut self.module(), &Exempt::default());
        scan
    }
}

/// A path, spelt out from the root of the crate if it leads into the crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    /// `crate` in front if it was written by `crate`, `self`, `super` or the crate's name.
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
}

impl Path {
    pub(crate) fn starts_with(&self, segments: &[&str]) -> bool {
        self.segments.len() >= segments.len()
            && self.segments.iter().zip(segments).all(|(one, other)| one == other)
    }
}

/// What may panic, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Panic {
    pub(crate) what: &'static str,
    pub(crate) line: usize,
}

/// What a file says.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) paths: Vec<Path>,
    pub(crate) panics: Vec<Panic>,
}

/// What panics, as it is written, with the lint whose `allow` lets it stand.
type Panicking = (&'static str, &'static str, &'static str);
const METHODS: [Panicking; 4] = [
    ("unwrap", "clippy::unwrap_used", "`.unwrap()`"),
    ("expect", "clippy::expect_used", "`.expect(`"),
    ("unwrap_err", "clippy::unwrap_used", "`.unwrap_err()`"),
    ("expect_err", "clippy::expect_used", "`.expect_err(`"),
];
const MACROS: [Panicking; 4] = [
    ("panic", "clippy::panic", "`panic!`"),
    ("todo", "clippy::todo", "`todo!`"),
    ("unimplemented", "clippy::unimplemented", "`unimplemented!`"),
    ("unreachable", "clippy::unreachable", "`unreachable!`"),
];

/// Words that begin no path.
const KEYWORDS: [&str; 33] = [
    "as", "async", "await", "break", "const", "continue", "dyn", "else", "enum", "extern", "fn",
    "for", "if", "impl", "in", "let", "loop", "match", "move", "mut", "ref", "return", "static",
    "struct", "trait", "type", "union", "unsafe", "use", "where", "while", "yield", "false",
];

/// The lints that an attribute with a reason allows here.
#[derive(Debug, Clone, Default)]
struct Exempt(Vec<String>);

impl Exempt {
    fn covers(&self, lint: &str) -> bool {
        self.0.iter().any(|allowed| allowed == lint)
    }
}

type Tokens = Peekable<proc_macro2::token_stream::IntoIter>;

impl Scan {
    /// One level of tokens: a file, or what stands in brackets.
    fn block(&mut self, tokens: TokenStream, module: &mut Vec<String>, outer: &Exempt) {
        let mut file = outer.clone();
        let mut next = outer.clone();
        let mut tokens = tokens.into_iter().peekable();
        let mut dot = false;
        while let Some(token) = tokens.next() {
            let after_dot = std::mem::take(&mut dot);
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    let inner = tokens
                        .next_if(|token| matches!(token, TokenTree::Punct(p) if p.as_char() == '!'))
                        .is_some();
                    match self.attribute(&mut tokens, module) {
                        Attribute::Test => item(&mut tokens),
                        Attribute::Allows(lints) if inner => {
                            file.0.extend(lints.clone());
                            next.0.extend(lints);
                        }
                        Attribute::Allows(lints) => next.0.extend(lints),
                        Attribute::Other => {}
                    }
                }
                TokenTree::Punct(punct) if punct.as_char() == ';' || punct.as_char() == ',' => {
                    next = file.clone();
                }
                TokenTree::Punct(punct) if punct.as_char() == '.' => {
                    dot = punct.spacing() == Spacing::Alone;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    // `::path`, from outside the crate.
                    if is_colon(tokens.peek()) {
                        tokens.next();
                        let last = self.path(Vec::new(), &mut tokens, module);
                        self.end_of_path(last.as_ref(), tokens.peek(), &next);
                    }
                }
                TokenTree::Ident(ident) if ident == "mod" => {
                    self.inner_module(&mut tokens, module, &next);
                    next = file.clone();
                }
                TokenTree::Ident(ident) if ident == "pub" => {
                    tokens.next_if(is_short_visibility);
                }
                TokenTree::Ident(ident) if KEYWORDS.iter().any(|word| ident == word) => {
                    // It begins no path. `unsafe` counts where it governs something, and not as
                    // the word that a macro looks for.
                    let governs =
                        matches!(tokens.peek(), Some(TokenTree::Group(_) | TokenTree::Ident(_)));
                    if ident == "unsafe" && governs {
                        let line = ident.span().start().line;
                        self.paths.push(Path { segments: vec![ident.to_string()], line });
                    }
                }
                TokenTree::Ident(ident) if after_dot => {
                    let called = matches!(tokens.peek(), Some(TokenTree::Group(group))
                        if group.delimiter() == Delimiter::Parenthesis);
                    if called {
                        self.may_panic(&METHODS, &ident, &next);
                    }
                }
                TokenTree::Ident(ident) => {
                    let last = self.path(vec![ident], &mut tokens, module);
                    self.end_of_path(last.as_ref(), tokens.peek(), &next);
                }
                TokenTree::Group(group) => {
                    self.block(group.stream(), module, &next);
                    if group.delimiter() == Delimiter::Brace {
                        next = file.clone();
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    fn attribute(&mut self, tokens: &mut Tokens, module: &mut Vec<String>) -> Attribute {
        let Some(TokenTree::Group(group)) =
            tokens.next_if(|token| matches!(token, TokenTree::Group(_)))
        else {
            return Attribute::Other; // `#` of a quotation
        };
        let text = group.stream().to_string().replace(' ', "");
        if text.starts_with("doc=") {
            return Attribute::Other;
        }
        if text == "test" || text == "cfg(test)" || text.starts_with("cfg(all(test,") {
            return Attribute::Test;
        }
        if (text.starts_with("allow(") || text.starts_with("expect(")) && text.contains("reason=") {
            let lints = METHODS.iter().chain(&MACROS).map(|(_, lint, _)| *lint);
            let lints = lints.filter(|lint| text.contains(lint)).map(str::to_owned);
            return Attribute::Allows(lints.collect());
        }
        self.block(group.stream(), module, &Exempt::default());
        Attribute::Other
    }

    /// `mod name { ... }`: what it says is said one module further down.
    fn inner_module(&mut self, tokens: &mut Tokens, module: &mut Vec<String>, exempt: &Exempt) {
        let Some(TokenTree::Ident(name)) = tokens.next() else { return };
        if let Some(TokenTree::Group(body)) =
            tokens.next_if(|token| matches!(token, TokenTree::Group(_)))
        {
            module.push(name.to_string());
            self.block(body.stream(), module, exempt);
            module.pop();
        }
    }

    /// `std::panic!(...)`, or a function like `Option::unwrap`.
    fn end_of_path(
        &mut self,
        path: Option<&(Ident, usize)>,
        next: Option<&TokenTree>,
        exempt: &Exempt,
    ) {
        let Some((last, length)) = path else { return };
        if matches!(next, Some(TokenTree::Punct(punct)) if punct.as_char() == '!') {
            self.may_panic(&MACROS, last, exempt);
        } else if *length > 1 {
            self.may_panic(&METHODS, last, exempt);
        }
    }

    fn may_panic(&mut self, known: &[Panicking], ident: &Ident, exempt: &Exempt) {
        for (name, lint, what) in known {
            if ident == name && !exempt.covers(lint) {
                self.panics.push(Panic { what, line: ident.span().start().line });
            }
        }
    }

    /// A path that began with these; the groups of a `use` are spelt out. Returns its last
    /// identifier, and how many there are, if it ends in one.
    fn path(
        &mut self,
        mut begin: Vec<Ident>,
        tokens: &mut Tokens,
        module: &[String],
    ) -> Option<(Ident, usize)> {
        let line = match (begin.first(), tokens.peek()) {
            (Some(first), _) => first.span().start().line,
            (None, Some(token)) => token.span().start().line,
            (None, None) => return None,
        };
        let mut starred = false;
        while begin.is_empty() || next_double_colon(tokens) {
            match tokens.peek() {
                Some(TokenTree::Ident(_)) => {
                    if let Some(TokenTree::Ident(ident)) = tokens.next() {
                        begin.push(ident);
                    }
                }
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    let stream = group.stream();
                    tokens.next();
                    self.branches(&begin, stream, module);
                    return None;
                }
                Some(TokenTree::Punct(punct)) if punct.as_char() == '*' => {
                    tokens.next();
                    starred = true;
                    break;
                }
                _ => break, // a turbofish
            }
        }
        let mut segments = spell_out(&begin, module);
        if starred {
            segments.push("*".to_owned());
        }
        self.paths.push(Path { segments, line });
        let length = begin.len();
        begin.pop().filter(|_| !starred).map(|last| (last, length))
    }

    /// `use begin::{one, two::{three, four}}`.
    fn branches(&mut self, begin: &[Ident], group: TokenStream, module: &[String]) {
        let mut tokens = group.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let mut path = begin.to_vec();
            match token {
                TokenTree::Ident(ident) if ident == "as" => drop(tokens.next()),
                TokenTree::Ident(ident) => {
                    // `self` names what the group belongs to.
                    if ident != "self" || path.is_empty() {
                        path.push(ident);
                    }
                    self.path(path, &mut tokens, module);
                }
                TokenTree::Punct(punct) if punct.as_char() == '*' => {
                    let mut segments = spell_out(&path, module);
                    segments.push("*".to_owned());
                    self.paths.push(Path { segments, line: punct.span().start().line });
                }
                _ => {}
            }
        }
    }
}

enum Attribute {
    /// What follows is compiled for tests alone.
    Test,
    /// What follows may panic in these ways, for a reason.
    Allows(Vec<String>),
    Other,
}

/// Passes over an item, with the attributes that it has besides.
fn item(tokens: &mut Tokens) {
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return,
            TokenTree::Punct(punct) if punct.as_char() == ';' => return,
            _ => {}
        }
    }
}

/// `(crate)` and the like behind `pub`, which names no floor.
fn is_short_visibility(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group)
        if group.delimiter() == Delimiter::Parenthesis && group.stream().into_iter().count() == 1)
}

fn is_colon(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
}

/// Takes `::` if it comes next.
fn next_double_colon(tokens: &mut Tokens) -> bool {
    let joint = matches!(tokens.peek(), Some(TokenTree::Punct(punct))
        if punct.as_char() == ':' && punct.spacing() == Spacing::Joint);
    if joint {
        tokens.next();
        tokens.next();
    }
    joint
}

/// The path from the root of the crate, if it leads into the crate.
fn spell_out(path: &[Ident], module: &[String]) -> Vec<String> {
    let mut segments = path.iter().map(ToString::to_string).peekable();
    let mut spelt = match segments.peek().map(String::as_str) {
        Some("crate" | "sse_runtime") => {
            segments.next();
            vec!["crate".to_owned()]
        }
        Some(first) if first == "super" || (first == "self" && path.len() > 1) => {
            let mut here = module.to_vec();
            while let Some(step) = segments.next_if(|step| step == "self" || step == "super") {
                if step == "super" {
                    here.pop();
                }
            }
            here.insert(0, "crate".to_owned());
            here
        }
        _ => Vec::new(),
    };
    spelt.extend(segments);
    spelt
}
