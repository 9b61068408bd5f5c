const longestText = 2000;
const mostItems = 100;
const mostLevels = 4;

/**
 * What of a value can be recorded: every text well formed and without control characters, in which U+FFFD stands for each character
 * that Postgres would not take, or would change; cut, as lists and objects are, with the number of what was left out.
 */
export function recordable(value: unknown, levels = mostLevels): unknown {
  if (typeof value === 'string') return recordableText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) return '…';
  if (Array.isArray(value)) {
    const items = value.slice(0, mostItems).map((item) => recordable(item, levels - 1));
    return value.length <= mostItems ? items : [...items, `… ${value.length - mostItems} more`];
  }
  const members = Object.entries(value);
  const kept = members
    .slice(0, mostItems)
    .map(([name, member]) => [recordableText(name), recordable(member, levels - 1)]);
  const more = members.length - kept.length;
  return Object.fromEntries(more === 0 ? kept : [...kept, ['…', `${more} more`]]);
}

/** A text that can be recorded, see `recordable`. */
export function recordableText(text: string): string {
  const cut = text.slice(0, longestText).replace(/[\p{Cc}\p{Cs}]/gu, '\ufffd');
  return text.length <= longestText ? cut : `${cut}… ${text.length - longestText} more`;
}
