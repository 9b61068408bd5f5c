import { compileElements, compileFilter, narrowFilter } from '@sluice/fhir';
import { readGroupWindow } from '@sluice/postgres';
import type { Dependencies } from './dependencies.ts';
import { pageAfter, type GroupQuery } from './group-query.ts';

/** What one request looks at; a search that finds little goes on with the next page. */
const mostWindows = 20;
const windowGroups = 500;

/**
 * Writes the page of a Group search as the text of a Bundle, piece by piece, so that of all the Groups
 * found only those of one window are in memory. The links come last, since only then it is known
 * whether there is a next page. Pages follow the ids, so a Group is on one page at most, and on one
 * for sure if it is there from the first page to the last.
 *
 * @param isPermitted whether who is asking may see a Group
 */
export async function* searchset(
  { pool, baseUrl, otherBases, now }: Pick<Dependencies, 'pool' | 'baseUrl' | 'otherBases' | 'now'>,
  { filter, count, after, elements, used }: GroupQuery,
  isPermitted: (group: Record<string, unknown>) => boolean,
): AsyncGenerator<string> {
  const isFound = compileFilter([filter], { baseUrl, otherBases, nowMs: now() });
  const passes = (body: string): boolean => {
    const group = JSON.parse(body) as Record<string, unknown>;
    return isFound(group) && isPermitted(group);
  };
  const shape = elements === undefined ? undefined : compileElements('Group', elements);
  const narrowing = narrowFilter(filter);
  let opening = '{"resourceType":"Bundle","type":"searchset"';
  let seen = after;
  let found = 0;
  let isOver = false;
  search: for (let windows = 0; windows < mostWindows && !isOver; windows++) {
    // Where most Groups match, the first window is a page, and one more to know whether it is the last.
    const most = windows === 0 ? count + 1 : windowGroups;
    const window = await readGroupWindow(pool, narrowing, { after: seen, most });
    for (const { id, body } of window.groups) {
      if (body !== null && passes(body)) {
        // It is known now that a next page has something.
        if (found === count) break search;
        yield `${opening}${found === 0 ? ',"entry":[' : ','}${entry(baseUrl, id, shape?.(Buffer.from(body)).toString() ?? body)}`;
        opening = '';
        found++;
      }
      seen = id;
    }
    isOver = window.isLast;
  }
  const self = linkTo(baseUrl, [used, after === '' ? '' : `_page=${pageAfter(after)}`]);
  const next = linkTo(baseUrl, [used, `_page=${pageAfter(seen)}`]);
  const links = [
    { relation: 'self', url: self },
    ...(isOver ? [] : [{ relation: 'next', url: next }]),
  ];
  yield `${opening}${found === 0 ? '' : ']'},"link":${JSON.stringify(links)}}`;
}

function entry(baseUrl: string, id: string, body: string): string {
  const fullUrl = JSON.stringify(`${baseUrl}/Group/${id}`);
  return `{"fullUrl":${fullUrl},"resource":${body},"search":{"mode":"match"}}`;
}

function linkTo(baseUrl: string, parameters: readonly string[]): string {
  const query = parameters.filter(Boolean).join('&');
  return query === '' ? `${baseUrl}/Group` : `${baseUrl}/Group?${query}`;
}
