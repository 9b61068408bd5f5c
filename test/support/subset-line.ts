/*
 * What `_elements` leaves of a resource, worked out from its text by the rules of the guide (SPEC F.3) alone. The tables are
 * written down from the resource definitions of R4, for the types in the tests' data.
 */

/** Root elements that are mandatory (min ≥ 1) or modifiers; of a choice with `[x]`. */
const essential: Readonly<Record<string, string>> = {
  AllergyIntolerance: 'clinicalStatus verificationStatus patient',
  CarePlan: 'status intent subject',
  CareTeam: 'status',
  Claim: 'status type use patient created provider priority insurance',
  Condition: 'clinicalStatus verificationStatus subject',
  Device: 'status',
  DiagnosticReport: 'status code',
  DocumentReference: 'status content',
  Encounter: 'status class',
  ExplanationOfBenefit: 'status type use patient created insurer provider outcome insurance',
  Group: 'type actual',
  ImagingStudy: 'status subject',
  Immunization: 'status vaccineCode patient occurrence[x] isSubpotent',
  Location: 'status',
  Medication: 'status',
  MedicationAdministration: 'status medication[x] subject effective[x]',
  MedicationRequest: 'status intent doNotPerform medication[x] subject',
  Observation: 'status code',
  Organization: 'active',
  Patient: 'active deceased[x] link',
  Practitioner: '',
  PractitionerRole: '',
  Procedure: 'status subject',
  Provenance: 'target recorded agent',
  SupplyDelivery: 'status',
  Task: 'status intent',
};

/** The other choices. */
const choices: Readonly<Record<string, string>> = {
  Condition: 'onset[x] abatement[x]',
  DiagnosticReport: 'effective[x]',
  MedicationRequest: 'reported[x]',
  Observation: 'effective[x] value[x]',
  Patient: 'multipleBirth[x]',
  Procedure: 'performed[x]',
  Provenance: 'occurred[x]',
  SupplyDelivery: 'occurrence[x]',
};

const always = ['resourceType', 'id', 'meta', 'implicitRules', 'modifierExtension'];

/** The tag as a client compares it: no `display`. */
export const subsetted =
  '{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}';

/** A line after `_elements`, to the byte. */
export function subsetLine(line: string, entries: readonly string[]): string {
  const { resourceType: type } = JSON.parse(line) as { resourceType: string };
  const names = namesFor(type, entries);
  if (names === undefined) return line;
  const members = membersOf(line);
  const kept = members.filter(({ name }) => isKept(type, name.replace(/^_/, ''), names));
  const texts = members.flatMap((member) => {
    if (member.name === 'meta') return [`"meta":${tagged(member.value)}`];
    if (kept.includes(member)) return [member.text];
    return member.name === 'contained' ? stillContained(member.value, kept) : [];
  });
  return `{${texts.join()}}`;
}

/** The names that entries of `_elements` have for a type; `undefined`: they leave it alone (SPEC F-034). */
function namesFor(type: string, entries: readonly string[]): string[] | undefined {
  const names = entries.flatMap((entry) => {
    const [first = '', second] = entry.split('.');
    return second === undefined ? [first] : first === type ? [second] : [];
  });
  return names.length > 0 ? names : undefined;
}

function isKept(type: string, name: string, names: readonly string[]): boolean {
  const required = essential[type];
  if (required === undefined) throw new Error(`no table of ${type}`);
  const chosen = (choices[type] ?? '').split(' ').filter((each) => names.includes(bare(each)));
  return [...always, ...names, ...required.split(' '), ...chosen].some((each) =>
    each === bare(each) ? each === name : isChoiceOf(bare(each), name),
  );
}

const bare = (element: string): string => element.replace('[x]', '');
const isChoiceOf = (choice: string, name: string): boolean =>
  name.startsWith(choice) && /^[A-Z]/.test(name.slice(choice.length));

function tagged(meta: string): string {
  const members = membersOf(meta);
  const there = members.find(({ name }) => name === 'tag');
  const tags = partsOf(there?.value ?? '[]');
  if (tags.includes(subsetted)) return meta;
  const text = `"tag":[${[...tags, subsetted].join()}]`;
  const all = there === undefined ? [...members, { text }] : members;
  return `{${all.map((member) => (member === there ? text : member.text)).join()}}`;
}

/** Contained resources that what stays refers to, and those that they refer to. */
function stillContained(list: string, kept: readonly Member[]): string[] {
  const items = partsOf(list);
  const idOf = (text: string) => (JSON.parse(text) as { id: string }).id;
  const found = new Set<string>();
  const follow = (text: string): void => {
    for (const item of items) {
      if (found.has(item) || !stringsIn(JSON.parse(text)).includes(`#${idOf(item)}`)) continue;
      found.add(item);
      follow(item);
    }
  };
  for (const { value } of kept) follow(value);
  return found.size === 0
    ? []
    : [`"contained":[${items.filter((item) => found.has(item)).join()}]`];
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

interface Member {
  readonly name: string;
  /** `"name":value` as it stands. */
  readonly text: string;
  readonly value: string;
}

/** The members of an object's text. */
function membersOf(text: string): Member[] {
  return partsOf(text).map((part) => {
    const [key = ''] = /^"(?:[^"\\]|\\.)*"/.exec(part) ?? [];
    return { name: JSON.parse(key) as string, text: part, value: part.slice(key.length + 1) };
  });
}

/** What stands between the commas of an object or an array that has no white space. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 1;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],]/g)) {
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (depth === 0 || (depth === 1 && token === ',')) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return parts.filter((part) => part !== '');
}
