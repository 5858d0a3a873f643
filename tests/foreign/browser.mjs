// The page of the demo in headless Chromium, for the scripts that read it.

import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { until } from './checks.mjs';

const [demoPath, executablePath] = process.argv.slice(2);
const ARGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];
const DESKTOP = { viewport: { width: 1200, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const FOLDER = mkdtempSync(join(tmpdir(), 'demo-page-'));

process.on('SIGTERM', () => process.exit(1)); // so that what was started ends as well

export const browser = await chromium.launch({ executablePath, args: ARGS });
export const newDesktop = () => browser.newPage(DESKTOP);
export const newPhone = () => browser.newPage(PHONE);

/** Starts the demo, and gives it back once it listens. */
export async function startDemo(listen, ...more) {
  const child = spawn(demoPath, ['--listen', listen, ...more], { stdio: ['ignore', 'ignore', 'pipe'] });
  process.on('exit', () => child.kill('SIGKILL'));
  let log = '';
  child.stderr.on('data', (text) => { log += text; });
  const address = () => /listening on http:\/\/(\S+)/.exec(log)?.[1];
  if (!(await until(address))) throw new Error(`the demo does not listen: ${log}`);
  return { child, address: address() };
}

/** What the page must not do, gathered. */
export function watch(page) {
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

export const text = (page, id) => page.locator(`#${id}`).textContent();
export const becomes = (page, id, expected) => until(async () => (await text(page, id)) === expected);

/** Keeps every text that an element has from now on. Whoever looks now and then misses some. */
export const record = (page, id) => page.evaluate((id) => {
  const element = document.getElementById(id);
  window.__texts = [];
  new MutationObserver(() => window.__texts.push(element.textContent)).observe(
    element,
    { childList: true, characterData: true, subtree: true },
  );
}, id);
/** Whether one of the texts that were kept fits. */
export const hadText = async (page, pattern) =>
  (await page.evaluate(() => window.__texts)).some((text) => pattern.test(text));

export const points = async (page) => Number(await page.locator('#chart').getAttribute('data-points'));
export const rowOf = (page, sku) => page.evaluate(
  (wanted) => [...document.querySelectorAll('#inventory tr')]
    .filter((row) => row.cells[0].textContent === wanted)
    .map((row) => [...row.cells].slice(0, 3).map((cell) => cell.textContent)),
  sku,
);

/** A picture of the page, for whoever wants to see it. */
export async function picture(page, name) {
  await page.evaluate(() => scrollTo(0, 0));
  const path = join(FOLDER, `${name}.png`);
  await page.screenshot({ path, fullPage: name.startsWith('phone') });
  console.log(`picture: ${path}`);
}
