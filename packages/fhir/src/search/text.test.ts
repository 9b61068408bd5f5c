import { compileFilter } from './compile.ts';
import { parseTypeFilter } from './type-filter.ts';

const patient = {
  resourceType: 'Patient',
  name: [
    {
      use: 'official',
      text: 'Dr. Zoë van der Berg',
      family: 'van der Berg',
      given: ['Zoë', 'Anne-Marie'],
      prefix: ['Dr.'],
      suffix: ['MPH'],
    },
    { family: 'Mu\u0308ller' },
  ],
  address: [
    {
      use: 'home',
      text: 'Somewhere',
      line: ['1 Main St', 'Apt 2'],
      city: 'Köln',
      district: 'Mitte',
      state: 'NW',
      postalCode: '02139',
      country: 'DE',
      period: { start: '2020' },
    },
  ],
};

const matches = (query: string) =>
  compileFilter([parseTypeFilter('Patient', query)], { baseUrl: '', nowMs: 0 })(patient);

test.each<[string, boolean]>([
  // starts with, case and accents do not count
  ['family=van', true],
  ['family=VAN DER', true],
  ['family=berg', false],
  ['family=muller', true],
  ['family=M%C3%BCller', true],
  ['given=zoe', true],
  ['given=Zo%C3%AB', true],
  ['given=marie', false],
  ['given=x,anne', true],
  // every part of a name
  ['name=van', true],
  ['name=zoe', true],
  ['name=anne', true],
  ['name=dr', true],
  ['name=mph', true],
  ['name=official', false],
  ['name=zoe&name=van', true],
  ['name=zoe&name=x', false],
  // every part of an address
  ['address=some', true],
  ['address=1 main', true],
  ['address=apt', true],
  ['address=koln', true],
  ['address=mitte', true],
  ['address=nw', true],
  ['address=021', true],
  ['address=de', true],
  ['address=home', false],
  ['address=2020', false],
  ['address-city=koln', true],
  ['address-postalcode=02139', true],
  ['address-postalcode=2139', false],
  // :contains
  ['family:contains=berg', true],
  ['family:contains=DER B', true],
  ['given:contains=oe', true],
  ['name:contains=marie', true],
  ['address:contains=main', true],
  ['address:contains=elsewhere', false],
  // :exact
  ['family:exact=van der Berg', true],
  ['family:exact=Van der Berg', false],
  ['family:exact=van', false],
  ['given:exact=Zo%C3%AB', true],
  ['given:exact=Zoe', false],
  ['name:exact=Anne-Marie', true],
  ['address-city:exact=K%C3%B6ln', true],
  ['address-city:exact=x,K%C3%B6ln', true],
  // :missing
  ['family:missing=false', true],
  ['address-country:missing=true', false],
  ['phonetic:missing=true', false],
])('%s: %s', (query, expected) => {
  expect(matches(query)).toBe(expected);
});

test('texts with commas, bars and backslashes are found by their escapes', () => {
  const named = { resourceType: 'Organization', name: 'A, B | C \\ D' };
  const found = (query: string) =>
    compileFilter([parseTypeFilter('Organization', query)], { baseUrl: '', nowMs: 0 })(named);
  expect(found('name:exact=A\\, B \\| C \\\\ D')).toBe(true);
  expect(found('name=a\\, b')).toBe(true);
  expect(found('name=x, b')).toBe(false);
});
