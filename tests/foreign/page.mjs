// Reads with a browser: the page of the demo in headless Chromium.
// Usage: node page.mjs DEMO CHROMIUM, the two programs.

import {
  browser, becomes, hadText, newDesktop, newPhone, picture, points, record, rowOf, startDemo, text, watch,
} from './browser.mjs';
import { check, checkEqual, isPosition, publish, until } from './checks.mjs';

const MARKUP = '<img src=x onerror="window.__forged=1">';

async function readThePage(page, base, seen) {
  await page.goto(`${base}/`);
  check('the state becomes live', await becomes(page, 'state', 'live'), await text(page, 'state'));
  checkEqual('the first stream is fresh', await text(page, 'resume'), 'fresh');
  checkEqual('both sources are on it', await text(page, 'sources'), 'inventory, host');

  await publish(base, { type: 'stock_changed', sku: 'A-1', left: 7 });
  check('a published stock is a row', await until(async () => (await rowOf(page, 'A-1')).length === 1));
  checkEqual('with its number', await rowOf(page, 'A-1'), [['A-1', '7', '']]);
  await publish(base, { type: 'sold_out', sku: 'A-1' });
  const soldOut = async () => (await rowOf(page, 'A-1'))[0]?.[2] === 'Sold out';
  check('what is sold out says so, in the same row', await until(soldOut), await rowOf(page, 'A-1'));

  await publish(base, { type: 'stock_changed', sku: MARKUP, left: 1 });
  check('markup is a row of text', await until(async () => (await rowOf(page, MARKUP)).length === 1));
  await publish(base, { type: 'notice', text: MARKUP });
  check('markup is a notice of text', await becomes(page, 'notice', MARKUP), await text(page, 'notice'));
  checkEqual('no element came of it', await page.locator('img').count(), 0);
  checkEqual('no script came of it', await page.evaluate(() => typeof window.__forged), 'undefined');
  check('the id of the last event is shown', isPosition(await text(page, 'last-id'), 2));
  check('the chart gets points', await until(async () => (await points(page)) >= 3), await points(page));
  checkEqual('one stream feeds the page', seen.streams, [`${base}/events/all`]);
}

async function useThePage(page) {
  await page.fill('#publish [name=sku]', 'from the form');
  await page.fill('#publish [name=left]', '42');
  await page.click('#publish [type=submit]');
  check('the form publishes', await becomes(page, 'publish-result', 'Published'), await text(page, 'publish-result'));
  const row = await until(async () => (await rowOf(page, 'from the form'))[0]?.[1] === '42');
  check('and its event comes back', row);

  const words = `one two ${MARKUP} \u6f22\u5b57 \u{1f44d} six seven`;
  await page.fill('#complete [name=prompt]', words);
  await record(page, 'complete-output');
  await page.click('#complete [type=submit]');
  check('words stream to their end', await becomes(page, 'complete-status', 'Done'), await text(page, 'complete-status'));
  check('one after the other', await hadText(page, /^one( two)? ?$/));
  checkEqual('all of them, in order', await text(page, 'complete-output'), words);

  await page.fill('#complete [name=prompt]', 'again '.repeat(500));
  await page.click('#complete [type=submit]');
  await until(async () => (await text(page, 'complete-output')).startsWith('again again'));
  await page.click('#complete-stop');
  check('and can be stopped', await becomes(page, 'complete-status', 'Stopped'), await text(page, 'complete-status'));
}

const demo = await startDemo('127.0.0.1:0');
const base = `http://${demo.address}`;
try {
  const desktop = await newDesktop();
  const seen = watch(desktop);
  await readThePage(desktop, base, seen);
  await useThePage(desktop);

  const phone = await newPhone();
  await phone.goto(`${base}/`);
  await becomes(phone, 'state', 'live');
  for (const [sku, left] of [['A-1', 7], [MARKUP, 1], ['a-very-long-stock-keeping-unit-'.repeat(8), 12]]) {
    await publish(base, { type: 'stock_changed', sku, left });
  }
  await publish(base, { type: 'sold_out', sku: 'desk-lamp' });
  await until(async () => (await points(phone)) >= 3);
  const widths = await phone.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  check('a phone need not scroll sideways', widths[0] <= widths[1], widths);
  await picture(desktop, 'desktop');
  await picture(phone, 'phone');
  checkEqual('the console is clean', seen.console, []);
  checkEqual('no error on the page, nothing against its policy', seen.faults, []);
} finally {
  await browser.close();
  demo.child.kill('SIGKILL');
}
