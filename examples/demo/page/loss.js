// What a stream lost, in words: the data of `sse.open` in, texts out.

const RESETS = {
  epoch: 'The server has begun a new history, most likely because it was restarted and keeps its events in memory.',
  ahead: 'The server has lost the end of its history.',
  diverged: 'The history of the server is no longer the one that this page has seen.',
  invalid: 'The server cannot read the position of this page.',
  no_log: 'This stream keeps no history.',
};

const EFFECTS = {
  inventory: 'Rows may be out of date until they next change.',
  host: 'The chart has a hole.',
};

const plural = (count) => `${count} ${count === 1 ? 'event' : 'events'}`;
const isLoss = ({ resume }) => resume === 'gap' || resume === 'reset';
const countOf = ({ missed }) => (Number.isSafeInteger(missed) && missed > 0 ? missed : 0);

/** The parts of a stream: its channels, or itself where it has one. */
const partsOf = (open) => (Array.isArray(open.channels) && open.channels.length > 0 ? open.channels : [open]);

/** What became of a position, beyond the one word. */
export function detailOf(open) {
  if (open.resume === 'gap') return `${countOf(open)} missed`;
  return open.resume === 'reset' && open.reason ? `(${open.reason})` : '';
}

/** The same for one channel, and whether it lost something. */
const partOf = (part) => ({
  text: `${(part.sources ?? []).join(', ')}: ${part.resume}${part.resume === 'gap' ? ',' : ''} ${detailOf(part)}`.trim(),
  isLoss: isLoss(part),
});

/**
 * What is gone for good, or nothing. `wasAway` tells a reader that comes back from one that
 * has been there all the time and was too slow.
 */
export function lossOf(open, wasAway) {
  if (!isLoss(open)) return null;
  const parts = partsOf(open);
  const missed = parts.map(countOf).reduce((sum, count) => sum + count, 0);
  const isKnown = !parts.some(({ resume }) => resume === 'reset');
  const lost = parts.filter(isLoss).flatMap(({ sources }) => sources ?? []);
  const effects = Object.keys(EFFECTS).filter((source) => lost.includes(source)).map((source) => EFFECTS[source]);
  const [title, cause] = open.resume === 'gap' ? gap(missed, wasAway) : reset(open);
  return {
    title,
    text: [cause, ...effects].join(' '),
    parts: parts.map(partOf),
    missed,
    isKnown,
  };
}

const gap = (missed, wasAway) => [
  `${plural(missed)} missed`,
  wasAway
    ? 'Published while this page was away, and no longer kept by the server.'
    : 'Published faster than this page could read, and no longer kept by the server.',
];

const reset = (open) => [
  `Could not resume: reset ${detailOf(open)}`.trim(),
  `${RESETS[open.reason] ?? ''} What happened in between cannot be shown; the page goes on from now.`.trim(),
];
