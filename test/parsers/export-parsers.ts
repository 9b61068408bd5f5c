import {
  acceptsAny,
  parseKickOff,
  parsePrefer,
  parseQuery,
  type KickOffRequest,
} from '@sluice/export';
import { readGroup } from '../../packages/export/src/group-members.ts';
import { checkHeaderLength, splitList } from '../../packages/export/src/header-list.ts';
import { listValues } from '../../packages/export/src/kick-off-parameters.ts';
import { forbidsAll, isJsonBody, parseWeighted } from '../../packages/export/src/media-range.ts';
import {
  readParametersBody,
  type ParametersBody,
} from '../../packages/export/src/parameters-body.ts';
import { preferenceApplied } from '../../packages/export/src/prefer.ts';
import { named, printable, quoted } from '../../packages/export/src/quoted.ts';
import { splitTypeFilters } from '../../packages/export/src/split-type-filters.ts';
import { ofBytes, ofText, type Parser } from './parser.ts';

const baseUrl = 'http://a/fhir';
const options = { headers: 'strict', now: 0, baseUrl } as const;
const offered = ['application/json', 'application/fhir+json'];

/** The parsers of the package export. */
export const exportParsers: Readonly<Record<string, Parser>> = {
  'export/group-members.ts#readGroup': ofText((it) =>
    readGroup({ id: 'a', member: [{ entity: { reference: it } }] }, it, { bases: baseUrl }),
  ),
  'export/header-list.ts#checkHeaderLength': ofText((it) => checkHeaderLength('Prefer', it)),
  'export/header-list.ts#splitList': ofText((it) => splitList(it, ',')),
  'export/kick-off.ts#parseKickOff': ofText(
    (it) => {
      const [, name = '_type', value = ''] = /^(\w+)=(.*)$/s.exec(it) ?? [];
      const parameter = [{ name, form: 'valueString', value }];
      attempt(() => parseKickOff(byQuery(it), options));
      attempt(() => parseKickOff(byBody(parameter), options));
    },
    '_typeFilter=Patient?name=',
    '_elements=id,',
    'patient=Patient/a,',
    '_since=2020-',
  ),
  'export/kick-off-parameters.ts#listValues': ofText((it) => listValues([it, it])),
  'export/media-range.ts#isJsonBody': ofText(isJsonBody, 'application/json;'),
  'export/media-range.ts#parseWeighted': ofText((it) => parseWeighted(it), 'application/json;'),
  'export/media-range.ts#acceptsAny': ofText((it) => acceptsAny(it, offered), 'application/json;'),
  'export/media-range.ts#forbidsAll': ofText((it) => forbidsAll(it, offered), 'application/json;'),
  'export/parameters-body.ts#readParametersBody': ofBytes(
    readParametersBody,
    '{"resourceType":"Parameters","parameter":[{"name":"',
    '{"resourceType":"Parameters","parameter":[{"name":"patient","valueString":"a"},',
    '{"a":',
  ),
  'export/prefer.ts#parsePrefer': ofText((it) => parsePrefer([it, it]), 'respond-async,'),
  'export/prefer.ts#preferenceApplied': ofText((it) => preferenceApplied([it])),
  'export/query.ts#parseQuery': ofText(parseQuery, 'a='),
  'export/quoted.ts#quoted': ofText(quoted),
  'export/quoted.ts#named': ofText((it) => named([it])),
  'export/quoted.ts#printable': ofText(printable),
  'export/split-type-filters.ts#splitTypeFilters': ofText(splitTypeFilters, 'Patient?name=a,'),
};

const headers = { accept: 'application/json', prefer: ['respond-async, handling=lenient'] };

function byQuery(query: string): KickOffRequest {
  return { level: 'patient', method: 'GET', url: baseUrl, headers, query };
}

function byBody(body: ParametersBody): KickOffRequest {
  const contentType = 'application/json';
  return { ...byQuery(''), method: 'POST', headers: { ...headers, contentType }, body };
}

function attempt(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    if ((error as Error).name !== 'ExportError') throw error;
  }
}
