// Reads with a browser: the page of the demo in headless Chromium.
// Usage: node page.mjs DEMO CHROMIUM, the two programs.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { check, checkEqual, publish, until } from './checks.mjs';

const [demoPath, executablePath] = process.argv.slice(2);
const MARKUP = '<img src=x onerror="window.__forged=1">';
const ARGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

process.on('SIGTERM', () => process.exit(1)); // so that what was started ends as well

/** Starts the demo, and gives it back once it listens. */
async function startDemo(listen) {
  const child = spawn(demoPath, ['--listen', listen], { stdio: ['ignore', 'ignore', 'pipe'] });
  process.on('exit', () => child.kill('SIGKILL'));
  let log = '';
  child.stderr.on('data', (text) => { log += text; });
  const address = () => /listening on http:\/\/(\S+)/.exec(log)?.[1];
  if (!(await until(address))) throw new Error(`the demo does not listen: ${log}`);
  return { child, address: address() };
}

/** What the page must not do, gathered. */
function watch(page) {
  const seen = { faults: [], streams: [], console: [] };
  page.on('pageerror', (error) => seen.faults.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) seen.faults.push(message.text());
    if (message.type() === 'error') seen.console.push(message.text());
  });
  page.on('request', (request) => {
    if (request.method() === 'GET' && request.url().includes('/events/')) seen.streams.push(request.url());
  });
  return seen;
}

const text = (page, id) => page.locator(`#${id}`).textContent();
const becomes = (page, id, expected) => until(async () => (await text(page, id)) === expected);
const rowOf = (page, sku) => page.evaluate(
  (wanted) => [...document.querySelectorAll('#inventory tr')]
    .filter((row) => row.cells[0].textContent === wanted)
    .map((row) => [...row.cells].slice(0, 3).map((cell) => cell.textContent)),
  sku,
);

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
  check('the id of the last event is shown', /^evt_\w{8,32}$/.test(await text(page, 'last-id')));

  const points = async () => Number(await page.locator('#chart').getAttribute('data-points'));
  check('the chart gets points', await until(async () => (await points()) >= 3), await points());
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
  await page.click('#complete [type=submit]');
  const partly = async () => /^one( two)?( |$)/.test(await text(page, 'complete-output'));
  check('words stream in', await until(partly));
  check('to their end', await becomes(page, 'complete-status', 'Done'), await text(page, 'complete-status'));
  checkEqual('all of them, in order', await text(page, 'complete-output'), words);

  await page.fill('#complete [name=prompt]', 'again '.repeat(500));
  await page.click('#complete [type=submit]');
  await until(async () => (await text(page, 'complete-output')).startsWith('again again'));
  await page.click('#complete-stop');
  check('and can be stopped', await becomes(page, 'complete-status', 'Stopped'), await text(page, 'complete-status'));
}

async function restart(page, demo) {
  demo.child.kill('SIGTERM');
  const asked = performance.now();
  const [code] = await once(demo.child, 'exit');
  const took = Math.round(performance.now() - asked);
  check(`the demo goes away when it is asked to (${took} ms)`, code === 0 && took < 2_000, { code, took });
  check('the page hears why', await becomes(page, 'bye', 'drain'), await text(page, 'bye'));
  check('and says that it reconnects', await becomes(page, 'state', 'reconnecting'), await text(page, 'state'));
  const again = await startDemo(demo.address);
  check('it is live again', await becomes(page, 'state', 'live'), await text(page, 'state'));
  const resume = await text(page, 'resume');
  check('and says that it could not resume', resume === 'reset', resume);
  checkEqual('the old id is forgotten', await text(page, 'last-id'), '\u2014');
  return again;
}

async function picture(page, folder, name) {
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: name === 'phone' });
}

const browser = await chromium.launch({ executablePath, args: ARGS });
let demo = await startDemo('127.0.0.1:0');
const base = `http://${demo.address}`;
const folder = mkdtempSync(join(tmpdir(), 'demo-page-'));
try {
  const desktop = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  const seen = watch(desktop);
  await readThePage(desktop, base, seen);
  await useThePage(desktop);

  const phone = await browser.newPage({
    viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true,
  });
  await phone.goto(`${base}/`);
  await becomes(phone, 'state', 'live');
  for (const [sku, left] of [['A-1', 7], [MARKUP, 1], ['a-very-long-stock-keeping-unit-'.repeat(8), 12]]) {
    await publish(base, { type: 'stock_changed', sku, left });
  }
  await publish(base, { type: 'sold_out', sku: 'desk-lamp' });
  await until(async () => Number(await phone.locator('#chart').getAttribute('data-points')) >= 3);
  const widths = await phone.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  check('a phone need not scroll sideways', widths[0] <= widths[1], widths);
  await picture(desktop, folder, 'desktop');
  await picture(phone, folder, 'phone');
  console.log(`pictures of the page: ${folder}`);
  await phone.close();

  checkEqual('the console is clean', seen.console, []);
  demo = await restart(desktop, demo);
  await picture(desktop, folder, 'desktop-reset');
  checkEqual('no error on the page, nothing against its policy', seen.faults, []);
} finally {
  await browser.close();
  demo.child.kill('SIGKILL');
}
