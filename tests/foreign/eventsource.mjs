// Reads with the package `eventsource`.

import { EventSource } from 'eventsource';
import { check, checkEqual, checkTexts, isPosition, publish, publishTexts, texts, until } from './checks.mjs';

const base = process.argv[2];
const stream = new EventSource(`${base}/events/all`);
const stock = [];
const notices = [];
const forged = [];
let open = null;
stream.addEventListener('sse.open', (event) => { open = event; });
stream.addEventListener('stock_changed', (event) => stock.push(event));
stream.addEventListener('notice', (event) => notices.push(event));
for (const type of ['message', 'forged', 'sold_out', 'sse.bye']) {
  stream.addEventListener(type, (event) => forged.push({ type, data: event.data }));
}
stream.addEventListener('error', (event) => forged.push({ type: 'error', message: event.message }));

check('the stream opens', await until(() => open));
checkEqual('sse.open names both sources', JSON.parse(open.data).sources, ['inventory', 'host']);
check('and where the reader stands in each', isPosition(open.lastEventId, 2), open.lastEventId);

await publishTexts(base);
await until(() => stock.length >= texts.length);
checkTexts('each text arrives as sent, in order', stock.map((event) => JSON.parse(event.data).sku));
checkEqual('each with its number', stock.map((event) => JSON.parse(event.data).left), [...texts.keys()]);
const ids = stock.map((event) => event.lastEventId);
const isBoth = (id) => isPosition(id, 2);
check('each id is a position in both', ids.every(isBoth), ids.find((id) => !isBoth(id)));
checkEqual('no id comes twice', new Set(ids).size, texts.length);

await publish(base, { type: 'notice', text: texts.at(-1) });
await until(() => notices.length > 0);
checkEqual('an ephemeral event arrives', JSON.parse(notices[0]?.data ?? null), { text: texts.at(-1) });
// A browser repeats the id before it here, this package leaves it empty.
check('and brings no id', ['', ids.at(-1)].includes(notices[0]?.lastEventId), notices[0]?.lastEventId);
checkEqual('nothing was forged, nothing failed', forged, []);
stream.close();
