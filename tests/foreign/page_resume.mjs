// Reads with a browser a stream that is cut, stopped up, and whose server is started anew:
// what the page says of it, and what an `EventSource` beside it gets.
// Usage: node page_resume.mjs DEMO CHROMIUM, the two programs.

import { once } from 'node:events';
import { browser, becomes, newDesktop, newPhone, picture, points, rowOf, startDemo, text, watch } from './browser.mjs';
import { check, checkEqual, isPosition, publish, until } from './checks.mjs';
import { startProxy } from './proxy.mjs';

const KEPT = 5;

/** A reader of its own in the page, and everything that it was told. */
const listen = (page) => page.evaluate(() => {
  const stream = new EventSource('/events/inventory');
  window.reader = { opens: [], lefts: [] };
  stream.addEventListener('sse.open', ({ data }) => window.reader.opens.push(JSON.parse(data)));
  stream.addEventListener('stock_changed', ({ data }) => window.reader.lefts.push(JSON.parse(data).left));
});
const reader = (page) => page.evaluate(() => window.reader);
const becomesTold = (page, count) => until(async () => (await reader(page)).opens.length >= count);
const becomesLast = (page, left) => until(async () => (await reader(page)).lefts.at(-1) === left);
const numbers = (from, last) => Array.from({ length: last - from + 1 }, (_, i) => from + i);

async function stock(base, from, last, sku = (left) => `item-${left}`) {
  for (let left = from; left <= last; left += 1) {
    await publish(base, { type: 'stock_changed', sku: sku(left), left });
  }
}

/** Cuts the pages off, publishes, and lets them come back. */
async function whileAway(pages, proxy, base, from, last) {
  proxy.cut();
  for (const page of pages) check('the page says that it reconnects', await becomes(page, 'state', 'reconnecting'));
  await stock(base, from, last);
  proxy.mend();
  for (const page of pages) check('and is live again', await becomes(page, 'state', 'live'));
}

async function gap(desktop, phone, proxy, base) {
  await stock(base, 1, 3);
  await becomesLast(desktop, 3);
  await whileAway([desktop, phone], proxy, base, 4, 15);
  for (const page of [desktop, phone]) {
    check('more than is kept was published: it says how much is gone', await becomes(page, 'gap-title', '7 events missed'), await text(page, 'gap-title'));
    checkEqual('as the outcome too', [await text(page, 'resume'), await text(page, 'missed')], ['gap', '7']);
    check('and of which channel', (await text(page, 'gap-parts')).includes('inventory: gap, 7 missed'), await text(page, 'gap-parts'));
  }
  check('what is kept comes', await until(async () => (await rowOf(desktop, 'item-15')).length === 1));
  checkEqual('what is gone does not', await rowOf(desktop, 'item-10'), []);
  await becomesTold(desktop, 2);
  await becomesLast(desktop, 15);
  const { opens, lefts } = await reader(desktop);
  checkEqual('an EventSource hears the same', [opens[1].resume, opens[1].missed], ['gap', 7]);
  checkEqual('and gets each event once', lefts, [1, 2, 3, ...numbers(11, 15)]);
  await picture(desktop, 'desktop-gap');
  await picture(phone, 'phone-gap');
}

async function exact(desktop, phone, proxy, base) {
  await desktop.click('#gap-dismiss');
  const before = await text(desktop, 'last-id');
  await publish(base, { type: 'notice', text: 'Delivery at noon' });
  await becomes(desktop, 'notice', 'Delivery at noon');
  await whileAway([desktop, phone], proxy, base, 16, 20);
  check('no more than is kept: it resumes exactly', await becomes(desktop, 'resume', 'exact'), await text(desktop, 'resume'));
  check('nothing is said to be gone', await desktop.locator('#gap').isHidden());
  check('what a page has lost before is not forgotten', await phone.locator('#gap').isVisible());
  await becomesTold(desktop, 3);
  await becomesLast(desktop, 20);
  const { opens, lefts } = await reader(desktop);
  checkEqual('so does an EventSource', [opens[2].resume, opens[2].missed], ['exact', 0]);
  checkEqual('with each event once', lefts.slice(8), numbers(16, 20));
  const after = await text(desktop, 'last-id');
  check('the id moves with the events', isPosition(after, 2) && after !== before, [before, after]);
}

/** Many large events, and a reader that takes none of them: more than all buffers on the way hold. */
async function behind(page, proxy, base) {
  const [count, sku] = [800, 'x'.repeat(60_000)];
  const before = (await reader(page)).lefts.length;
  proxy.stop();
  await stock(base, 1_001, 1_000 + count, () => sku);
  proxy.open();
  check('a page that falls behind is told on the same stream', await becomes(page, 'resume', 'gap'), await text(page, 'resume'));
  await becomesLast(page, 1_000 + count);
  const { opens, lefts } = await reader(page);
  const missed = opens.slice(3).reduce((sum, open) => sum + open.missed, 0);
  check('the number is right', missed > 0 && missed + lefts.length - before === count, { missed, lefts: lefts.length });
  check('in order, once', lefts.slice(before).every((left, i, all) => i === 0 || left > all[i - 1]));
  check('the page says why', (await text(page, 'gap-text')).startsWith('Published faster than this page could read'));
  checkEqual('and has stayed live', await text(page, 'state'), 'live');
  await picture(page, 'desktop-behind');
}

async function restart(desktop, phone, demo) {
  const old = await text(desktop, 'last-id');
  demo.child.kill('SIGTERM');
  const asked = performance.now();
  const [code] = await once(demo.child, 'exit');
  const took = Math.round(performance.now() - asked);
  check(`the demo goes away when it is asked to (${took} ms)`, code === 0 && took < 2_000, { code, took });
  check('the page hears why', await becomes(desktop, 'bye', 'drain'), await text(desktop, 'bye'));
  check('and says that it reconnects', await becomes(desktop, 'state', 'reconnecting'), await text(desktop, 'state'));
  const again = await startDemo(demo.address);
  for (const page of [desktop, phone]) {
    check('it is live again', await becomes(page, 'state', 'live'), await text(page, 'state'));
    check('and says that it could not resume', await becomes(page, 'gap-title', 'Could not resume: reset (epoch)'), await text(page, 'gap-title'));
    checkEqual('as the outcome too', await text(page, 'resume'), 'reset');
  }
  const id = await text(desktop, 'last-id');
  check('it stands in the new history', isPosition(id, 2) && id !== old, { old, id });
  await stock(`http://${again.address}`, 2_001, 2_001);
  check('and goes on', await until(async () => (await rowOf(desktop, 'item-2001')).length === 1));
  await picture(desktop, 'desktop-reset');
  await picture(phone, 'phone-reset');
  return again;
}

let demo = await startDemo('127.0.0.1:0', '--history', String(KEPT));
try {
  const proxy = await startProxy(demo.address);
  const base = `http://${demo.address}`;
  const [desktop, phone] = [await newDesktop(), await newPhone()];
  const seen = watch(desktop);
  for (const page of [desktop, phone]) {
    await page.goto(`http://${proxy.address}/`);
    await becomes(page, 'state', 'live');
    await until(async () => (await points(page)) >= 2);
  }
  await listen(desktop);
  await becomesTold(desktop, 1);
  await gap(desktop, phone, proxy, base);
  await exact(desktop, phone, proxy, base);
  await behind(desktop, proxy, base);
  demo = await restart(desktop, phone, demo);
  checkEqual('no error on the page, nothing against its policy', seen.faults, []);
} finally {
  await browser.close();
  demo.child.kill('SIGKILL');
}
