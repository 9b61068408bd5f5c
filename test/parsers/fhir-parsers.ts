import {
  checkJsonBounds,
  compileAttachments,
  compileElements,
  compileFilterLists,
  isElementOf,
  isId,
  isResourceType,
  isVersionId,
  isMarkedDeleted,
  listFilterReferences,
  markDeleted,
  minifyJson,
  narrowFilterLists,
  parseIdentifierSearch,
  parseInstant,
  parsePartialDate,
  parseReference,
  parseTypeFilter,
  periodEnd,
  readNdjson,
  readReference,
  repairInstant,
  rootElementsOf,
  scanArray,
  scanObject,
  scanResource,
  spliceMeta,
} from '@sluice/fhir';
import { mendSpaces } from '../../packages/fhir/src/search/mend-spaces.ts';
import { parseDateRange } from '../../packages/fhir/src/search/date-range.ts';
import { parseDateValue } from '../../packages/fhir/src/search/date.ts';
import { parseDecimal } from '../../packages/fhir/src/search/decimal.ts';
import { parseNumberValue } from '../../packages/fhir/src/search/number.ts';
import { splitPrefix } from '../../packages/fhir/src/search/prefix.ts';
import { parseQuantityValue } from '../../packages/fhir/src/search/quantity.ts';
import { parseQuery, splitValue, unescapeValue } from '../../packages/fhir/src/search/query.ts';
import { parseReferenceValue } from '../../packages/fhir/src/search/reference-value.ts';
import { relativeEnd } from '../../packages/fhir/src/search/relative-end.ts';
import { parseToken, parseTypedIdentifier } from '../../packages/fhir/src/search/token.ts';
import { checkHierarchicalUri, withoutVersion } from '../../packages/fhir/src/search/uri.ts';
import { isUnusable } from '../../packages/fhir/src/unusable-text.ts';
import { ofBytes, ofText, type Parser } from './parser.ts';

const filterOptions = { baseUrl: 'http://a/fhir', nowMs: 0 };
const queries = ['name=', 'birthdate=', 'identifier=a|', 'general-practitioner=Practitioner/a'];
const observed = ['value-quantity=', 'date=ge2020&date=lt2021&', 'subject=', 'code='];
const resource = '{"resourceType":"Patient","id":"a",';

/** The parsers of the package fhir. */
export const fhirParsers: Readonly<Record<string, Parser>> = {
  'fhir/ids.ts#isId': ofText(isId),
  'fhir/ids.ts#isVersionId': ofText(isVersionId),
  'fhir/instant.ts#parseInstant': ofText(parseInstant, '2020-01-01T00:00:00.'),
  'fhir/instant.ts#repairInstant': ofText(repairInstant, '2020-01-01T00:00:00 '),
  'fhir/instant.ts#parsePartialDate': ofText(parsePartialDate, '2020-'),
  'fhir/instant.ts#periodEnd': ofText(periodEnd, '2020-01-01T00:00:00.'),
  'fhir/json-bounds.ts#checkJsonBounds': ofBytes((it) => checkJsonBounds(it, { maxDepth: 1e6 })),
  'fhir/json-scan.ts#scanObject': ofBytes((it) => scanObject(it), resource, '{'),
  'fhir/json-scan.ts#scanArray': ofBytes((it) => scanArray(it), '['),
  'fhir/mark-deleted.ts#isMarkedDeleted': ofBytes(isMarkedDeleted, resource),
  'fhir/mark-deleted.ts#markDeleted': ofBytes(markDeleted, resource, `${resource}"meta":{`),
  'fhir/meta-splice.ts#spliceMeta': ofBytes((it) => spliceMeta(it, { stamp: true }), resource),
  'fhir/minify-json.ts#minifyJson': ofBytes(minifyJson, resource),
  'fhir/ndjson.ts#readNdjson': ofBytes(readAllLines, resource),
  'fhir/identifier-search.ts#parseIdentifierSearch': ofText(
    parseIdentifierSearch,
    'identifier=a|',
    '?_id=',
  ),
  'fhir/reference.ts#readReference': ofText(
    (it) => readReference(it, 'http://a'),
    'Patient?',
    'urn:',
  ),
  'fhir/reference.ts#parseReference': ofText((it) => parseReference(it, 'http://a'), 'Patient/'),
  'fhir/resource-scan.ts#scanResource': ofBytes(scanResource, resource, `${resource}"a":[`),
  'fhir/resource-types.ts#isResourceType': ofText(isResourceType),
  'fhir/rewrite-attachments.ts#compileAttachments': ofBytes(
    compileAttachments('DocumentReference', {
      urlOf: (id) => `http://a/${id}`,
      baseUrl: 'http://a',
    }),
    '{"resourceType":"DocumentReference","content":[{"attachment":{"url":"Binary/',
  ),
  'fhir/root-elements.ts#isElementOf': ofText((it) => isElementOf('Patient', it)),
  'fhir/root-elements.ts#rootElementsOf': ofText(rootElementsOf),
  'fhir/subset-elements.ts#compileElements': ofBytes(
    compileElements('Patient', ['name']),
    resource,
  ),
  'fhir/search/mend-spaces.ts#mendSpaces': ofText(
    (it) => mendSpaces('Patient', it),
    'name=',
    'birthdate=',
  ),
  'fhir/search/date-range.ts#parseDateRange': ofText(parseDateRange, '2020-01-01T00:00:00.'),
  'fhir/search/date.ts#parseDateValue': ofText((it) => parseDateValue(it, 'date'), 'ge2020-01-01T'),
  'fhir/search/decimal.ts#parseDecimal': ofText(parseDecimal, '-1.', '1e'),
  'fhir/search/number.ts#parseNumberValue': ofText((it) => parseNumberValue(it, 'a'), 'ge1.'),
  'fhir/search/prefix.ts#splitPrefix': ofText(splitPrefix),
  'fhir/search/quantity.ts#parseQuantityValue': ofText((it) => parseQuantityValue(it, 'a'), '1|a|'),
  'fhir/search/query.ts#parseQuery': ofText(parseQuery, 'a='),
  'fhir/search/query.ts#splitValue': ofText((it) => splitValue(it, ',')),
  'fhir/search/query.ts#unescapeValue': ofText((it) => unescapeValue(it, 'a')),
  'fhir/search/reference-value.ts#parseReferenceValue': ofText(
    (it) => parseReferenceValue(it, undefined, 'a'),
    'http://a/',
  ),
  'fhir/search/relative-end.ts#relativeEnd': ofText(relativeEnd, 'http://a/'),
  'fhir/search/token.ts#parseToken': ofText((it) => parseToken(it, 'a'), 'a|'),
  'fhir/search/token.ts#parseTypedIdentifier': ofText(
    (it) => parseTypedIdentifier(it, 'a'),
    'a|b|',
  ),
  'fhir/search/type-filter.ts#parseTypeFilter': ofText(
    (it) => parseTypeFilter('Patient', it),
    ...queries,
  ),
  'fhir/search/filter-lists.ts#compileFilterLists': ofText(
    (it) => compileFilterLists('Observation', [[it], [it]], filterOptions),
    ...observed,
  ),
  'fhir/search/filter-references.ts#listFilterReferences': ofText(
    (it) => listFilterReferences('Observation', [[it], [it]], 'http://a'),
    ...observed,
  ),
  'fhir/search/filter-lists.ts#narrowFilterLists': ofText(
    (it) => narrowFilterLists('Observation', [[it], [it]]),
    ...observed,
  ),
  'fhir/unusable-text.ts#isUnusable': ofText(isUnusable),
  'fhir/search/uri.ts#checkHierarchicalUri': ofText((it) => checkHierarchicalUri(it, 'a'), 'a'),
  'fhir/search/uri.ts#withoutVersion': ofText(withoutVersion),
};

async function readAllLines(bytes: Buffer): Promise<void> {
  for await (const line of readNdjson([bytes])) void line;
}
