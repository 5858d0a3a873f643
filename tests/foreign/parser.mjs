// Reads with the package `eventsource-parser`, as it comes and in pieces of one byte.

import { createParser } from 'eventsource-parser';
import { check, checkEqual, checkTexts, isId, publish, publishTexts, texts, until } from './checks.mjs';

const base = process.argv[2];

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
checkEqual('a position without a log is told', [open.resume, open.reason], ['reset', 'no_log']);
checkEqual('and forgotten', whole.events[0].id, '');
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
  check(`${name}: each id has the default form`, stock.every(({ id }) => isId(id)));
  checkEqual(`${name}: an ephemeral event has none`, [events.at(-1).event, events.at(-1).id], ['notice', undefined]);
  checkEqual(`${name}: the parser complains about nothing`, faults, []);
}

const words = ['漢字', '👍🏽', '"quoted"', 'back\\slash', 'שלום'];
const answer = await fetch(`${base}/complete`, { method: 'POST', body: words.join('  ') });
const complete = reader();
for await (const bytes of answer.body) complete.feed(bytes);
const deltas = complete.events.filter(({ event }) => event === 'delta');
checkEqual('the words come back', deltas.map(({ data }) => JSON.parse(data)), words);
checkEqual('then the end', complete.events.slice(-2).map(({ event }) => event), ['done', 'sse.bye']);
check('with an id that means the end', /^evt_terminal0{16}$/.test(complete.events.at(-2).id));
