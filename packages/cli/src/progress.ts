import progressBar from 'cli-progress';
import { writeNote } from './output.ts';

/** Shows how far something has come: a bar on a terminal, a line now and then elsewhere. */
export interface ProgressDisplay {
  /** `share` goes from 0 to 1; `detail` says more, e.g. `12,345 resources`. */
  update(share: number, detail?: string): void;
  /** Ends the display, complete or not. */
  stop(): void;
}

const lineEveryMs = 2000;

/** Begins a display on stderr; `quiet` shows nothing. */
export function showProgress(label: string, options: { quiet?: boolean } = {}): ProgressDisplay {
  if (options.quiet) return { update: () => undefined, stop: () => undefined };
  return process.stderr.isTTY ? showBar(label) : showLines(label);
}

function showBar(label: string): ProgressDisplay {
  const bar = new progressBar.SingleBar(
    {
      format: `${label.padEnd(12)} {bar} {percentage}%  {detail}`,
      barsize: 30,
      hideCursor: true,
      stopOnComplete: false,
      gracefulExit: false,
      fps: 10,
    },
    progressBar.Presets.shades_classic,
  );
  bar.start(100, 0, { detail: '' });
  let stopped = false;
  return {
    update: (share, detail = '') => bar.update(Math.floor(100 * limited(share)), { detail }),
    stop: () => {
      if (!stopped) bar.stop();
      stopped = true;
    },
  };
}

function showLines(label: string): ProgressDisplay {
  let shownAt = 0;
  let shown = '';
  let latest = '';
  const show = (): void => {
    if (latest !== shown) writeNote(latest);
    shown = latest;
    shownAt = Date.now();
  };
  return {
    update: (share, detail = '') => {
      latest = `${label.padEnd(12)} ${Math.floor(100 * limited(share))}%  ${detail}`.trimEnd();
      if (Date.now() - shownAt >= lineEveryMs) show();
    },
    stop: show,
  };
}

function limited(share: number): number {
  return Number.isFinite(share) ? Math.max(0, Math.min(1, share)) : 1;
}
