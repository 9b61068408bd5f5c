import { presetOf, profiles, testProfile } from './profiles.ts';
import { readSettings } from './settings-reader.ts';
import { variables, type VariableName } from './variables.ts';

const presets = [...Object.entries(profiles), ['TEST_PROFILE', testProfile] as const];

test('there is a preset for every choice of PROFILE', () => {
  expect(Object.keys(profiles)).toEqual([...variables.PROFILE.choices]);
});

test.each(presets)(
  '%s gives only defaults that are accepted, and not the usual ones',
  (_, preset) => {
    const names = Object.keys(preset) as VariableName[];
    expect(() => readSettings(names, preset)).not.toThrow();
    for (const name of names) {
      const { default: usual } = variables[name] as { default?: string };
      expect([name, preset[name]]).not.toEqual([name, usual]);
    }
  },
);

test('what is set by name counts more than a profile, and a profile more than the usual default', () => {
  const names = ['ON_BUSY', 'MAX_RESOURCES_PER_FILE', 'RETENTION'] as const;
  expect(readSettings(names, { PROFILE: 'azure', ON_BUSY: 'reject' })).toMatchObject({
    ON_BUSY: 'reject',
    MAX_RESOURCES_PER_FILE: 5000,
    RETENTION: 7 * 86_400_000,
  });
});

test('both kinds of presets add up, and a profile that is none has no effect but to be refused', () => {
  expect(presetOf({ PROFILE: 'vendor4', TEST_PROFILE: 'true' })).toEqual({
    ...profiles['vendor4'],
    ...testProfile,
  });
  expect(presetOf({ PROFILE: 'other' })).toEqual({});
  expect(() => readSettings(['PROFILE'], { PROFILE: 'other' })).toThrow(/accepted: ig or aidbox/);
});
