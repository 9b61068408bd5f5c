import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accepted } from './settings-reader.ts';
import { variables, type Variable } from './variables.ts';

const root = join(__dirname, '..', '..', '..');
const names = Object.keys(variables).sort();
const table: Readonly<Record<string, Variable>> = variables;

/** Rows of the tables of docs/configuration.md by variable, as plain text. */
const rows = new Map(
  readFileSync(join(root, 'docs/configuration.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.replace(/[`*\\]/g, '').trim()))
    .map(([, name = '', , byDefault, accepts, meaning]) => [name, { byDefault, accepts, meaning }]),
);

/** Lines of .env.example by variable. */
const examples = [
  ...readFileSync(join(root, '.env.example'), 'utf8').matchAll(/^(# )?([A-Z][A-Z0-9_]*)=(.*)$/gm),
].map(([, comment, name = '', value]) => ({ name, optional: comment !== undefined, value }));

test('docs/configuration.md has a row for every variable and for nothing else', () => {
  expect([...rows.keys()].sort()).toEqual(names);
});

test('.env.example has a line for every variable and for nothing else', () => {
  expect(examples.map(({ name }) => name).sort()).toEqual(names);
});

test.each(names)('%s is documented with its default, what it accepts and its meaning', (name) => {
  const variable = table[name];
  expect(rows.get(name)).toEqual({
    byDefault: variable?.default ?? (variable?.required ? 'required' : '—'),
    accepts: variable && accepted(variable),
    meaning: variable?.description.replace(/[`*\\]/g, ''),
  });
});

test.each(examples)('.env.example gives $name as it is by default', ({ name, optional, value }) => {
  const variable = table[name];
  expect(optional).toBe(variable?.required !== true);
  if (variable?.default !== undefined) expect(value).toBe(variable.default);
});
