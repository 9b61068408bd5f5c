/** Loaded into a process before everything else (`--import`): its clock is ahead by CLOCK_AHEAD_MS. */
const Real = Date;
const aheadMs = Number(process.env.CLOCK_AHEAD_MS);

globalThis.Date = class extends Real {
  constructor(...given) {
    super(...(given.length > 0 ? given : [Real.now() + aheadMs]));
  }

  static now() {
    return Real.now() + aheadMs;
  }
};
