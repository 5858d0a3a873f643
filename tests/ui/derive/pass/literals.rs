use sse_runtime::{EventId, EventName, Source, event_id, event_name, source};

const SHORT: EventId = event_id!("evt_00000001");
const LONG: EventId = event_id!("evt_00000000000000000000000000000001");
const POSITIONS: EventId = event_id!("evt_000000000000000000000001000000000000000000000002");
const RAW: EventId = event_id!(r"evt_00000001");
static NAME: EventName = event_name!("Stock.changed:now-1_2");
const SOURCE: Source = source!("In-ven_tory1");

fn main() {
    for id in [SHORT, LONG, POSITIONS, RAW] {
        assert_eq!(EventId::try_from(id.as_str()), Ok(id));
    }
    assert_eq!(EventName::try_from(NAME.as_str()).as_ref(), Ok(&NAME));
    assert_eq!(Source::try_from(SOURCE.as_str()), Ok(SOURCE));
}
