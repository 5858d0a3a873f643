// Reads with the package `eventsource-parser`, as it comes and in pieces of one byte.

import { createParser } from 'eventsource-parser';
import { check, checkEqual, checkTexts, isPosition, publish, publishTexts, texts, until } from './checks.mjs';

const [base, short] = process.argv.slice(2); // the second keeps three events

/** Parses pieces of bytes; `size` cuts them smaller. */
function reader(size = Infinity) {
  const events = [];
  const faults = [];
  const retries = [];
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const parser = createParser({
    onEvent: (event) => events.push(event),
    // The field `source:` is one that the standard tells readers to skip.
    onError: (error) => { if (error.field !== 'source') faults.push(error.message); },
    onRetry: (retry) => retries.push(retry),
  });
  const feed = (bytes) => {
    for (let at = 0; at < bytes.length; at += size) {
      parser.feed(decoder.decode(bytes.subarray(at, at + size), { stream: true }));
    }
  };
  return { events, faults, retries, feed };
}

const leave = new AbortController();
const response = await fetch(`${base}/events/inventory`, {
  headers: { 'last-event-id': 'evt_00000000' },
  signal: leave.signal,
});
const whole = reader();
const bytewise = reader(1);
const reading = (async () => {
  for await (const bytes of response.body) {
    whole.feed(bytes);
    bytewise.feed(bytes);
  }
})().catch((error) => { if (!leave.signal.aborted) throw error; });

await until(() => whole.events.length > 0);
const open = JSON.parse(whole.events[0].data);
checkEqual('a position that is none is told', [open.resume, open.reason], ['reset', 'invalid']);
check('and replaced', isPosition(whole.events[0].id), whole.events[0].id);
checkEqual('the reconnection time is told', whole.retries, [3_000]);

await publishTexts(base);
await publish(base, { type: 'notice', text: 'no id' });
await until(() => whole.events.length >= texts.length + 2);
leave.abort();
await reading;

for (const [name, { events, faults }] of Object.entries({ whole, bytewise })) {
  const stock = events.slice(1, -1);
  checkTexts(`${name}: each text arrives as sent, in order`, stock.map(({ data }) => JSON.parse(data).sku));
  checkEqual(`${name}: no other event is fired`, new Set(stock.map(({ event }) => event)), new Set(['stock_changed']));
  check(`${name}: each id is a position`, stock.every(({ id }) => isPosition(id)));
  checkEqual(`${name}: an ephemeral event has none`, [events.at(-1).event, events.at(-1).id], ['notice', undefined]);
  checkEqual(`${name}: the parser complains about nothing`, faults, []);
}

/** What a reader gets that comes back: up to an event with this number, or `sse.open` alone. */
async function comeBack(url, headers, last) {
  const response = await fetch(url, { headers });
  const { events, feed } = reader();
  const lefts = () => events.slice(1).map(({ data }) => JSON.parse(data).left);
  for await (const bytes of response.body) {
    feed(bytes);
    if (events.length > 0 && (last === undefined || lefts().includes(last))) break; // and leave
  }
  const { resume, missed } = JSON.parse(events[0].data);
  return { told: [resume, missed, ...lefts()], ids: events.map(({ id }) => id) };
}

async function publishLefts(to, lefts) {
  for (const left of lefts) await publish(to, { type: 'stock_changed', sku: 'resume', left });
}

await publishLefts(base, [1, 2, 3]);
const url = `${base}/events/inventory`;
const newer = await comeBack(url, { 'last-event-id': whole.events.at(-2).id }, 3); // the last text
checkEqual('by header: what came since, once', newer.told, ['exact', 0, 1, 2, 3]);
const query = `${url}?last_event_id=${newer.ids[1]}`;
checkEqual('by query parameter as well', (await comeBack(query, {}, 3)).told, ['exact', 0, 2, 3]);
const both = await comeBack(query, { 'last-event-id': newer.ids[2] }, 3);
checkEqual('the header is the newer of the two', both.told, ['exact', 0, 3]);

const now = await comeBack(`${short}/events/inventory`, {});
await publishLefts(short, [1, 2, 3, 4, 5, 6, 7]);
const late = await comeBack(`${short}/events/inventory`, { 'last-event-id': now.ids[0] }, 7);
checkEqual('a gap has its number, and what is kept comes', late.told, ['gap', 4, 5, 6, 7]);

const words = ['漢字', '👍🏽', '"quoted"', 'back\\slash', 'שלום'];
const answer = await fetch(`${base}/complete`, { method: 'POST', body: words.join('  ') });
const complete = reader();
for await (const bytes of answer.body) complete.feed(bytes);
const deltas = complete.events.filter(({ event }) => event === 'delta');
checkEqual('the words come back', deltas.map(({ data }) => JSON.parse(data)), words);
checkEqual('then the end', complete.events.slice(-2).map(({ event }) => event), ['done', 'sse.bye']);
check('with an id that means the end', /^evt_terminal0{16}$/.test(complete.events.at(-2).id));
