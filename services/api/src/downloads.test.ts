import { EventEmitter } from 'node:events';
import type { Response } from 'express';
import { Downloads } from './downloads.ts';

/** What a download needs of a response. */
class Answer extends EventEmitter {
  destroyed = false;

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

let now = 0;
let downloads: Downloads;
beforeEach(() => {
  now = 0;
  downloads = new Downloads(() => now, 2);
});

function admit(answer: Answer) {
  return downloads.admit(answer as unknown as Response);
}

async function* blocks(): AsyncGenerator<Buffer> {
  for (let n = 0; n < 3; n += 1) yield await Promise.resolve(Buffer.from([n]));
}

test('one more than may be is refused while all of them move', () => {
  admit(new Answer());
  admit(new Answer());
  now = 4999;
  expect(() => admit(new Answer())).toThrow(expect.objectContaining({ status: 503 }) as Error);
});

test('one that is over makes room', () => {
  const over = new Answer();
  admit(over);
  admit(new Answer());
  over.emit('close');
  expect(() => admit(new Answer())).not.toThrow();
});

test('the one that has stalled for longest gives way, and no other', async () => {
  const [moving, stalled] = [new Answer(), new Answer()];
  const passed = admit(moving)(blocks());
  await passed.next();
  admit(stalled);
  now = 5000;
  expect((await passed.next()).value).toEqual(Buffer.from([1]));
  admit(new Answer());
  expect([moving.destroyed, stalled.destroyed]).toEqual([false, true]);
  expect(() => admit(new Answer())).toThrow('2 downloads are under way');
});
