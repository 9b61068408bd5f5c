import { EventEmitter } from 'node:events';
import { ByteBudget, type Holding } from './byte-budget.ts';

const refused = expect.objectContaining({ status: 503, code: 'overloaded' }) as Error;

function request(budget: ByteBudget): Holding & { end(): void } {
  const response = new EventEmitter();
  const holding = budget.open(response as never);
  return { add: (bytes) => holding.add(bytes), end: () => response.emit('close') };
}

test('requests together hold no more than the budget', () => {
  const budget = new ByteBudget(100, 0);
  const [one, other] = [request(budget), request(budget)];
  one.add(60);
  other.add(40);
  expect(() => other.add(1)).toThrow(refused);
  one.end();
  expect(() => other.add(60)).not.toThrow();
});

test('one alone may hold as much as it needs', () => {
  const budget = new ByteBudget(100, 0);
  const alone = request(budget);
  alone.add(80);
  expect(() => alone.add(80)).not.toThrow();
  expect(() => request(budget).add(1)).toThrow(refused);
});

test('what is small is not counted', () => {
  const budget = new ByteBudget(100, 10);
  request(budget).add(110);
  const small = request(budget);
  small.add(4);
  expect(() => small.add(6)).not.toThrow();
  expect(() => small.add(1)).toThrow(refused);
});

test('what comes after the end is not held', () => {
  const budget = new ByteBudget(100, 0);
  const over = request(budget);
  over.end();
  over.add(90);
  request(budget).add(100);
  over.add(10);
  expect(() => request(budget).add(1)).toThrow(refused);
});
