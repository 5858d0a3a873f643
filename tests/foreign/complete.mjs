// Reads with a browser an answer that comes token by token: the page of the example `complete`.
// Usage: node complete.mjs COMPLETE CHROMIUM, the two programs.

import { browser, becomes, hadText, newDesktop, record, startDemo, text, watch } from './browser.mjs';
import { check, checkEqual, until } from './checks.mjs';

const MARKUP = '<img src=x onerror="window.__forged=1">';

async function ask(page, prompt) {
  await page.fill('[name=prompt]', prompt);
  await page.click('#question button');
}

async function endsAs(page, name, expected) {
  check(name, await becomes(page, 'end', expected), await text(page, 'end'));
}

const server = await startDemo('127.0.0.1:0');
try {
  const page = await newDesktop();
  const seen = watch(page);
  await page.goto(`http://${server.address}/`);

  const words = `one two ${MARKUP} \u6f22\u5b57 \u{1f44d} seven`;
  await record(page, 'answer');
  await ask(page, words);
  await endsAs(page, 'tokens come to their end', 'Done, 8 tokens');
  check('one after the other', await hadText(page, /^one( two)?$/));
  checkEqual('all of them, in order', await text(page, 'answer'), words);
  checkEqual('no element came of it', await page.locator('img').count(), 0);
  checkEqual('no script came of it', await page.evaluate(() => typeof window.__forged), 'undefined');

  await ask(page, 'again '.repeat(500));
  await until(async () => (await text(page, 'answer')).startsWith('again again'));
  await page.click('#stop');
  await endsAs(page, 'an answer can be stopped', 'Stopped');

  await ask(page, 'do not unplug me');
  await endsAs(page, 'one that breaks off says so', 'Incomplete: error');
  checkEqual('and keeps what came', await text(page, 'answer'), 'do not');
  checkEqual('the console is clean so far', seen.console, []);

  await ask(page, ' ');
  await endsAs(page, 'what is wrong before the first token is a status', 'Incomplete: 422: say something');

  await ask(page, 'again '.repeat(500));
  await until(async () => (await text(page, 'answer')).startsWith('again again'));
  server.child.kill('SIGKILL');
  const isCut = async () => /^Incomplete: /.test(await text(page, 'end'));
  check('one whose server is killed is incomplete', await until(isCut), await text(page, 'end'));
  checkEqual('no error on the page, nothing against its policy', seen.faults, []);
} finally {
  await browser.close();
  server.child.kill('SIGKILL');
}
