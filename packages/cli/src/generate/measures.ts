import { coding, concept, systems } from './codes.ts';

/** Something that is measured: its code, its unit and the values that occur. */
export interface Measure {
  readonly json: string;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly places: number;
  /** Values outside of it are flagged. */
  readonly normal: readonly [number, number];
  /** Those values as `referenceRange`, JSON text. */
  readonly range: string;
}

type Row = readonly [
  code: string,
  display: string,
  unit: string,
  range: readonly [number, number],
  places: number,
  normal: readonly [number, number],
];

function measures(rows: readonly Row[]): readonly Measure[] {
  return rows.map(([code, display, unit, [min, max], places, normal]) => ({
    json: coding(systems.loinc, code, display),
    unit,
    min,
    max,
    places,
    normal,
    range: `[{"low":{"value":${normal[0].toFixed(1)},"unit":"${unit}"},"high":{"value":${normal[1].toFixed(1)},"unit":"${unit}"}}]`,
  }));
}

/** What is taken at every visit. */
export const vitals = measures([
  ['8302-2', 'Body Height', 'cm', [140, 200], 1, [140, 200]],
  ['29463-7', 'Body Weight', 'kg', [40, 140], 1, [45, 110]],
  ['39156-5', 'Body mass index (BMI) [Ratio]', 'kg/m2', [17, 42], 2, [18.5, 30]],
  ['8867-4', 'Heart rate', '/min', [52, 118], 0, [60, 100]],
  ['9279-1', 'Respiratory rate', '/min', [11, 24], 0, [12, 20]],
  ['8310-5', 'Body temperature', 'Cel', [36, 39], 1, [36, 38]],
  [
    '72514-3',
    'Pain severity - 0-10 verbal numeric rating [Score] - Reported',
    '{score}',
    [0, 9],
    0,
    [0, 4],
  ],
]);

/** Two groups of laboratory values, each the result of one report. */
export const labPanels: readonly {
  readonly report: string;
  readonly title: string;
  readonly members: readonly Measure[];
}[] = [
  {
    report: concept(systems.loinc, '51990-0', 'Basic metabolic panel - Blood'),
    title: 'Basic metabolic panel - Blood',
    members: measures([
      ['2339-0', 'Glucose [Mass/volume] in Blood', 'mg/dL', [62, 210], 1, [70, 140]],
      ['6299-2', 'Urea nitrogen [Mass/volume] in Blood', 'mg/dL', [6, 28], 1, [7, 20]],
      ['38483-4', 'Creatinine [Mass/volume] in Blood', 'mg/dL', [0.5, 3.2], 2, [0.6, 1.3]],
      ['49765-1', 'Calcium [Mass/volume] in Blood', 'mg/dL', [8, 11], 2, [8.5, 10.2]],
      ['2947-0', 'Sodium [Moles/volume] in Blood', 'mmol/L', [134, 146], 1, [135, 145]],
      ['6298-4', 'Potassium [Moles/volume] in Blood', 'mmol/L', [3.4, 5.6], 1, [3.5, 5.1]],
      ['2069-3', 'Chloride [Moles/volume] in Blood', 'mmol/L', [98, 112], 1, [98, 107]],
    ]),
  },
  {
    report: concept(systems.loinc, '58410-2', 'CBC panel - Blood by Automated count'),
    title: 'CBC panel - Blood by Automated count',
    members: measures([
      [
        '6690-2',
        'Leukocytes [#/volume] in Blood by Automated count',
        '10*3/uL',
        [3, 13],
        3,
        [4.5, 11],
      ],
      [
        '789-8',
        'Erythrocytes [#/volume] in Blood by Automated count',
        '10*6/uL',
        [3.6, 6],
        3,
        [4.1, 5.9],
      ],
      ['718-7', 'Hemoglobin [Mass/volume] in Blood', 'g/dL', [10, 18], 1, [12, 17.5]],
      [
        '4544-3',
        'Hematocrit [Volume Fraction] of Blood by Automated count',
        '%',
        [33, 52],
        1,
        [36, 50],
      ],
      ['787-2', 'MCV [Entitic volume] by Automated count', 'fL', [76, 102], 1, [80, 96]],
      [
        '777-3',
        'Platelets [#/volume] in Blood by Automated count',
        '10*3/uL',
        [130, 460],
        1,
        [150, 450],
      ],
      ['4548-4', 'Hemoglobin A1c/Hemoglobin.total in Blood', '%', [4, 9.8], 1, [4, 5.7]],
    ]),
  },
];
