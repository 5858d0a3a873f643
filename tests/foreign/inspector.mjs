// Looks with a browser at the inspector of the demo, while readers come, lag and go.
// Usage: node inspector.mjs DEMO CHROMIUM, the two programs.

import { once } from 'node:events';
import { connect } from 'node:net';
import { browser, becomes, newDesktop, newPhone, picture, startDemo, text, watch } from './browser.mjs';
import { check, checkEqual, publish, until } from './checks.mjs';
import { startProxy } from './proxy.mjs';

/** A reader that takes what comes, until it leaves. */
async function read(base, path, id) {
  const stop = new AbortController();
  const { body } = await fetch(`${base}${path}`, { headers: { 'x-request-id': id }, signal: stop.signal });
  (async () => { for await (const _ of body); })().catch(() => {});
  return () => stop.abort();
}

/** A reader that takes nothing at all. */
async function stall(address, path, id) {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host);
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${address}\r\nX-Request-ID: ${id}\r\n\r\n`);
  return () => socket.destroy();
}

/** The cells of a row, as somebody reads them. */
const cells = (page, table, wanted) => page.evaluate(([id, part]) => {
  const row = [...document.querySelectorAll(`#${id} tbody tr`)].find(({ innerText }) => innerText.includes(part));
  return row && [...row.cells].map(({ innerText }) => innerText.trim());
}, [table, wanted]);
const becomesRow = (page, table, wanted, holds) => until(async () => {
  const found = await cells(page, table, wanted);
  return found !== undefined && holds(found);
});
const rows = (page, table) => page.locator(`#${table} tbody tr`).count();
const pointsOf = async (page, id) => Number(await page.locator(`#${id}`).getAttribute('data-points'));
const number = (shown) => Number(shown.replaceAll(',', ''));

/** Publishes so many events a second on average, until it is stopped. */
function publishSteadily(base, perSecond) {
  let [left, tick] = [0, 0];
  // Now more and now less, as it is in a shop.
  const timer = setInterval(() => {
    for (let more = Math.round(1 + Math.sin(tick++ / 60)); more > 0; more -= 1) {
      publish(base, { type: 'stock_changed', sku: `item-${left % 7}`, left: left++ }).catch(() => {});
    }
  }, 1000 / perSecond);
  return () => clearInterval(timer);
}

async function watchReaders(page, demo, base) {
  checkEqual('nobody listens yet', await text(page, 't-streams'), '0');
  check('both channels are there', await until(async () => (await rows(page, 'channels')) === 2));
  checkEqual('whoever looks is not among the streams', await rows(page, 'streams'), 0);

  const leave = [];
  for (const id of ['shop-window', 'till-3']) leave.push(await read(base, '/events/inventory', id));
  leave.push(await read(base, '/events/all', 'dashboard'));
  leave.push(await read(base, '/events/host', 'watchdog'));
  leave.push(publishSteadily(base, 20));
  check('each reader has a row', await until(async () => (await rows(page, 'streams')) === 4), await rows(page, 'streams'));
  check('that says that it is live, and where', await becomesRow(page, 'streams', 'shop-window', ([state, route, , at]) => state === 'live' && route.startsWith('/events/inventory') && number(at) > 0), await cells(page, 'streams', 'shop-window'));
  check('of each of its channels', await becomesRow(page, 'streams', 'dashboard', ([, , , at]) => /InventoryEvent [\d,]+\nHostEvent [\d,]+/.test(at)), await cells(page, 'streams', 'dashboard'));
  check('and how much it gets', await becomesRow(page, 'streams', 'till-3', (row) => Number.parseFloat(row[7]) > 5), await cells(page, 'streams', 'till-3'));
  check('a channel counts its readers', await becomesRow(page, 'channels', 'InventoryEvent', ([, readers, lag]) => readers === '3' && lag === '0'), await cells(page, 'channels', 'InventoryEvent'));
  const [, , , head] = await cells(page, 'channels', 'InventoryEvent');
  check('its head moves', await becomesRow(page, 'channels', 'InventoryEvent', (row) => number(row[3]) > number(head)), head);
  check('the totals are those of the rows', await becomes(page, 't-streams', '4'), await text(page, 't-streams'));
  const before = await pointsOf(page, 'c-published');
  check('a chart grows', await until(async () => (await pointsOf(page, 'c-published')) >= before + 3), before);
  check('and has a line', ((await page.locator('#c-published .line').getAttribute('d')) ?? '').split('L').length > 3);
  return leave;
}

async function lag(page, demo, base) {
  check('its charts fill', await until(async () => (await pointsOf(page, 'c-published')) >= 25));
  const leave = await stall(demo.address, '/events/inventory', 'sleeper');
  check('a reader that takes nothing has a row', await becomesRow(page, 'streams', 'sleeper', () => true));
  const sku = 'x'.repeat(60_000);
  const lags = ([, , , , behind]) => number(behind) > 10;
  let count = 0;
  const isBehind = await until(async () => {
    for (let i = 0; i < 20; i += 1) await publish(base, { type: 'stock_changed', sku, left: count++ });
    const found = await cells(page, 'streams', 'sleeper');
    return found !== undefined && lags(found);
  });
  check('and lags', isBehind, await cells(page, 'streams', 'sleeper'));
  check('as does its channel', await becomesRow(page, 'channels', 'InventoryEvent', (row) => number(row[2]) > 10), await cells(page, 'channels', 'InventoryEvent'));
  check('it stands first', await until(async () => (await page.locator('#streams tbody tr').first().innerText()).includes('sleeper')));
  check('and stands out', await until(async () => (await page.locator('#streams tbody tr').first().locator('.lags').count()) === 1));
  checkEqual('the others do not', await page.locator('#streams .lags').count(), 1);
  await picture(page, 'inspector');
  leave();
  check('once it is gone, so is its row', await until(async () => (await cells(page, 'streams', 'sleeper')) === undefined));
}

async function cut(page, proxy) {
  const [resumes, points] = [await page.evaluate(() => document.body.dataset.resume), await pointsOf(page, 'c-streams')];
  checkEqual('it began without a position', resumes, 'fresh');
  proxy.cut();
  check('the page says that it is cut off', await becomes(page, 'state', 'reconnecting'), await text(page, 'state'));
  proxy.mend();
  check('and is live again', await becomes(page, 'state', 'live'), await text(page, 'state'));
  check('it has resumed', await until(async () => (await page.evaluate(() => document.body.dataset.resume)) === 'exact'), await page.evaluate(() => document.body.dataset.resume));
  check('and its charts go on', await until(async () => (await pointsOf(page, 'c-streams')) > points), points);
  check('it says nothing more of it', await page.locator('#note').isHidden());
}

async function sort(page) {
  await page.click('#channels [data-sort=rate] button');
  const first = () => page.locator('#channels tbody tr').first().innerText();
  check('a click sorts', await until(async () => (await first()).includes('InventoryEvent')), await first());
  await page.click('#channels [data-sort=rate] button');
  check('and another one the other way', await until(async () => (await first()).includes('HostEvent')), await first());
}

const demo = await startDemo('127.0.0.1:0');
const base = `http://${demo.address}`;
try {
  const proxy = await startProxy(demo.address);
  const desktop = await newDesktop();
  const seen = watch(desktop);
  await desktop.goto(`http://${proxy.address}/inspector`);
  check('it is live', await becomes(desktop, 'state', 'live'), await text(desktop, 'state'));
  await becomes(desktop, 't-streams', '0');
  const leave = await watchReaders(desktop, demo, base);
  await cut(desktop, proxy);
  await lag(desktop, demo, base);
  await sort(desktop);

  const phone = await newPhone();
  await phone.emulateMedia({ colorScheme: 'dark' });
  await phone.goto(`${base}/inspector`);
  await becomes(phone, 't-streams', '4');
  check('a page that comes later has what was before', await until(async () => (await pointsOf(phone, 'c-published')) > 5), await pointsOf(phone, 'c-published'));
  check('both say that two look', await becomes(desktop, 'watchers', '2 look at this'), await text(desktop, 'watchers'));
  const widths = await phone.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  check('a phone need not scroll sideways', widths[0] <= widths[1], widths);
  await picture(phone, 'phone-inspector');

  leave.forEach((stop) => stop());
  check('when all have left nobody is there', await becomes(desktop, 't-streams', '0'), await text(desktop, 't-streams'));
  check('and the page says so', await desktop.locator('#streams + .empty').isVisible());
  checkEqual('no error on the page, nothing against its policy', seen.faults, []);
} finally {
  await browser.close();
  demo.child.kill('SIGKILL');
}
