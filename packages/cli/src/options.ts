import { withoutEndSlashes } from '@sluice/runtime';
import { InvalidArgumentError, Option } from 'commander';

/** `--data-dir`, as several commands have it. */
export function dataDirOption(): Option {
  return new Option('--data-dir <dir>', 'folder of the embedded servers and files').default(
    '.sluice',
  );
}

/** Parses a whole number within limits, for commander. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Accepted: a whole number from ${min} to ${max}.`);
  };
}

/** Parses an http or https URL, for commander; a slash at its end is taken off. */
export function webUrl(text: string): string {
  if (/^https?:\/\/[^\s/?#][^\s?#]*$/.test(text)) return withoutEndSlashes(text);
  throw new InvalidArgumentError('Accepted: a URL that begins with http:// or https://.');
}

/** Collects an option that can be given several times, and lists with commas in it. */
export function list(text: string, before: readonly string[] | undefined): string[] {
  const values = text.split(',').map((value) => value.trim());
  return [...(before ?? []), ...values.filter((value) => value !== '')];
}

/** Collects an option that can be given several times and in which commas are its own. */
export function repeated(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), text];
}

/** Collects a URL that can be given several times. */
export function appendUrl(text: string, before: readonly string[]): string[] {
  return [...before, webUrl(text)];
}
