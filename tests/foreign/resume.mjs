// Reads with the package `eventsource` a stream that is cut: it comes back by itself.

import { EventSource } from 'eventsource';
import { check, checkEqual, isPosition, publish, until } from './checks.mjs';
import { startProxy } from './proxy.mjs';

const [base, short] = process.argv.slice(2); // the second keeps three events

/** A reader of stock events, and everything that it was told. */
function read(url) {
  const stream = new EventSource(url);
  const seen = { lefts: [], opens: [], ids: [], isAway: false, stream };
  stream.addEventListener('sse.open', (event) => {
    seen.opens.push(JSON.parse(event.data));
    seen.ids.push(event.lastEventId);
    seen.isAway = false;
  });
  stream.addEventListener('stock_changed', (event) => {
    seen.lefts.push(JSON.parse(event.data).left);
    seen.ids.push(event.lastEventId);
  });
  stream.addEventListener('error', () => { seen.isAway = true; });
  return seen;
}

async function stock(to, from, last) {
  for (let left = from; left <= last; left += 1) await publish(to, { type: 'stock_changed', sku: 'cut', left });
}

/** Publishes while the reader is away, and one event once it is back. */
async function whileAway(to, proxy, seen, from, last) {
  const opens = seen.opens.length;
  proxy.cut();
  check('a reader notices that it was cut', await until(() => seen.isAway));
  await stock(to, from, last - 1);
  proxy.mend();
  check('it comes back by itself', await until(() => seen.opens.length > opens));
  await stock(to, last, last);
  await until(() => seen.lefts.at(-1) === last);
}

const numbers = (from, last) => Array.from({ length: last - from + 1 }, (_, i) => from + i);
const resumes = ({ opens }) => opens.map(({ resume, missed }) => [resume, missed]);

for (const path of ['/events/inventory', '/events/all']) {
  const proxy = await startProxy(new URL(base).host);
  const seen = read(`http://${proxy.address}${path}`);
  await until(() => seen.opens.length > 0);
  await stock(base, 1, 3);
  await until(() => seen.lefts.length >= 3);
  await whileAway(base, proxy, seen, 4, 9);
  await whileAway(base, proxy, seen, 10, 12);
  checkEqual(`${path}: cut twice, nothing lost, nothing twice`, seen.lefts, numbers(1, 12));
  checkEqual(`${path}: and told so`, resumes(seen), [['fresh', 0], ['exact', 0], ['exact', 0]]);
  const channels = path === '/events/all' ? 2 : 1;
  check(`${path}: each id is a position`, seen.ids.every((id) => isPosition(id, channels)), seen.ids);
  seen.stream.close();
}

const proxy = await startProxy(new URL(short).host);
const seen = read(`http://${proxy.address}/events/all`);
await until(() => seen.opens.length > 0);
await stock(short, 1, 1);
await until(() => seen.lefts.length > 0);
await whileAway(short, proxy, seen, 2, 9); // seven while it is away, of which three are kept
checkEqual('a gap has its number', resumes(seen), [['fresh', 0], ['gap', 4]]);
const gaps = seen.opens[1]?.channels?.map(({ sources, resume, missed }) => [sources, resume, missed]);
checkEqual('and its channel', gaps, [[['inventory'], 'gap', 4], [['host'], 'exact', 0]]);
checkEqual('what is kept comes, in order', seen.lefts, [1, ...numbers(6, 9)]);
seen.stream.close();
