// Shows what the stream of this route tells, once a second. Whatever it tells is text: it goes in
// by `textContent` alone.

const SPAN_MS = 120_000; // what a chart shows at most
const FIRST_MS = 30_000; // and at first
const HOLE_MS = 2_500; // so long without a reading, and the line breaks off
const LATE_MS = 3_500; // so long without a reading, and the page says so
const SVG = 'http://www.w3.org/2000/svg';

const byId = (id) => document.getElementById(id);

// ---- Numbers, as people read them ---------------------------------------------------------

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const none = '—';

const count = (value) => whole.format(value);
const rate = (value) => {
  if (value === null) return none;
  if (value >= 1e6) return short.format(value);
  return value < 100 ? tenths.format(value) : whole.format(value);
};
const bytes = (value) => {
  if (value === null) return none;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let at = 0;
  while (value >= 1024 && at < units.length - 1) [value, at] = [value / 1024, at + 1];
  return `${at === 0 || value >= 100 ? whole.format(value) : tenths.format(value)} ${units[at]}`;
};
const age = (ms) => {
  const s = Math.floor(ms / 1000);
  const [m, h, d] = [Math.floor(s / 60), Math.floor(s / 3600), Math.floor(s / 86_400)];
  if (m === 0) return `${s} s`;
  if (h === 0) return `${m} m ${s % 60} s`;
  return d === 0 ? `${h} h ${m % 60} m` : `${d} d ${h % 24} h`;
};
const many = (value, one, more) => `${count(value)} ${value === 1 ? one : more}`;

// ---- Charts -------------------------------------------------------------------------------

/** What one chart shows: the values of the last two minutes. */
class Series {
  points = [];

  push(at, value) {
    if (value !== null) this.points.push({ at, value });
    while (this.points.length > 0 && this.points[0].at < at - SPAN_MS) this.points.shift();
  }

  get peak() {
    return this.points.reduce((peak, { value }) => Math.max(peak, value), 0);
  }

  /** Lines without a hole, each a list of points. */
  get lines() {
    const lines = [];
    let before = -Infinity;
    for (const point of this.points) {
      if (point.at - before > HOLE_MS) lines.push([]);
      lines.at(-1).push(point);
      before = point.at;
    }
    return lines;
  }
}

/** How far back all charts reach: a new page need not wait for two minutes to see something. */
const span = { ms: FIRST_MS, since: Infinity };

function draw(svg, series, now) {
  const [width, height] = [240, 40];
  const top = series.peak || 1;
  const x = ({ at }) => (width - (now - at) / span.ms * width).toFixed(1);
  const y = ({ value }) => (height - 1 - value / top * (height - 4)).toFixed(1);
  const line = (points) => points.map((point) => `${x(point)},${y(point)}`).join('L');
  const lines = series.lines.map((points) => (points.length > 1 ? points : [points[0], points[0]]));
  const area = (points) => `M${x(points[0])},${height}L${line(points)}L${x(points.at(-1))},${height}Z`;
  if (svg.childElementCount === 0) {
    svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    svg.setAttribute('preserveAspectRatio', 'none');
    for (const kind of ['area', 'line']) {
      svg.append(document.createElementNS(SVG, 'path'));
      svg.lastChild.setAttribute('class', kind);
    }
  }
  svg.firstChild.setAttribute('d', lines.map(area).join(''));
  svg.lastChild.setAttribute('d', lines.map((points) => `M${line(points)}`).join(''));
  svg.dataset.points = series.points.length;
}

// ---- Tables -------------------------------------------------------------------------------

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** A text, and a smaller one below it. */
const pair = (first, second) => [first, element('span', 'second', second)];

function badge(state, text) {
  const made = element('span', 'badge', text);
  made.dataset.state = state;
  return made;
}

const lag = ({ lag: value, is_late: isLate }) => element('span', isLate ? 'lags' : value > 0 ? '' : 'zero', value === null ? none : count(value));

/** A table whose rows are known by their keys, so that each keeps its chart and its place. */
class Table {
  rows = new Map();

  constructor(id, columns, by, descending) {
    this.table = byId(id);
    [this.columns, this.by, this.descending] = [columns, by, descending];
    for (const head of this.table.tHead.querySelectorAll('[data-sort]')) {
      head.firstElementChild.addEventListener('click', () => this.sortBy(head.dataset.sort));
    }
    this.markHead();
  }

  sortBy(by) {
    const isText = typeof this.rows.values().next().value?.row[by] === 'string';
    [this.descending, this.by] = [by === this.by ? !this.descending : !isText, by];
    this.markHead();
    this.order();
  }

  markHead() {
    for (const head of this.table.tHead.querySelectorAll('[data-sort]')) {
      if (head.dataset.sort !== this.by) head.removeAttribute('aria-sort');
      else head.setAttribute('aria-sort', this.descending ? 'descending' : 'ascending');
    }
  }

  /** Takes note of what is shown at a moment, and of what is gone. */
  push(at, rows) {
    for (const row of rows) {
      const known = this.rows.get(row.key) ?? { series: new Series() };
      this.rows.set(row.key, Object.assign(known, { row, at }));
      known.series.push(at, row.rate);
    }
    for (const [key, { at: seen, element: shown }] of this.rows) {
      if (seen === at) continue;
      shown?.remove();
      this.rows.get(key).element = undefined;
      if (seen < at - SPAN_MS) this.rows.delete(key);
    }
    this.at = at;
  }

  clear() {
    this.rows.clear();
    this.table.tBodies[0].replaceChildren();
  }

  get shown() {
    return [...this.rows.values()].filter(({ at }) => at === this.at);
  }

  render() {
    for (const entry of this.shown) {
      entry.element ??= this.newRow();
      entry.element.dataset.key = entry.row.key;
      this.columns.forEach(({ cell, title }, at) => {
        const td = entry.element.cells[at];
        const content = [cell(entry.row)].flat();
        const text = (part) => (part instanceof Element ? part.outerHTML : part);
        const known = content.map(text).join('\n');
        if (td.known !== known) td.replaceChildren(...content);
        [td.known, td.title] = [known, title?.(entry.row) ?? ''];
      });
      draw(entry.element.lastElementChild.firstElementChild, entry.series, this.at);
    }
    this.order();
    this.table.hidden = this.shown.length === 0;
    this.table.nextElementSibling.hidden = this.shown.length > 0;
  }

  newRow() {
    const row = element('tr');
    row.append(...this.columns.map(({ className }) => element('td', className)));
    const spark = element('td', 'spark');
    spark.append(document.createElementNS(SVG, 'svg'));
    spark.firstChild.setAttribute('class', 'chart');
    spark.firstChild.setAttribute('aria-hidden', 'true');
    row.append(spark);
    return row;
  }

  order() {
    const side = this.descending ? -1 : 1;
    const value = ({ row }) => row[this.by] ?? -1;
    const compare = (a, b) => (value(a) < value(b) ? -side : value(a) > value(b) ? side : a.row.key - b.row.key);
    const body = this.table.tBodies[0];
    this.shown.filter(({ element: shown }) => shown).sort(compare).forEach(({ element: shown }, at) => {
      if (body.rows[at] !== shown) body.insertBefore(shown, body.rows[at] ?? null);
    });
  }
}

const channels = new Table('channels', [
  { className: 'name', cell: (row) => [
    ...pair(row.label, [...(row.name === null ? [] : [row.event]), row.sources.join(', ')].join(' · ')),
    ...(row.has_ended ? [badge('ended', 'ended')] : []),
  ] },
  { className: 'number', cell: (row) => count(row.readers) },
  { className: 'number', cell: lag, title: (row) => (row.lag === null ? 'It has no stream.' : '') },
  { className: 'number', cell: (row) => count(row.head) },
  { className: 'number', cell: (row) => pair(count(row.kept), row.kept > 0 ? `from ${count(row.first)}` : '') },
  { className: 'number', cell: (row) => bytes(row.bytes) },
  { className: 'number', cell: (row) => `${rate(row.rate)}/s` },
], 'label', false);

const streams = new Table('streams', [
  { cell: (row) => badge(row.is_late && row.state === 'live' ? 'late' : row.state, row.state.replace('_', ' ')), title: (row) => (row.is_late ? 'More than a second behind.' : '') },
  { className: 'name', cell: (row) => pair(row.endpoint, row.sources.join(', ')) },
  { className: 'peer', cell: (row) => [row.peer ?? none, element('span', 'second mono', row.request_id)] },
  { className: 'number', cell: (row) => {
    if (row.places.length === 0) return element('span', 'zero', none);
    if (row.places.length === 1) return count(row.places[0].seq);
    return row.places.flatMap(({ channel, seq }) => element('span', 'second', `${channel} ${count(seq)}`));
  }, title: (row) => (row.places.length === 0 ? 'It reads no channel.' : row.places.map(({ channel }) => channel).join(', ')) },
  { className: 'number', cell: lag },
  { className: 'number', cell: (row) => age(row.age_ms) },
  { className: 'number', cell: (row) => pair(count(row.events), bytes(row.bytes)) },
  { className: 'number', cell: (row) => pair(`${rate(row.rate)}/s`, `${bytes(row.bytes_rate)}/s`) },
], 'lag', true);

// ---- Totals -------------------------------------------------------------------------------

const tiles = Object.fromEntries(['streams', 'published', 'delivered', 'bytes', 'lag'].map((id) => [id, new Series()]));
let last = null;

function push(snapshot) {
  const { at_ms: at, totals } = snapshot;
  if (last !== null && at <= last.at_ms) return;
  last = snapshot;
  span.since = Math.min(span.since, at);
  span.ms = Math.min(SPAN_MS, Math.max(FIRST_MS, at - span.since));
  tiles.streams.push(at, totals.streams);
  tiles.published.push(at, totals.published_rate);
  tiles.delivered.push(at, totals.delivered_rate);
  tiles.bytes.push(at, totals.bytes_rate);
  tiles.lag.push(at, totals.worst_lag);
  channels.push(at, snapshot.channels.map((row) => ({ ...row, label: row.name ?? row.event })));
  streams.push(at, snapshot.streams);
}

function render() {
  const { totals, at_ms: at, channels: some, streams: few } = last;
  const texts = {
    't-streams': count(totals.streams),
    't-published': rate(totals.published_rate),
    'd-published': `peak ${rate(tiles.published.peak)}/s`,
    't-delivered': rate(totals.delivered_rate),
    'd-delivered': `peak ${rate(tiles.delivered.peak)}/s`,
    't-bytes': `${bytes(totals.bytes_rate)}/s`,
    'd-bytes': `peak ${bytes(tiles.bytes.peak)}/s`,
    't-lag': count(totals.worst_lag),
    'd-lag': `${totals.late === 0 ? 'none' : many(totals.late, 'stream', 'streams')} over 1 s behind`,
    'n-channels': `${shown(some.length, totals.channels, 'channel', 'channels')}, ${bytes(totals.kept_bytes)} kept`,
    'n-streams': shown(few.length, totals.streams, 'stream', 'streams'),
    watchers: totals.watchers > 1 ? `${count(totals.watchers)} look at this` : '',
  };
  for (const [id, text] of Object.entries(texts)) byId(id).textContent = text;
  byId('t-lag').parentElement.dataset.level = totals.late > 0 ? 'warn' : 'good';
  const since = { 'd-published': count(totals.published), 'd-delivered': count(totals.delivered), 'd-bytes': bytes(totals.bytes) };
  for (const [id, total] of Object.entries(since)) byId(id).title = `${total} since the process began`;
  const reach = span.ms < SPAN_MS ? `Last ${Math.round(span.ms / 1000)} s` : 'Last 2 minutes';
  for (const head of document.querySelectorAll('.spark-head')) head.textContent = reach;
  const states = Object.entries(totals.states).filter(([, value]) => value > 0);
  byId('states').replaceChildren(...states.map(([state, value]) => {
    const item = element('li');
    item.append(badge(state, `${count(value)} ${state.replace('_', ' ')}`));
    return item;
  }));
  for (const [id, series] of Object.entries(tiles)) draw(byId(`c-${id}`), series, at);
  channels.render();
  streams.render();
}

const shown = (some, all, one, more) => (some < all
  ? `${count(some)} of ${count(all)} ${more}: those that lag most, and those where most happens`
  : many(all, one, more));

// ---- The stream ---------------------------------------------------------------------------

let [heard, frame] = [performance.now(), null];

function say(state, note = '') {
  const chip = byId('state');
  if (chip.textContent !== state) [chip.textContent, chip.dataset.state] = [state, state];
  [byId('note').textContent, byId('note').hidden] = [note, note === ''];
}

function start() {
  const source = new EventSource('?stream');
  source.addEventListener('sse.open', ({ data }) => {
    const { resume } = JSON.parse(data);
    document.body.dataset.resume = resume;
    heard = performance.now();
    say('live');
    if (resume !== 'reset') return;
    // Another process, or another time: its numbers have nothing to do with those before.
    [last, span.since] = [null, Infinity];
    for (const series of Object.values(tiles)) series.points = [];
    channels.clear();
    streams.clear();
  });
  source.addEventListener('snapshot', ({ data }) => {
    heard = performance.now();
    say('live');
    push(JSON.parse(data));
    // Many come at once where the page is new: one picture of them is enough.
    frame ??= requestAnimationFrame(() => {
      frame = null;
      if (last !== null) render();
    });
  });
  source.addEventListener('sse.bye', ({ data }) => {
    say('reconnecting', `The server ended this stream (${JSON.parse(data).reason}). What is shown is the last that it told.`);
  });
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) say('closed', 'The server refuses to tell more. Reload the page.');
    else if (byId('note').hidden) say('reconnecting', 'The connection is gone. What is shown is the last that came.');
  });
}

setInterval(() => {
  const late = Math.round((performance.now() - heard) / 1000);
  if (byId('state').dataset.state === 'live' && late * 1000 > LATE_MS) say('waiting', `Nothing came for ${late} seconds.`);
}, 1_000);

start();
