// What the readers in JavaScript have in common.

import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

const PATIENCE_MS = 30_000;

/** Texts that break a stream whose frames are written carelessly. */
export const texts = JSON.parse(readFileSync(new URL('texts.json', import.meta.url), 'utf8'))
  .map((text) => (typeof text === 'string' ? text : text.repeat.repeat(text.times)));

/** Whether an id is a position in so many channels. */
export const isPosition = (id, channels = 1) =>
  /^evt_([0-9A-Za-z]{24})+$/.test(id) && id.length === 'evt_'.length + 24 * channels;

/** Prints the line that `run.sh` counts. */
export function check(name, holds, found) {
  if (holds) console.log(`ok ${name}`);
  else console.log(`FAILED ${name}${found === undefined ? '' : `: ${show(found)}`}`);
  if (!holds) process.exitCode = 1;
  return holds;
}

export function checkEqual(name, found, expected) {
  return check(name, isDeepStrictEqual(found, expected), { found, expected });
}

/** The texts that arrived, against those that were sent: same ones, same order, no more. */
export function checkTexts(name, found) {
  const at = texts.findIndex((text, i) => found[i] !== text);
  const wrong = at < 0 ? found.length : at;
  check(name, at < 0 && found.length === texts.length, {
    arrived: found.length, sent: texts.length, firstWrong: wrong, found: found[wrong], expected: texts[wrong],
  });
}

const show = (value) => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
};

export async function publish(base, event) {
  const response = await fetch(`${base}/events/inventory`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  });
  if (response.status !== 204) throw new Error(`not published: ${response.status}`);
}

/** All texts, one after the other; the place of each goes with it. */
export async function publishTexts(base) {
  for (const [left, sku] of texts.entries()) await publish(base, { type: 'stock_changed', sku, left });
}

/** Waits until the condition holds, and says whether it did in time. */
export async function until(condition) {
  const end = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
