const head = ['line', 'what', 'resources', 'reference', 'Sluice', 'ratio', 'target', 'stretch', ''];

/** The report as a Markdown table. */
export function table({ date, machine, node, rounds, results }) {
  const kinds = new Set(results.map(({ redis }) => redis).filter(Boolean));
  const redis = kinds.size > 0 ? `, Redis: ${[...kinds].join(', ')}` : '';
  return [
    `${date}, ${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB, Node ${node}${redis}; medians of ${rounds} rounds in turn (min–max)`,
    '',
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...results.map((result) => `| ${row(result).map(cell).join(' | ')} |`),
  ].join('\n');
}

/** A search has bars of its own. */
function cell(value) {
  return String(value).replaceAll('|', '\\|');
}

function row(result) {
  const { line, what, size = '', missing, reference, subject, ratio, unit } = result;
  if (missing !== undefined)
    return [line, what, size, '', `not measured: ${missing}`, '', '', '', ''];
  const bound = result.atLeast ? '≥' : '≤';
  return [
    line,
    what,
    size,
    reference ? figure(reference, unit) : '',
    figure(subject, unit, result.bounds),
    ratio ? figure(ratio, '') : '',
    result.target === undefined ? '' : `${bound} ${result.target}`,
    result.stretch ?? '',
    verdict(result),
  ];
}

/** Which goal the median meets. */
function verdict({ judged = 'ratio', atLeast = false, target, stretch, ...result }) {
  const value = result[judged]?.median;
  if (target === undefined || value === undefined) return '';
  const meets = (goal) => (atLeast ? value >= goal : value <= goal);
  if (stretch !== undefined && meets(stretch)) return 'stretch';
  return meets(target) ? 'met' : '**missed**';
}

function figure({ median, min, max }, unit, bounds = '') {
  const text = `${short(median)}${unit && ` ${unit}`}`;
  if (min === max) return text;
  return `${text} (${bounds && `${bounds} `}${short(min)}–${short(max)})`;
}

function short(value) {
  return value >= 100 ? value.toFixed(0) : value.toFixed(value < 1 ? 3 : 2);
}
