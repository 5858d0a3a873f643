use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "model")]
enum Token {
    #[sse(nmae = "delta")]
    Delta(String),
    #[sse(terminal)]
    Done,
}

fn send(token: &Token) -> Result<sse_runtime::Frame, sse_runtime::EncodeError> {
    sse_runtime::encode(token)
}

fn read(data: &str) -> Result<Token, sse_runtime::DecodeError> {
    sse_runtime::decode("delta", data)
}

fn ends<E: SseEvent<End = sse_runtime::Finite>>() {}

#[derive(SseEvent)]
#[sse(merge, colour)]
enum Everything {
    Tokens(Token),
}

#[derive(SseEvent)]
#[sse(merge)]
enum All {
    Tokens(Token),
}

fn main() {
    ends::<Token>();
    ends::<All>();
    ends::<Everything>();
}
