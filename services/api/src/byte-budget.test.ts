import { EventEmitter } from 'node:events';
import { ByteBudget } from './byte-budget.ts';

const refused = expect.objectContaining({ status: 503, code: 'overloaded' }) as Error;

test('requests together hold no more than the budget', () => {
  const budget = new ByteBudget(100);
  const one = new EventEmitter();
  budget.open(one as never).add(60);
  const other = budget.open(new EventEmitter() as never);
  other.add(40);
  expect(() => other.add(1)).toThrow(refused);
  one.emit('close');
  expect(() => other.add(60)).not.toThrow();
});

test('one alone may hold as much as it needs', () => {
  const budget = new ByteBudget(100);
  const alone = budget.open(new EventEmitter() as never);
  alone.add(80);
  expect(() => alone.add(80)).not.toThrow();
  expect(() => budget.open(new EventEmitter() as never).add(1)).toThrow(refused);
});

test('what comes after the end is not held', () => {
  const budget = new ByteBudget(100);
  const over = new EventEmitter();
  const holding = budget.open(over as never);
  over.emit('close');
  holding.add(90);
  expect(() => budget.open(new EventEmitter() as never).add(100)).not.toThrow();
});
