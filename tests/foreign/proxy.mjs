// A way from a reader to the demo that can be cut, mended, stopped up and opened.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Forwards connections to an address, until the process ends. */
export async function startProxy(target) {
  const [host, port] = target.split(':');
  const ways = new Set();
  let isCut = false;

  const server = createServer((reader) => {
    if (isCut) return void reader.destroy();
    const demo = connect(Number(port), host);
    const way = { reader, demo };
    ways.add(way);
    reader.pipe(demo).pipe(reader);
    for (const [socket, other] of [[reader, demo], [demo, reader]]) {
      socket.on('error', () => {}); // `close` follows
      socket.on('close', () => {
        other.destroySoon();
        ways.delete(way);
      });
    }
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');

  return {
    address: `127.0.0.1:${server.address().port}`,
    /** Ends every connection, and refuses new ones. */
    cut() {
      isCut = true;
      for (const { reader, demo } of ways) for (const socket of [reader, demo]) socket.destroy();
    },
    mend() { isCut = false; },
    /** Keeps the connections, and lets nothing through to the readers. */
    stop() { for (const { reader, demo } of ways) demo.unpipe(reader).pause(); },
    open() { for (const { reader, demo } of ways) demo.pipe(reader); },
  };
}
