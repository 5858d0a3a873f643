//! What form a handler has, read off its signature alone.

use syn::{
    FnArg, GenericArgument, PathArguments, ReturnType, Signature, Type, TypeParamBound,
    ext::IdentExt as _, spanned::Spanned as _,
};

use super::function::Function;
use crate::errors::Errors;

/// The name that makes an argument the sender.
const SENDER: &str = "Events";

/// The name that makes an argument the context of the stream.
const CONTEXT: &str = "Cx";

/// The name that a subscription has.
const SUBSCRIPTION: &str = "Subscription";

/// The form of a handler.
pub(super) struct Shape {
    /// The type of what the sender sends, if there is a sender.
    pub(super) sender: Option<Type>,
    pub(super) output: Output,
}

/// What a handler returns.
#[allow(clippy::large_enum_variant, reason = "there is one at a time")]
pub(super) enum Output {
    /// Nothing.
    Nothing,
    /// Events, or what a producer returns.
    Plain(Type),
    /// A `Result`, with the type of its error where it is written.
    Result { whole: Type, ok: Option<Type>, error: Option<Type> },
}

impl Shape {
    /// Judges the signature. Nothing that only rustc can know is judged here.
    pub(super) fn of(function: &Function, errors: &mut Errors) -> Option<Self> {
        let signature = &function.signature;
        check_qualifiers(signature, errors);
        let sender = find_sender(signature, errors);
        let output = Output::of(&signature.output);
        check_arguments(signature, errors);
        if let (ReturnType::Type(_, ty), true) = (&signature.output, sender.is_some())
            && let Type::Never(never) = &**ty
        {
            errors.at(
                never,
                "a producer that never returns leaves its return type out; with `?` in it, it \
                 returns `Result<(), YourError>`",
            );
        }
        let gives_nothing = sender.is_none() && output.is_nothing();
        if gives_nothing && !signature.inputs.iter().any(is_misspelt_sender) {
            errors.at(
                &signature.ident,
                format!(
                    "`{}` gives no events: return `Subscription<YourEvent>` or `impl Stream<Item = \
                     YourEvent>`, or take an argument written `out: Events<YourEvent>` and send \
                     them (an alias of `Events` cannot be seen)",
                    signature.ident.unraw()
                ),
            );
        }
        let is_method = signature.inputs.iter().any(|input| matches!(input, FnArg::Receiver(_)));
        (!is_method).then_some(Self { sender, output })
    }
}

fn check_qualifiers(signature: &Signature, errors: &mut Errors) {
    if signature.asyncness.is_none() {
        errors.at(signature.fn_token, "a handler is async: write `async fn`");
    }
    if let Some(constness) = signature.constness {
        errors.at(constness, "a handler cannot be `const`; leave it out");
    }
    if let syn::Safety::Unsafe(token) = signature.safety {
        errors.at(token, "a handler cannot be `unsafe`: whoever sends a request calls it");
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, "a handler has no `extern` ABI; leave it out");
    }
    if let Some(variadic) = &signature.variadic {
        errors.at(variadic, "a handler has no variadic arguments");
    }
    for input in &signature.inputs {
        if let FnArg::Receiver(receiver) = input {
            errors.at(
                receiver.self_token,
                "a handler is a free function: move it out of the `impl` and take what `self` \
                 holds as `State(...)`",
            );
        }
    }
}

/// What rustc would explain badly once the arguments are those of the handler.
fn check_arguments(signature: &Signature, errors: &mut Errors) {
    for input in &signature.inputs {
        let FnArg::Typed(argument) = input else { continue };
        for attribute in &argument.attrs {
            if attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr") {
                errors.at(
                    attribute,
                    "an argument of a handler cannot depend on `cfg`: write two handlers, each \
                     under its `cfg`",
                );
            }
        }
        if is_misspelt_sender(input) {
            errors.at(
                &argument.ty,
                "the sender is taken by value, with the type of its events: write \
                 `out: Events<YourEvent>`",
            );
        } else if is_borrowed(&argument.ty) {
            errors.at(
                &argument.ty,
                "a handler takes its arguments by value: leave the `&` out, and take what the whole \
                 application has as `State(...)`",
            );
        }
    }
}

/// Whether this borrows from whoever calls.
pub(super) fn is_borrowed(ty: &Type) -> bool {
    let Type::Reference(reference) = ty else { return false };
    reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "_")
}

/// Whether this is meant to be a sender and is not written like one.
pub(super) fn is_misspelt_sender(input: &FnArg) -> bool {
    let FnArg::Typed(argument) = input else { return false };
    match &*argument.ty {
        Type::Reference(reference) => sender_event(&reference.elem).is_some(),
        ty => {
            matches!(last_segment(ty), Some((name, arguments)) if name == SENDER && arguments.is_empty())
        }
    }
}

fn find_sender(signature: &Signature, errors: &mut Errors) -> Option<Type> {
    let mut found = None;
    for input in &signature.inputs {
        let FnArg::Typed(argument) = input else { continue };
        let Some(event) = sender_event(&argument.ty) else { continue };
        if found.is_none() {
            found = Some(event);
        } else {
            errors.at(
                &argument.ty,
                "a stream has one sender: send an enum of all its events, or clone the first",
            );
        }
    }
    found
}

/// The type of the events, if this is written like a sender.
pub(super) fn sender_event(ty: &Type) -> Option<Type> {
    let (name, arguments) = last_segment(ty)?;
    match arguments.as_slice() {
        [event] if name == SENDER => Some(event.clone()),
        _ => None,
    }
}

/// Whether this is written like the context. It is one of its own beside the sender, so
/// that a test that calls the handler has it from the same hand.
pub(super) fn is_context(ty: &Type) -> bool {
    matches!(last_segment(ty), Some((name, arguments)) if name == CONTEXT && arguments.is_empty())
}

/// The last name of a path and the types in its angle brackets. A type that comes from
/// `macro_rules!` comes in a group.
fn last_segment(ty: &Type) -> Option<(String, Vec<Type>)> {
    let path = match ty {
        Type::Group(group) => return last_segment(&group.elem),
        Type::Paren(paren) => return last_segment(&paren.elem),
        Type::Path(path) => path,
        _ => return None,
    };
    let segment = path.path.segments.last()?;
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => arguments
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty.clone()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    Some((segment.ident.unraw().to_string(), arguments))
}

impl Output {
    fn of(output: &ReturnType) -> Self {
        let ReturnType::Type(_, ty) = output else { return Self::Nothing };
        if matches!(&**ty, Type::Tuple(tuple) if tuple.elems.is_empty()) {
            return Self::Nothing;
        }
        match last_segment(ty) {
            // An alias of `Result` is called so too: `ApiResult<T>`, `io::Result<T>`.
            Some((name, arguments)) if name.ends_with("Result") => {
                let mut arguments = arguments.into_iter();
                let ok = arguments.next();
                Self::Result { whole: (**ty).clone(), ok, error: arguments.next() }
            }
            _ => Self::Plain((**ty).clone()),
        }
    }

    /// Whether there is nothing that could be a stream.
    fn is_nothing(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Plain(_) => false,
            Self::Result { ok, .. } => {
                matches!(ok, Some(Type::Tuple(tuple)) if tuple.elems.is_empty())
            }
        }
    }

    /// The type that is written for the items, if the return type is written as
    /// `impl Stream<Item = ...>`.
    pub(super) fn item(&self) -> Option<Type> {
        let ty = match self {
            Self::Nothing => return None,
            Self::Plain(ty) => ty,
            Self::Result { ok, .. } => ok.as_ref()?,
        };
        item_of(ty)
    }

    /// The type that is written for the events, if the return type is written like a
    /// subscription. Good for pointing at it and for nothing else: the name may be another's.
    pub(super) fn subscribed(&self) -> Option<Type> {
        let ty = match self {
            Self::Nothing => return None,
            Self::Plain(ty) => ty,
            Self::Result { ok, .. } => ok.as_ref()?,
        };
        let (name, arguments) = last_segment(ty)?;
        arguments.into_iter().next().filter(|_| name == SUBSCRIPTION)
    }

    /// Where the return type stands.
    pub(super) fn span(&self) -> Option<proc_macro2::Span> {
        match self {
            Self::Nothing => None,
            Self::Plain(ty) | Self::Result { whole: ty, .. } => Some(ty.span()),
        }
    }
}

fn item_of(ty: &Type) -> Option<Type> {
    let opaque = match ty {
        Type::Group(group) => return item_of(&group.elem),
        Type::Paren(paren) => return item_of(&paren.elem),
        Type::ImplTrait(opaque) => opaque,
        _ => return None,
    };
    opaque.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let segment = bound.path.segments.last().filter(|segment| segment.ident == "Stream")?;
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(item) if item.ident == "Item" => Some(item.ty.clone()),
            _ => None,
        })
    })
}

/// Whether a type can be written once more in a turbofish.
pub(super) fn is_nameable(ty: &Type) -> bool {
    use quote::ToTokens as _;
    !mentions_impl(ty.to_token_stream())
}

fn mentions_impl(tokens: proc_macro2::TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Group(group) => mentions_impl(group.stream()),
        proc_macro2::TokenTree::Ident(ident) => ident == "impl" || ident == "_",
        _ => false,
    })
}
