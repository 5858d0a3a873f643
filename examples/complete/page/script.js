// Reads an answer that comes token by token over POST, which an `EventSource` cannot ask for.

/** The events of a body of `text/event-stream`, as `[name, data]`, wherever it is cut. */
async function* readEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader(); // keeps cut characters
  let [rest, name, data] = ['', '', []];
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      // Lines end with LF, CRLF or CR. A CR that is the last so far may be half of a CRLF.
      const lines = (rest + part.value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop(); // a line, or an event, without its end is none
      for (const line of lines) {
        const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
        if (line === '') {
          if (data.length > 0) yield [name || 'message', data.join('\n')];
          [name, data] = ['', []];
        } else if (field === 'event') name = value;
        else if (field === 'data') data.push(value);
      }
    }
  } finally {
    reader.cancel().catch(() => {}); // whoever stops early does not leave the server talking
  }
}

/** Asks, hands out each token, and gives how the answer ended. */
async function ask(prompt, onToken, signal) {
  const response = await fetch('/complete', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt }),
    signal,
  });
  // A real status: nothing has been streamed yet.
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  let reason = 'cut';
  for await (const [name, data] of readEvents(response.body)) {
    if (name === 'delta') onToken(JSON.parse(data));
    // Only this says that nothing is missing: the end of the body may be a cut.
    if (name === 'done') return `Done, ${JSON.parse(data).tokens} tokens`;
    if (name === 'sse.bye') reason = JSON.parse(data).reason;
  }
  throw new Error(reason);
}

const $ = (id) => document.getElementById(id);
let running = null; // the AbortController of the answer under way

$('question').addEventListener('submit', async (event) => {
  event.preventDefault();
  running?.abort();
  const mine = new AbortController();
  running = mine;
  $('stop').disabled = false;
  $('answer').textContent = '';
  $('end').textContent = 'Streaming…';
  let end = 'Stopped';
  try {
    // As text, never as markup: nobody knows what a model writes.
    end = await ask($('question').elements.prompt.value, (token) => $('answer').append(token), mine.signal);
  } catch (error) {
    if (!mine.signal.aborted) end = `Incomplete: ${error.message}`;
  }
  if (running !== mine) return; // a newer answer has the page by now
  running = null;
  $('stop').disabled = true;
  $('end').textContent = end;
});
$('stop').addEventListener('click', () => running?.abort()); // ends the model as well
