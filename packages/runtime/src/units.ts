const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  KB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
};

/** Milliseconds of a duration such as `500ms`, `60s`, `10m`, `12h`, `7d`; `undefined` if it is not one. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  return match ? Number(match[1]) * (durationUnits[match[2] ?? ''] ?? NaN) : undefined;
}

/** Bytes of a size such as `4096`, `256KB`, `100MB`, `1GB` (powers of 1024); `undefined` if it is not one. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d{1,15})(KB|MB|GB|TB)?$/.exec(text);
  return match ? Number(match[1]) * (byteUnits[match[2] ?? ''] ?? NaN) : undefined;
}
