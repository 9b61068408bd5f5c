import { noteFullUrl, type References } from './bundle-references.ts';
import { rewriteReferences } from './rewrite-references.ts';

const urn = 'urn:uuid:6f1f0c1e-0000-4000-8000-000000000001';
const url = 'https://ehr.example/fhir';

const references: References = new Map();
noteFullUrl(references, { fullUrl: urn, type: 'Patient', id: 'p' });
noteFullUrl(references, { fullUrl: 'urn:oid:1.2.3', type: 'Practitioner', id: 'd' });
noteFullUrl(references, { fullUrl: `${url}/Encounter/e`, type: 'Encounter', id: 'e' });
noteFullUrl(references, { fullUrl: `${url}/Binary/b`, type: 'Binary', id: 'b' });
noteFullUrl(references, { fullUrl: `${url}/ValueSet/v`, type: 'ValueSet', id: 'v' });
noteFullUrl(references, { fullUrl: `${url}/other`, type: 'Patient', id: 'q' });

const rewrite = (text: string) => rewriteReferences(Buffer.from(text), references).toString();

test.each([
  [`{"reference":"${urn}"}`, '{"reference":"Patient/p"}'],
  [`{"reference":"urn:oid:1.2.3"}`, '{"reference":"Practitioner/d"}'],
  [`{"url":"${urn}"}`, '{"url":"Patient/p"}'],
  [
    `{"valueUri":"${urn}","valueCanonical":"${urn}|2"}`,
    '{"valueUri":"Patient/p","valueCanonical":"Patient/p|2"}',
  ],
  [`{"instantiatesUri":["x","${urn}"]}`, '{"instantiatesUri":["x","Patient/p"]}'],
  [
    String.raw`{"reference":"urn\u003auuid:6f1f0c1e-0000-4000-8000-000000000001"}`,
    '{"reference":"Patient/p"}',
  ],
  [
    String.raw`{"div":"<a href=\"${urn}\">a</a><img src='${urn}#x'/>"}`,
    String.raw`{"div":"<a href=\"Patient/p\">a</a><img src='Patient/p#x'/>"}`,
  ],
  [`{"reference":"${url}/Encounter/e"}`, '{"reference":"Encounter/e"}'],
  [`{"reference":"${url}/Encounter/e/_history/2"}`, '{"reference":"Encounter/e/_history/2"}'],
  [`{"url":"${url}/Binary/b"}`, '{"url":"Binary/b"}'],
  [
    String.raw`{"reference":"https:\/\/ehr.example\/fhir\/Encounter\/e"}`,
    '{"reference":"Encounter/e"}',
  ],
])('%s becomes %s', (text, wanted) => {
  expect(rewrite(text)).toBe(wanted);
});

test.each([
  // Identifiers and text are what they are, also when they look like a name.
  `{"identifier":[{"system":"urn:ietf:rfc:3986","value":"${urn}"}]}`,
  `{"valueString":"${urn}"}`,
  String.raw`{"div":"<p>${urn}</p>"}`,
  `{"text":"see ${urn}"}`,
  `{"resourceType":"ValueSet","url":"${url}/ValueSet/v"}`,
  `{"reference":"${url}/Encounter/other"}`,
  `{"reference":"${url}/other"}`,
  `{"reference":"urn:uuid:unknown"}`,
  `{"reference":"Practitioner?identifier=${urn}"}`,
])('%s stays', (text) => {
  expect(rewrite(text)).toBe(text);
});
