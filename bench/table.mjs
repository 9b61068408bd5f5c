/** The report as a Markdown table. */
export function table({ date, machine, node, rounds, results }) {
  const rows = results.map((r) =>
    r.ratio
      ? [
          r.line,
          r.size,
          figure(r.reference, ' s'),
          figure(r.subject, ' s'),
          figure(r.ratio, ''),
          `≤ ${r.target}`,
          r.stretch,
        ]
      : [
          r.line,
          r.size,
          '',
          '',
          r.megabytes === undefined ? 'not measured' : `${r.megabytes} MB`,
          '',
          '',
        ],
  );
  const head = ['line', 'resources', 'reference', 'Sluice', 'ratio', 'target', 'stretch'];
  return [
    `${date}, ${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB, Node ${node}; medians of ${rounds} rounds in turn (min–max)`,
    '',
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');
}

function figure({ median, min, max }, unit) {
  return `${median.toFixed(2)}${unit} (${min.toFixed(2)}–${max.toFixed(2)})`;
}
