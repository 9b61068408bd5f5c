import { prefersGzip } from '../../services/api/src/accept-encoding.ts';
import { binaryContent, mayBeShown, wantsContent } from '../../services/api/src/binary-content.ts';
import { checkAttachmentSignature } from '../../services/api/src/check-attachment-signature.ts';
import { checkJsonWanted, formatOf } from '../../services/api/src/check-json-wanted.ts';
import { isUnchanged } from '../../services/api/src/conditional.ts';
import { fileResponse } from '../../services/api/src/file-response.ts';
import { checkFileSignature } from '../../services/api/src/file-url.ts';
import { readElements, readSummary } from '../../services/api/src/group-elements.ts';
import { parseGroupQuery } from '../../services/api/src/group-query.ts';
import { listOf } from '../../services/api/src/list-of.ts';
import { notOffered } from '../../services/api/src/not-offered.ts';
import { rpcFormat } from '../../services/api/src/rpc-format.ts';
import { readJsonMethod, readYamlMethod } from '../../services/api/src/rpc-method.ts';
import { ofBytes, ofText, type Parser } from './parser.ts';

const key = Buffer.alloc(32);
const modifiedAt = new Date(0);
const file = { name: 'a.ndjson', bytes: 1e9, sha256: 'a', modifiedAt };
const json = 'application/json;';

/** The parsers of the API. */
export const apiParsers: Readonly<Record<string, Parser>> = {
  'api/accept-encoding.ts#prefersGzip': ofText(prefersGzip, 'gzip;'),
  'api/binary-content.ts#binaryContent': ofText(
    (it) => binaryContent(JSON.stringify({ contentType: it, data: it })),
    'text/plain; a=',
  ),
  'api/binary-content.ts#wantsContent': ofText((it) => wantsContent(it, it, it), json),
  'api/binary-content.ts#mayBeShown': ofText(mayBeShown, 'audio/', 'text/plain;'),
  'api/check-attachment-signature.ts#checkAttachmentSignature': ofText((it) =>
    checkAttachmentSignature(key, 'http://a/b', it),
  ),
  'api/check-json-wanted.ts#checkJsonWanted': ofText((it) => checkJsonWanted(it, it), json),
  'api/check-json-wanted.ts#formatOf': ofText(formatOf, '_format='),
  'api/conditional.ts#isUnchanged': ofText(
    (it) => [
      isUnchanged({ 'if-none-match': it }, '"a"', modifiedAt),
      isUnchanged({ 'if-modified-since': it }, '"a"', modifiedAt),
    ],
    'Thu, 01 Jan 1970 ',
  ),
  'api/file-response.ts#fileResponse': ofText(
    (it) => fileResponse({ range: it, 'if-none-match': it, accept: it.slice(0, 2048) }, file),
    'bytes=0-9,',
  ),
  'api/file-url.ts#checkFileSignature': ofText((it) =>
    checkFileSignature(key, { exportId: 'a', name: it }, { expires: it, signature: it }, 0),
  ),
  'api/group-elements.ts#readElements': ofText((it) => readElements([it]), 'name,member,'),
  'api/group-elements.ts#readSummary': ofText((it) => readSummary([it])),
  'api/group-query.ts#parseGroupQuery': ofText(
    (it) => parseGroupQuery(it, true),
    'identifier=a|',
    'name=',
    '_page=',
    '_count=',
    '_elements=name,',
  ),
  'api/list-of.ts#listOf': ofText(listOf),
  'api/not-offered.ts#notOffered': ofText(
    (it) => notOffered('GET', it),
    '/Patient/',
    '/Patient/1/$',
  ),
  'api/rpc-format.ts#rpcFormat': ofText(rpcFormat, json),
  'api/rpc-method.ts#readJsonMethod': ofBytes(readJsonMethod, '{"method":"'),
  'api/rpc-method.ts#readYamlMethod': ofBytes(readYamlMethod, 'method: a'),
};
