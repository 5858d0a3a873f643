// Everything received is untrusted text: it reaches the page only as text nodes and attribute
// values, never as markup.

import { detailOf, lossOf } from './loss.js';

const MAX_ROWS = 500;
const MAX_LOG = 50;
const NOTICE_MS = 6_000;
const WINDOW_MS = 120_000;
const GAP_MS = 3_000; // longer silence between two readings breaks the line
const MIN_STEP_MS = 900; // readings come each second; closer ones were replayed in a burst

const $ = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const now = () => clock.format(new Date());

function element(tag, text = '', className = '') {
  return Object.assign(document.createElement(tag), { textContent: text, className });
}

// For texts that may be cut: the whole one is in the title.
function setText(id, text) {
  Object.assign($(id), { textContent: text, title: text });
}

function note(text) {
  const entry = element('li', text);
  entry.prepend(element('time', now()), ' ');
  $('log').prepend(entry);
  if ($('log').childElementCount > MAX_LOG) $('log').lastElementChild.remove();
}

function logBadData(type, error, data) {
  const shown = data.length > 200 ? `${data.slice(0, 200)}… (${data.length} characters)` : data;
  note(`${type}: ${error.message} — data: ${shown}`);
}

// ---- Connection -------------------------------------------------------------------------------

const stream = new EventSource('/events/all');
let received = 0;
let isBack = false; // connected, and not yet told what became of the position
const lost = { count: 0, isKnown: true };

function setState(state) {
  if ($('state').textContent !== state) $('state').textContent = state; // announced once
  $('state').dataset.state = state;
  $('reload').hidden = state !== 'closed';
}

// Bad data ends up in the log and harms nothing else.
function on(type, handle, { hasId = false } = {}) {
  stream.addEventListener(type, (event) => {
    received += 1;
    $('events').textContent = String(received);
    $('last-event').textContent = now();
    // An event without an id repeats the id before it, so it says nothing about its own place.
    if (hasId) showId(event.lastEventId);
    try {
      handle(JSON.parse(event.data));
    } catch (error) {
      logBadData(type, error, event.data);
    }
  });
}

// A line for the position in each channel, where there is not room for all of them on one.
function showId(id) {
  const [first = '—', ...more] = id.match(/^evt_.{1,24}|.{1,24}/gs) ?? [];
  $('last-id').replaceChildren(first, ...more.flatMap((part) => [element('wbr'), part]));
  $('last-id').title = id;
}

// The first frame of a connection. It comes again when this page falls behind.
function showOpen(open) {
  setState('live');
  setText('resume', String(open.resume));
  setText('resume-detail', detailOf(open));
  $('resume').dataset.resume = open.resume;
  setText('request-id', String(open.request_id ?? '—'));
  setText('sources', Array.isArray(open.sources) ? open.sources.join(', ') : '—');
  setText('heartbeat', Number.isFinite(open.heartbeat_ms) ? `${open.heartbeat_ms / 1000} s` : '—');
  const loss = lossOf(open, isBack);
  isBack = false;
  if (loss) showLoss(loss);
  else if (open.resume === 'exact') note('Resumed: nothing was missed.');
}

// It stays until somebody has seen it: that a later connection lost nothing mends nothing.
function showLoss(loss) {
  lost.count += loss.missed;
  lost.isKnown &&= loss.isKnown;
  const known = lost.count > 0 ? `at least ${lost.count}` : 'unknown';
  setText('missed', lost.isKnown ? String(lost.count) : known);
  $('gap-title').textContent = loss.title;
  $('gap-time').textContent = now();
  $('gap-text').textContent = loss.text;
  $('gap-parts').replaceChildren(...loss.parts.map(({ text, isLoss }) => element('li', text, isLoss ? 'lost' : '')));
  $('gap').hidden = false;
  note([loss.title, ...loss.parts.map(({ text }) => text)].join(' — '));
}

function showBye({ reason }) {
  setText('bye', String(reason));
  $('bye-time').textContent = now();
  note(`The server ended the stream: ${reason}`);
  setState('reconnecting'); // this was the last frame: EventSource now comes back by itself
}

on('sse.open', showOpen, { hasId: true }); // where the page stands from now on
on('sse.bye', showBye);
on('notice', ({ text }) => showNotice(String(text)));
on('reading', addReading, { hasId: true });
on('stock_changed', ({ sku, left }) => updateRow(sku, left, false), { hasId: true });
on('sold_out', ({ sku }) => updateRow(sku, 0, true), { hasId: true });
stream.addEventListener('open', () => {
  isBack = true;
  setState('live');
});
stream.addEventListener('error', () => {
  if ($('state').dataset.state === 'live') note('The connection was lost.');
  setState(stream.readyState === EventSource.CLOSED ? 'closed' : 'reconnecting');
});
$('gap-dismiss').addEventListener('click', () => { $('gap').hidden = true; });

// ---- Inventory and notice ---------------------------------------------------------------------

const rows = new Map(); // sku to row, the one updated longest ago first
let noticeTimer = 0;

function newRow(sku) {
  const row = element('tr');
  for (const name of ['sku', 'left', 'status', 'time']) row.append(element('td', '', name));
  row.dataset.sku = sku;
  Object.assign(row.cells[0], { textContent: sku, title: sku });
  $('inventory').prepend(row); // known rows stay where they are, so the table does not jump about
  return row;
}

function updateRow(sku, left, soldOut) {
  if (typeof sku !== 'string' || !Number.isInteger(left)) throw new TypeError('sku or left is missing');
  const row = rows.get(sku) ?? newRow(sku);
  row.cells[1].textContent = String(left);
  row.cells[2].replaceChildren(...(soldOut ? [element('span', 'Sold out', 'badge')] : []));
  row.cells[3].textContent = now();
  row.dataset.flash = row.dataset.flash === 'a' ? 'b' : 'a';
  rows.delete(sku); // set anew, to become the last of the map
  rows.set(sku, row);
  if (rows.size > MAX_ROWS) {
    const [oldest, oldestRow] = rows.entries().next().value;
    oldestRow.remove();
    rows.delete(oldest);
  }
  $('inventory-count').textContent = rows.size === 1 ? '1 row' : `${rows.size} rows`;
  $('inventory-empty').hidden = true;
}

function showNotice(text) {
  $('notice').textContent = text;
  $('notice').hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { $('notice').hidden = true; }, NOTICE_MS);
}

// ---- Host -------------------------------------------------------------------------------------

const samples = []; // { ...reading, mean, at }, oldest first
let points = 0;
let drawPending = false;

function addReading(reading) {
  const mean = reading.cores.reduce((sum, load) => sum + load, 0) / reading.cores.length;
  const at = performance.now();
  // Readings carry no time. After a reconnect the missed ones come all at once: those already
  // placed move back, to leave each its second.
  for (let i = samples.length - 1, latest = at - MIN_STEP_MS; samples[i]?.at > latest; i -= 1) {
    samples[i].at = latest;
    latest -= MIN_STEP_MS;
  }
  samples.push({ ...reading, mean, at });
  while (samples[0].at < at - WINDOW_MS) samples.shift();
  points += 1;
  $('chart').dataset.points = String(points);
  showFigures(reading, mean);
  scheduleDraw();
}

function bytes(value) {
  if (!Number.isFinite(value)) return '—';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1024;
  return `${value.toFixed(unit === 0 || value >= 100 ? 0 : 1)} ${units[unit]}`;
}

function showFigures(reading, mean) {
  for (const figure of document.querySelectorAll('[data-figure]')) {
    figure.textContent = bytes(reading[figure.dataset.figure]) + (figure.dataset.per ?? '');
  }
  const { cores } = reading;
  const named = cores.length <= 16; // beyond that the mean says more than a wall of names
  $('legend').replaceChildren(
    legendItem(named ? 'mean' : `mean of ${cores.length} cores`, mean, 'var(--ink)'),
    ...(named ? cores.map((load, i) => legendItem(`core ${i}`, load, coreColor(i, cores.length))) : []),
  );
}

function legendItem(name, load, color) {
  const item = element('li');
  const swatch = element('i');
  swatch.style.background = color;
  item.append(swatch, name, element('b', Number.isFinite(load) ? `${Math.round(load)} %` : '—'));
  return item;
}

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const coreColor = (i, count) =>
  `oklch(${css('--core-light')} 0.13 ${Math.round(165 + (190 * i) / Math.max(count - 1, 1))})`;

function scheduleDraw() {
  if (!drawPending) requestAnimationFrame(draw);
  drawPending = true;
}

function draw() {
  drawPending = false;
  drawChart();
  for (const canvas of document.querySelectorAll('.spark')) drawSpark(canvas);
}

// A context in CSS pixels, its backing store fitted to the size and density of the screen.
function prepare(canvas) {
  const { clientWidth: w, clientHeight: h } = canvas;
  const [width, height] = [w, h].map((side) => Math.round(side * devicePixelRatio));
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const ctx = canvas.getContext('2d');
  ctx.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  ctx.clearRect(0, 0, w, h);
  ctx.lineJoin = 'round';
  ctx.lineCap = 'round';
  return { ctx, w, h };
}

function drawChart() {
  const { ctx, w, h } = prepare($('chart'));
  const box = { x: 2, y: 2, w: w - 4, h: h - 4 };
  ctx.fillStyle = css('--rule');
  for (const part of [0, 0.25, 0.5, 0.75, 1]) ctx.fillRect(0, box.y + Math.round(box.h * part) - 0.5, w, 1);
  const count = samples.at(-1)?.cores.length ?? 0;
  ctx.globalAlpha = count > 16 ? 0.45 : 0.85;
  for (let i = 0; i < count; i += 1) drawLine(ctx, box, (s) => s.cores[i], 100, coreColor(i, count), 1.25);
  ctx.globalAlpha = 1;
  drawLine(ctx, box, (s) => s.mean, 100, css('--ink'), 2);
}

function drawSpark(canvas) {
  const { ctx, w, h } = prepare(canvas);
  const box = { x: 2, y: 2, w: w - 4, h: h - 4 };
  const keys = canvas.dataset.keys.split(' ');
  const scaledBy = canvas.dataset.max?.split(' ') ?? keys;
  const top = Math.max(1, ...scaledBy.flatMap((key) => samples.map((s) => s[key] || 0)));
  const colors = [css('--accent'), css('--second')];
  keys.forEach((key, i) => drawLine(ctx, box, (s) => s[key], top, colors[i], 1.5));
}

function drawLine(ctx, box, pick, max, color, width) {
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  ctx.beginPath();
  let before = -Infinity;
  for (const sample of samples) {
    const value = pick(sample);
    if (!Number.isFinite(value)) continue;
    const x = box.x + box.w * (1 - (samples.at(-1).at - sample.at) / WINDOW_MS);
    const y = box.y + box.h * (1 - Math.min(Math.max(value / max, 0), 1));
    if (sample.at - before > GAP_MS) ctx.moveTo(x - 0.5, y); // a little off: a lone reading is a dot
    ctx.lineTo(x, y);
    before = sample.at;
  }
  ctx.stroke();
}

const resized = new ResizeObserver(scheduleDraw);
for (const canvas of document.querySelectorAll('canvas')) resized.observe(canvas);
addEventListener('resize', scheduleDraw); // zooming may change the density only
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', scheduleDraw);

// ---- Publish ----------------------------------------------------------------------------------

function showResult(id, text, kind = '') {
  $(id).textContent = text;
  $(id).dataset.kind = kind;
}

// Hidden fields are disabled too: an invalid one would block the form without being seen.
function fitFields() {
  for (const label of $('publish').querySelectorAll('[data-for]')) {
    label.hidden = !label.dataset.for.split(' ').includes($('publish').elements.type.value);
    label.querySelector('input').disabled = label.hidden;
  }
}

async function publish(event) {
  event.preventDefault();
  showResult('publish-result', 'Publishing…');
  try {
    const headers = { 'content-type': 'application/json' };
    const fields = Object.fromEntries(new FormData($('publish'))); // without the disabled ones
    if ('left' in fields) fields.left = Number(fields.left);
    const request = { method: 'POST', headers, body: JSON.stringify(fields) };
    const response = await fetch('/events/inventory', request);
    if (response.status === 204) showResult('publish-result', 'Published', 'good');
    else showResult('publish-result', `${response.status}: ${await response.text()}`, 'bad');
  } catch (error) {
    showResult('publish-result', `Not sent: ${error.message}`, 'bad');
  }
}

$('publish').elements.type.addEventListener('change', fitFields);
$('publish').addEventListener('submit', publish);
fitFields();

// ---- Complete ---------------------------------------------------------------------------------

// Reads an event stream piece by piece. Lines end with CR, LF or CRLF; a piece may end anywhere.
function eventReader(dispatch) {
  let unfinished = '';
  let afterCr = false;
  let type = '';
  let data = [];

  function take(line) {
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
    if (field === 'event') type = value;
    if (field === 'data') data.push(value);
    if (line !== '') return;
    if (data.length > 0) dispatch(type || 'message', data.join('\n'));
    type = '';
    data = [];
  }

  return (piece) => {
    if (piece === '') return;
    // A CR at the end of the last piece ended its line at once: an LF after it ends no other.
    const text = afterCr && piece[0] === '\n' ? piece.slice(1) : piece;
    afterCr = piece.endsWith('\r');
    const lines = text.split(/\r\n|\r|\n/);
    lines[0] = unfinished + lines[0];
    unfinished = lines.pop();
    lines.forEach(take);
  };
}

let running = null; // the AbortController of the completion under way

function addWord(word) {
  const output = $('complete-output');
  const apart = /\S$/.test(output.textContent) && /^\S/.test(word);
  output.textContent += apart ? ` ${word}` : word;
  output.scrollTop = output.scrollHeight;
}

// Sends the prompt, shows the words and returns how the stream ended.
async function streamWords(body, signal) {
  const headers = { 'content-type': 'text/plain' };
  const response = await fetch('/complete', { method: 'POST', headers, body, signal });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  const end = { done: false, bye: '' };
  const feed = eventReader((type, data) => {
    try {
      if (type === 'delta') addWord(String(JSON.parse(data)));
      if (type === 'done') end.done = true;
      if (type === 'sse.bye') end.bye = String(JSON.parse(data).reason);
    } catch (error) {
      logBadData(type, error, data);
    }
  });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    feed(decoder.decode(part.value, { stream: true })); // keeps a character cut in two
  }
  return end;
}

async function complete(event) {
  event.preventDefault();
  running?.abort();
  const mine = new AbortController();
  setRunning(mine);
  $('complete-output').textContent = '';
  showResult('complete-status', 'Streaming…');
  let result = ['Stopped'];
  try {
    const { done, bye } = await streamWords($('complete').elements.prompt.value, mine.signal);
    result = done ? ['Done', 'good'] : [`Ended early${bye && `: ${bye}`}`, 'bad'];
  } catch (error) {
    if (!mine.signal.aborted) result = [error.message, 'bad'];
  }
  if (running !== mine) return; // a newer run owns the panel by now
  setRunning(null);
  showResult('complete-status', ...result);
}

function setRunning(controller) {
  running = controller;
  $('complete-stop').disabled = !controller;
  // While busy, screen readers wait instead of announcing each word.
  $('complete-output').setAttribute('aria-busy', String(controller !== null));
}

$('complete').addEventListener('submit', complete);
$('complete-stop').addEventListener('click', () => running?.abort());
