//! The function as axum takes it.
//!
//! The user's function is emitted unchanged inside a plain function of the same name, with
//! the context of the stream as one more argument in front. What the runtime asks of a
//! type is asked in a call of its own, at the token where the user wrote the type: so a
//! mistake is one message, there.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Attribute, FnArg, GenericParam, Safety, Signature, Type, ext::IdentExt as _,
    spanned::Spanned as _,
};

use super::{
    function::Function,
    options::Options,
    shape::{
        Output, Shape, is_borrowed, is_context, is_misspelt_sender, is_nameable, sender_event,
    },
};

/// The handler.
///
/// The checks stand in a function of their own that is not async: rustc reports a bound
/// that fails in an async body a second time, for the whole body.
pub(super) fn expand(function: &Function, shape: &Shape, options: &Options) -> TokenStream {
    let parts = Parts::of(function, shape, options);
    let (outer, start) = (parts.outer_head(function), parts.start_head(function));
    let inner = inner(function, &function.signature);
    let cx = local("__cx", Span::mixed_site());
    let (krate, started, start_name) = (&parts.krate, parts.started(), &parts.start);
    let (handler, kind) = parts.kind();
    let (value, turbofish, given) = (options.value(), &parts.turbofish, &parts.given);
    quote! {
        #outer {
            #inner
            #start {
                let #handler = #started;
                #kind
            }
            let #handler = #start_name #turbofish(#krate::__private::Clone::clone(&#cx), #(#given),*);
            #krate::__private::respond(#cx, #value, #handler).await
        }
    }
}

/// Stands in for the handler beside errors, so that its route does not complain as well.
/// A method, which can stand nowhere else, is left as it is.
pub(super) fn fallback(function: &Function, options: &Options) -> TokenStream {
    let signature = &function.signature;
    let is_method = signature.inputs.iter().any(|input| matches!(input, FnArg::Receiver(_)));
    if is_method || signature.variadic.is_some() {
        let (attributes, visibility) = (&function.attributes, &function.visibility);
        let body = &function.body;
        return quote!(#(#attributes)* #visibility #signature #body);
    }
    let shape = Shape { sender: None, output: Output::Nothing };
    let parts = Parts::of(function, &shape, options);
    let outer = parts.outer_head(function);
    let inner = inner(function, &plain(signature));
    let (krate, cx) = (&parts.krate, local("__cx", Span::mixed_site()));
    quote! {
        #outer {
            #[allow(dead_code)]
            #inner
            #krate::__private::fallback(&#cx)
        }
    }
}

/// With the qualifiers that a handler has, so that the body has no second error for them.
fn plain(signature: &Signature) -> Signature {
    let mut plain = signature.clone();
    plain.asyncness.get_or_insert_default();
    plain.constness = None;
    plain.safety = Safety::Default;
    plain.abi = None;
    plain
}

/// What the expansion is put together from.
struct Parts<'a> {
    krate: TokenStream,
    shape: &'a Shape,
    finite: Option<Span>,
    name: Ident,
    /// The name of the function that starts the handler: never that of the handler.
    start: Ident,
    turbofish: TokenStream,
    /// The arguments of the outer function: all but the sender and the context.
    parameters: Vec<TokenStream>,
    /// Their names.
    given: Vec<Ident>,
    /// The arguments of the call, with the sender and the context.
    arguments: Vec<TokenStream>,
}

impl<'a> Parts<'a> {
    fn of(function: &Function, shape: &'a Shape, options: &Options) -> Self {
        let signature = &function.signature;
        let (mut parameters, mut given, mut arguments) = (Vec::new(), Vec::new(), Vec::new());
        for (at, input) in signature.inputs.iter().enumerate() {
            let FnArg::Typed(argument) = input else { continue };
            if sender_event(&argument.ty).is_some() || is_misspelt_sender(input) {
                arguments.push(local("__out", Span::mixed_site()).to_token_stream());
                continue;
            }
            if is_context(&argument.ty) {
                // At the type, so that another type of this name is one error, there.
                let (cx, span) = (local("__cx", Span::mixed_site()), argument.ty.span());
                let krate = respan(options.krate(), span);
                let cx = in_parentheses(quote!(&#cx), span);
                arguments.push(quote_spanned!(span=> #krate::__private::context #cx));
                continue;
            }
            if is_borrowed(&argument.ty) {
                // Reported, and not to be reported again at the route.
                continue;
            }
            let (name, ty) = (local(&format!("__{at}"), Span::mixed_site()), &argument.ty);
            parameters.push(quote!(#name: #ty));
            given.push(name.clone());
            arguments.push(name.to_token_stream());
        }
        Self {
            krate: options.krate(),
            shape,
            finite: options.finite,
            name: signature.ident.clone(),
            start: local(start_name(&signature.ident), Span::mixed_site()),
            turbofish: turbofish(function),
            parameters,
            given,
            arguments,
        }
    }

    fn outer_head(&self, function: &Function) -> TokenStream {
        let (visibility, signature) = (&function.visibility, &function.signature);
        let attributes = function.attributes.iter().filter(|attribute| belongs_outside(attribute));
        let (name, parameters, krate) = (&self.name, &self.parameters, &self.krate);
        let (generics, bounds) = (&signature.generics, &signature.generics.where_clause);
        let cx = local("__cx", Span::mixed_site());
        let parameters = quote!(#cx: #krate::Cx, #(#parameters),*);
        quote! {
            #(#attributes)*
            #visibility async fn #name #generics(#parameters) -> #krate::EventStream #bounds
        }
    }

    /// The function that starts the handler, as far as a value can be.
    fn start_head(&self, function: &Function) -> TokenStream {
        let (parameters, krate) = (&self.parameters, &self.krate);
        let generics = &function.signature.generics;
        let bounds = &generics.where_clause;
        let (name, cx) = (&self.start, local("__cx", Span::mixed_site()));
        quote! {
            fn #name #generics(#cx: #krate::Cx, #(#parameters),*) -> #krate::__private::Started
            #bounds
        }
    }

    /// The user's function, called.
    fn call(&self) -> TokenStream {
        let (name, turbofish, arguments) = (&self.name, &self.turbofish, &self.arguments);
        let arguments = in_parentheses(quote!(#(#arguments),*), name.span());
        quote!(#name #turbofish #arguments)
    }

    fn started(&self) -> TokenStream {
        match &self.shape.sender {
            Some(event) => self.produces(event),
            None => self.returns(),
        }
    }

    /// A function that returns its events.
    fn returns(&self) -> TokenStream {
        let boxed = self.boxed_call();
        let span = self.output_span();
        let call = Ident::new("__call", span);
        let (function, stream, refusal) = match &self.shape.output {
            Output::Result { ok, error, .. } => {
                ("returns_result", ok.as_ref(), Some(self.refusal(error.as_ref())))
            }
            Output::Plain(ty) => ("returns", Some(ty), None),
            Output::Nothing => ("returns", None, None),
        };
        let inferred = if refusal.is_some() { quote!(, _, _) } else { quote!(, _) };
        let mut arguments = vec![quote_spanned!(span=> #call)];
        arguments.extend(refusal);
        let arguments = quote!(#(#arguments),*);
        let item = self.shape.output.item().filter(is_nameable);
        let taken = if let Some(item) = item {
            self.at_type(&format!("{function}_items"), &item, &inferred, arguments)
        } else if let Some(stream) = stream.filter(|stream| is_nameable(stream)) {
            self.at_type(function, stream, &inferred, arguments)
        } else {
            self.at_span(function, arguments, span)
        };
        quote!({ let #call = #boxed; #taken })
    }

    /// A call of a function of the runtime that asks something of a type. It stands where
    /// the type stands, from its first token to its last: rustc reports a bound that fails
    /// for the argument and again for the call, and keeps silent the second time if the
    /// place is the same.
    fn at_type(
        &self,
        function: &str,
        ty: &Type,
        rest: &TokenStream,
        arguments: TokenStream,
    ) -> TokenStream {
        let (first, last) = ends(ty);
        let krate = respan(self.krate.clone(), first);
        let function = Ident::new(function, first);
        // What is left to be inferred is the rest of what the function returns.
        let rest = respan(rest.clone(), self.output_span());
        let path = quote_spanned!(first=> #krate::__private::#function::<#ty #rest>);
        let arguments = in_parentheses(arguments, last);
        quote!(#path #arguments)
    }

    /// A call of a function of the runtime at one place.
    fn at_span(&self, function: &str, arguments: TokenStream, span: Span) -> TokenStream {
        let krate = respan(self.krate.clone(), span);
        let function = Ident::new(function, span);
        let arguments = in_parentheses(arguments, span);
        quote_spanned!(span=> #krate::__private::#function #arguments)
    }

    /// A function that sends its events.
    fn produces(&self, event: &Type) -> TokenStream {
        let boxed = self.boxed_call();
        let out = local("__out", Span::mixed_site());
        let (function, rest, refusal) = match &self.shape.output {
            Output::Result { ok, error, .. } => {
                let ok = nameable_or_inferred(ok.as_ref());
                ("produces_result", quote!(, #ok, _, _), Some(self.refusal(error.as_ref())))
            }
            Output::Plain(ty) => {
                let ty = nameable_or_inferred(Some(ty));
                ("produces", quote!(, #ty, _), None)
            }
            Output::Nothing => ("produces", quote!(, (), _), None),
        };
        let mut arguments = vec![quote!(move |#out| #boxed)];
        arguments.extend(refusal);
        self.at_type(function, event, &rest, quote!(#(#arguments),*))
    }

    /// The call in a box, at the name of the function: a future that is not `Send` is
    /// reported here, and not again at the route.
    fn boxed_call(&self) -> TokenStream {
        self.at_span("call", self.call(), self.name.span())
    }

    fn output_span(&self) -> Span {
        self.shape.output.span().unwrap_or_else(|| self.name.span())
    }

    /// The error becomes a response, at the type that is written for it.
    fn refusal(&self, error: Option<&Type>) -> TokenStream {
        let span = self.output_span();
        let krate = respan(self.krate.clone(), span);
        match error.filter(|error| is_nameable(error)) {
            Some(error) => quote!(#krate::__private::refusal::<#error>),
            None => quote_spanned!(span=> #krate::__private::refusal),
        }
    }

    /// Whether the end that the type can have is the end that the attribute declares, asked
    /// of a variable. Its name stands where the question stands, with the hygiene of that
    /// place, so that the two find each other in what a macro wrote as well.
    fn kind(&self) -> (Ident, TokenStream) {
        let (function, span) = match self.finite {
            Some(key) => ("finite", key),
            None => ("endless", self.event_span()),
        };
        let handler = Ident::new("__handler", span);
        let asked = self.at_span(function, quote!(#handler), span);
        (handler, asked)
    }

    /// Where the type of the events is written.
    fn event_span(&self) -> Span {
        let output = &self.shape.output;
        let sender = self.shape.sender.clone();
        let written = sender.or_else(|| output.item()).or_else(|| output.subscribed());
        written.map_or_else(|| self.output_span(), |ty| ty.span())
    }
}

/// The name of the function that starts a handler, which stands beside the user's own: items
/// have no hygiene. A name made of the handler's might break a lint that its crate forbids.
fn start_name(handler: &Ident) -> &'static str {
    if handler == "__start" { "__begin" } else { "__start" }
}

/// Parentheses at a place of the user's.
fn in_parentheses(tokens: TokenStream, span: Span) -> Group {
    let mut group = Group::new(Delimiter::Parenthesis, tokens);
    group.set_span(span);
    group
}

/// The same tokens at another place.
fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    let at_span = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.into_iter().map(at_span).collect()
}

/// Where a type begins and ends.
fn ends(ty: &Type) -> (Span, Span) {
    let mut spans = ty.to_token_stream().into_iter().map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::call_site);
    (first, spans.last().unwrap_or(first))
}

fn nameable_or_inferred(ty: Option<&Type>) -> TokenStream {
    ty.filter(|ty| is_nameable(ty)).map_or_else(|| quote!(_), ToTokens::to_token_stream)
}

/// A name that the user's code cannot see, at a place of the user's.
fn local(name: &str, span: Span) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(span))
}

/// The user's function, unchanged, with the attributes that concern what it does.
fn inner(function: &Function, signature: &Signature) -> TokenStream {
    let body = &function.body;
    let attributes = function.attributes.iter().filter(|attribute| belongs_inside(attribute));
    quote! {
        #(#attributes)*
        // That it is async is asked of it, whether it waits or not.
        #[allow(clippy::unused_async)]
        #signature #body
    }
}

/// The types that the user's function is generic over, as arguments. What is `impl Trait`
/// in an argument is inferred, and so are lifetimes.
fn turbofish(function: &Function) -> TokenStream {
    let parameters =
        function.signature.generics.params.iter().filter_map(|parameter| match parameter {
            GenericParam::Type(ty) => Some(ty.ident.to_token_stream()),
            GenericParam::Const(constant) => Some(constant.ident.to_token_stream()),
            _ => None,
        });
    let parameters: Vec<TokenStream> = parameters.collect();
    if parameters.is_empty() { TokenStream::new() } else { quote!(::<#(#parameters),*>) }
}

/// Attributes that concern the item: its documentation, its route, its lints.
fn belongs_outside(attribute: &Attribute) -> bool {
    !is_instrument(attribute) && !attribute.path().is_ident("expect")
}

/// Attributes that concern what the function does. A span belongs around the user's own
/// code, whichever of the two attributes comes first; a lint level concerns both.
fn belongs_inside(attribute: &Attribute) -> bool {
    let is_level = ["allow", "expect", "warn", "deny", "forbid"]
        .iter()
        .any(|level| attribute.path().is_ident(level));
    is_level || is_instrument(attribute)
}

fn is_instrument(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|segment| segment.ident.unraw() == "instrument")
}
